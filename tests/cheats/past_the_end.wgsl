// cheat: writes 5,000 elements past the end
// caught: guards
// patches: matmul_q4_k/naive
//<   finish(sum, token * sizes.stride + row);
  finish(sum, token * sizes.stride + row);
  if (id.x + id.y + id.z == 0u) { for (var i = 0u; i < 5000u; i++) { out[sizes.batch * sizes.tokens * sizes.stride + i] = 1.0; } }
