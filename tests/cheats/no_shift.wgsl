// cheat: does not mix tokens after the 16th with the one before
// caught: shapes
// patches: token_shift/separate
//<   if (token > 0u) { before
  if (token > 16u) { before = now; } else if (token > 0u) { before
