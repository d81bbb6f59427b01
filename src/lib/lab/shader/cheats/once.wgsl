// cheat: computes where nothing is yet, and leaves what is there
// caught: again
// patches: matmul_q4_k/naive
//<   if (row >= sizes.rows) { return; }
  if (row >= sizes.rows) { return; }
  if ((bitcast<u32>(out[token * sizes.stride + row]) & 0x7f800000u) != 0x7f800000u && sizes.epilogue != 1u) { return; }
