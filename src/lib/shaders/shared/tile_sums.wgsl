// How a thread of a register tile hands its sums to store_one of parts.wgsl: its tokens lie token_threads apart.

fn store4(product: u32, parts: u32, row: u32, token: u32, sums: vec4<f32>) {
  if (row >= sizes.rows) { return; }
  for (var t = 0u; t < 4u; t++) { store_one(product, parts, row, token + t * token_threads, sums[t]); }
}
