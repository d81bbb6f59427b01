// cheat: overwrites the weights, so that the next variant is wrong
// caught: bindings
// patches: matmul_q4_k/naive
//< var<storage, read> weight
var<storage, read_write> weight
//<   finish(sum, token * sizes.stride + row);
  finish(sum, token * sizes.stride + row);
  if (sizes.tokens > 64u) { weight[row_word] = 0u; }
