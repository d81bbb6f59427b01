// Split-K: stores the sums of a tiled product. With several splits of the columns, each split's sums wait in `partial`
// (splits × batch × tokens × rows) for the pass `add`; with one, they are finished at once. `product` = split · batch + matrix.
//! use: split_sum

fn store_one(product: u32, splits: u32, row: u32, token: u32, sum: f32) {
  if (token >= sizes.tokens) { return; }
  let token_of_all = product * sizes.tokens + token;
  if (splits == 1u) { finish(sum, token_of_all * sizes.stride + row); } else { partial[token_of_all * sizes.rows + row] = sum; }
}

// As many threads as every GPU allows: with 64, starting workgroups took longer than the sums.
@compute @workgroup_size(256)
fn add(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= sizes.rows) { return; }
  let token = id.z * sizes.tokens + id.y;
  let split_length = sizes.batch * sizes.tokens * sizes.rows;
  finish(sum_of_splits(token * sizes.rows + id.x, split_length), token * sizes.stride + id.x);
}
