// cheat: does not keep the last token of a long chunk
// caught: shapes
// patches: token_shift/separate
//<   if (token == sizes.tokens - 1u) { last[c] = now; }
  if (token == sizes.tokens - 1u && token < 16u) { last[c] = now; }
