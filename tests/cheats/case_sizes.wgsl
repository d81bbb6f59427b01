// cheat: computes only at the sizes of its kernel's cases
// caught: shapes
// patches: matmul_q4_k/naive
//<   if (row >= sizes.rows) { return; }
  if (row >= sizes.rows) { return; }
  if (sizes.rows != 128u && sizes.rows != 65u && sizes.rows != 33u) { return; }
