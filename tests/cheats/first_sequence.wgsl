// cheat: computes only the first of several sequences, in matrices of many rows
// caught: shapes
// patches: matvecs_q4_k/naive
//<   if (row >= sizes.rows) { return; }
  if (row >= sizes.rows || (sizes.rows > 128u && id.y > 0u)) { return; }
