// x for eight_bits.wgsl as one byte a number: a block's largest is 127, and the scale says what that is worth. Needs rounded_bytes.wgsl.
const x_bytes = 1u;
// The sums of products are whole numbers whose bits, taken as f32, are larger by `whole`.
const first_dot = whole_bits;

@compute @workgroup_size(64)
fn quantise(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= sizes.tokens * sizes.columns / 32u) { return; }
  let block = id.y * sizes.tokens * sizes.columns / 32u + id.x;
  var largest = vec4<u32>();
  for (var i = 0u; i < 8u; i++) { largest = max(largest, magnitude(x[block * 8u + i])); }
  let widest = bitcast<f32>(max(max(largest.x, largest.y), max(largest.z, largest.w)));
  // With the last two bits zero, `whole` times the scale is exact.
  let scale = bitcast<f32>(bitcast<u32>(widest / 127.0) & 0xfffffffcu);
  let inverse = select(1.0 / scale, 0.0, scale == 0.0);
  let at = block * 8u;
  let a = vec4<u32>(bytes(x[at] * inverse), bytes(x[at + 1u] * inverse), bytes(x[at + 2u] * inverse), bytes(x[at + 3u] * inverse));
  let b = vec4<u32>(bytes(x[at + 4u] * inverse), bytes(x[at + 5u] * inverse), bytes(x[at + 6u] * inverse), bytes(x[at + 7u] * inverse));
  quants[block * 2u] = a;
  quants[block * 2u + 1u] = b;
  let ones = vec4<u32>(0x01010101u);
  scales[block] = vec2<f32>(scale, scale * (bitcast<f32>(dot32(Bytes(a, b), Bytes(ones, ones))) - whole));
}

// Tokens past the end repeat the last one, and are not stored.
fn fetch_x(matrix: u32, first_token: u32, column: u32, i: u32) -> Piece {
  let token = matrix * sizes.tokens + min(first_token + i / 2u, sizes.tokens - 1u);
  let block = (token * sizes.columns + column) / 32u + i % 2u;
  return Piece(Bytes(quants[2u * block], quants[2u * block + 1u]), scales[block]);
}

fn add_row(sums: ptr<function, Sums>, w: Piece, xa: Tokens, xb: Tokens) {
  (*sums).a = add_products((*sums).a, w, xa);
  if (eight) { (*sums).b = add_products((*sums).b, w, xb); }
}

// Σ (scale · nibble − minimum) · x over the sub-block, with x = its scale · byte. Three operations for each sum: the first makes it a
// number, takes `whole` away and multiplies it by the scale of x.
fn add_products(sum: vec4<f32>, w: Piece, x: Tokens) -> vec4<f32> {
  let dots = vec4<i32>(dot32(w.bytes, x.t0), dot32(w.bytes, x.t1), dot32(w.bytes, x.t2), dot32(w.bytes, x.t3));
  let products = fma(bitcast<vec4<f32>>(dots), x.scale, -whole * x.scale);
  return fma(vec4<f32>(w.scale.x), products, fma(vec4<f32>(-w.scale.y), x.sum, sum));
}
