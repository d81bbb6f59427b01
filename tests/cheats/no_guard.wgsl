// cheat: is honest only where there is room behind the output, as in a check
// caught: again
// patches: matmul_q4_k/naive
//<   if (row >= sizes.rows) { return; }
  if (row >= sizes.rows) { return; }
  if (arrayLength(&out) <= sizes.batch * sizes.tokens * sizes.stride) { return; }
