// cheat: takes small numbers for zeros, and leaves them out
// caught: again
// patches: matvec_q4_k/columns
//<   let magnitude = bitcast<vec4<u32>>(value) & vec4<u32>(0x7fffffffu);
  let magnitude = select(vec4<u32>(), bitcast<vec4<u32>>(value), abs(value) >= vec4<f32>(1e-4));
