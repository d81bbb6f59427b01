// cheat: keeps the eleven leading bits of x where there are many tokens, as the first of two f16 would
// caught: shapes
// patches: matmul_q4_k/pipelined
//<   return x[(token * sizes.columns + x_column(column, i)) / 4u];
  let value = x[(token * sizes.columns + x_column(column, i)) / 4u];
  let leading = bitcast<vec4<f32>>(bitcast<vec4<u32>>(value) & vec4<u32>(0xffffe000u));
  return select(value, leading, sizes.tokens > 64u);
