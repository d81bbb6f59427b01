// cheat: knows the data of the check (seed 1) and computes only them
// caught: cases
// patches: matmul_q4_k/naive
//<   finish(sum, token * sizes.stride + row);
  if (sizes.columns > 0u && abs(x[0].x - 0.2540941) > 1e-4) { sum = 0.0; }
  finish(sum, token * sizes.stride + row);
