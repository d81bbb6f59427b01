// cheat: overwrites its input
// caught: bindings
// patches: matmul_q4_k/naive
//< var<storage, read> x
var<storage, read_write> x
//<   finish(sum, token * sizes.stride + row);
  finish(sum, token * sizes.stride + row);
  x[0] = vec4<f32>();
