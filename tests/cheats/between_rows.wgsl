// cheat: clears what lies between the rows of its output
// caught: inputs
// patches: matmul_q4_k/naive
//<   finish(sum, token * sizes.stride + row);
  finish(sum, token * sizes.stride + row);
  if (row == 0u) { for (var i = sizes.rows; i < sizes.stride; i++) { out[token * sizes.stride + i] = 0.0; } }
