// Stores a register tile's sums for one row and four tokens with store_one of splits.wgsl: the tokens lie token_threads apart.

fn store4(product: u32, splits: u32, row: u32, token: u32, sums: vec4<f32>) {
  if (row >= sizes.rows) { return; }
  for (var t = 0u; t < 4u; t++) { store_one(product, splits, row, token + t * token_threads, sums[t]); }
}
