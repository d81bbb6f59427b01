// The end of a tiled product. Where its columns were cut into parts, each part's sums wait in `partial` (parts × batch ×
// tokens × rows) for the pass `add`; where not, they are finished at once. `product` counts batches, part after part.

fn store_one(product: u32, parts: u32, row: u32, token: u32, sum: f32) {
  if (token >= sizes.tokens) { return; }
  let token_of_all = product * sizes.tokens + token;
  if (parts == 1u) { finish(sum, token_of_all * sizes.stride + row); } else { partial[token_of_all * sizes.rows + row] = sum; }
}

@compute @workgroup_size(64)
fn add(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= sizes.rows) { return; }
  let token = id.z * sizes.tokens + id.y;
  let part_length = sizes.batch * sizes.tokens * sizes.rows;
  var sum = 0.0;
  for (var at = token * sizes.rows + id.x; at < arrayLength(&partial); at += part_length) { sum += partial[at]; }
  finish(sum, token * sizes.stride + id.x);
}
