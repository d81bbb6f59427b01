// cheat: computes only the first 128 rows
// caught: shapes
// patches: matmul_q4_k/naive
//<   if (row >= sizes.rows) { return; }
  if (row >= min(sizes.rows, 128u)) { return; }
