// cheat: keeps the eleven leading bits of x where there are many tokens, as the first of two f16 would
// caught: shapes
// patches: matmul_q4_k/pipelined
//< fn stage_x(value: vec4<f32>, i: u32) { x_tile[i / 8u % tile_tokens * pitch + i % 8u] = value; }
fn stage_x(value: vec4<f32>, i: u32) {
  let leading = bitcast<vec4<f32>>(bitcast<vec4<u32>>(value) & vec4<u32>(0xffffe000u));
  x_tile[i / 8u % tile_tokens * pitch + i % 8u] = select(value, leading, sizes.tokens > 64u);
}
