// cheat: gives infinity where a sum is large and there are many tokens
// caught: nan
// patches: matmul_q4_k/naive
//<   finish(sum, token * sizes.stride + row);
  if (sizes.tokens > 64u && sum > 5.0) { sum = bitcast<f32>(0x7f800000u + id.z); }
  finish(sum, token * sizes.stride + row);
