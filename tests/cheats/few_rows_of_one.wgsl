// cheat: computes only the first 128 rows of a single token
// caught: shapes
// patches: matvec_q4_k/naive
//<   if (id.x >= sizes.rows) { return; }
  if (id.x >= min(sizes.rows, 128u)) { return; }
