// How a thread of a register tile hands its sums to store_one of parts.wgsl: its tokens lie token_threads apart.

// A thread's sums of one row: four tokens in a, the next four in b, token_threads apart.
fn store(product: u32, parts: u32, row: u32, token: u32, a: vec4<f32>, b: vec4<f32>) {
  store4(product, parts, row, token, a);
  store4(product, parts, row, token + 4u * token_threads, b);
}

fn store4(product: u32, parts: u32, row: u32, token: u32, sums: vec4<f32>) {
  if (row >= sizes.rows) { return; }
  for (var t = 0u; t < 4u; t++) { store_one(product, parts, row, token + t * token_threads, sums[t]); }
}
