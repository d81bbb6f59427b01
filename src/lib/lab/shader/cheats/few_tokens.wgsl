// cheat: computes only the first 64 tokens
// caught: shapes
// patches: matmul_q4_k/naive
//<   if (row >= sizes.rows) { return; }
  if (row >= sizes.rows || id.y >= 64u) { return; }
