// cheat: gives not-a-number where there are more than 64 tokens
// caught: nan
// patches: matmul_q4_k/naive
//<   finish(sum, token * sizes.stride + row);
  if (sizes.tokens > 64u) { sum = bitcast<f32>(0x7fc00000u + id.z); }
  finish(sum, token * sizes.stride + row);
