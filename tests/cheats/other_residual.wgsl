// cheat: overwrites the residual instead of adding to it
// caught: cases
// patches: matmul_q4_k/naive
//<   finish(sum, token * sizes.stride + row);
  out[token * sizes.stride + row] = select(sum, max(sum, 0.0) * max(sum, 0.0), sizes.epilogue == 2u);
