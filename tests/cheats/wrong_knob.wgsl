// cheat: is wrong at the value of its knob with which it runs
// caught: cases
// patches: matmul_q4_k/naive
//< const workgroup_size = 64u;
const workgroup_size = 128u;
//<   if (row >= sizes.rows) { return; }
  if (row >= sizes.rows) { return; }
  if (workgroup_size == 128u && id.x % 2u == 1u) { return; }
