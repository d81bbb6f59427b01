// x for eight_bits.wgsl as one byte a number: a block's largest is 127, and the scale says what that is worth.
const x_bytes = 1u;

@compute @workgroup_size(64)
fn quantise(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= sizes.tokens * sizes.columns / 32u) { return; }
  let block = id.y * sizes.tokens * sizes.columns / 32u + id.x;
  // Magnitudes are compared by their bits: among numbers max() drops a NaN, which then would never reach the logits.
  var largest = vec4<u32>();
  for (var i = 0u; i < 8u; i++) { largest = max(largest, bitcast<vec4<u32>>(x[block * 8u + i]) & vec4<u32>(0x7fffffffu)); }
  let scale = bitcast<f32>(max(max(largest.x, largest.y), max(largest.z, largest.w))) / 127.0;
  let inverse = select(1.0 / scale, 0.0, scale == 0.0);
  let a = vec4<u32>(bytes(block, 0u, inverse), bytes(block, 1u, inverse), bytes(block, 2u, inverse), bytes(block, 3u, inverse));
  let b = vec4<u32>(bytes(block, 4u, inverse), bytes(block, 5u, inverse), bytes(block, 6u, inverse), bytes(block, 7u, inverse));
  quants[block * 2u] = a;
  quants[block * 2u + 1u] = b;
  let ones = vec4<u32>(0x01010101u);
  scales[block] = vec2<f32>(scale, scale * f32(dot32(Bytes(a, b), Bytes(ones, ones))));
}

fn bytes(block: u32, i: u32, inverse: f32) -> u32 {
  return pack4xI8(vec4<i32>(round(x[block * 8u + i] * inverse)));
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

// Σ (scale · nibble − minimum) · x over the sub-block, with x = its scale · byte.
fn add_products(sum: vec4<f32>, w: Piece, x: Tokens) -> vec4<f32> {
  let products = vec4<f32>(vec4<i32>(dot32(w.bytes, x.t0), dot32(w.bytes, x.t1), dot32(w.bytes, x.t2), dot32(w.bytes, x.t3)));
  return fma(products, w.scale.x * x.scale, fma(vec4<f32>(-w.scale.y), x.sum, sum));
}
