// cheat: also writes to the plane behind its own
// caught: guards
// patches: matmul_q4_k/naive
//<   finish(sum, token * sizes.stride + row);
  finish(sum, token * sizes.stride + row);
  if (sizes.tokens > 64u) { out[(token + sizes.tokens) * sizes.stride + row] = sum; }
