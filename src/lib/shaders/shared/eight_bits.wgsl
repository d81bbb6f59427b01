// Tiles of 8-bit integer products: x rounded to bytes in blocks of 32, and what a thread does with 32 bytes of a row and of four
// tokens. The variant has the tiles x_tile and x_scales, of `pitch` vectors and two scales a token, and `x_blocks` of them.

// Thirty-two bytes of a row or a token; and those of four tokens, with their scales and sums.
struct Bytes { a: vec4<u32>, b: vec4<u32> }
struct Weights { bytes: Bytes, scale: vec2<f32> }
struct XBlock { bytes: Bytes, scale: vec2<f32> }
struct Tokens { t0: Bytes, t1: Bytes, t2: Bytes, t3: Bytes, scale: vec4<f32>, sum: vec4<f32> }

@compute @workgroup_size(64)
fn quantise(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= sizes.tokens * sizes.columns / 32u) { return; }
  let block = id.y * sizes.tokens * sizes.columns / 32u + id.x;
  var largest = vec4<f32>();
  for (var i = 0u; i < 8u; i++) { largest = max(largest, abs(x[block * 8u + i])); }
  let scale = max(max(largest.x, largest.y), max(largest.z, largest.w)) / 127.0;
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

fn fetch_x(matrix: u32, first_token: u32, column: u32, i: u32) -> XBlock {
  let token = matrix * sizes.tokens + min(first_token + i / 2u, sizes.tokens - 1u);
  let block = (token * sizes.columns + column) / 32u + i % 2u;
  return XBlock(Bytes(quants[2u * block], quants[2u * block + 1u]), scales[block]);
}

fn stage_x(x: XBlock, i: u32) {
  if (i >= x_blocks) { return; }
  let at = i / 2u % tile_tokens * pitch + i % 2u * 2u;
  x_tile[at] = x.bytes.a;
  x_tile[at + 1u] = x.bytes.b;
  x_scales[i % x_blocks] = x.scale;
}

// Σ (scale · nibble − minimum) · x over the sub-block, with x = its scale · byte.
fn add_products(sum: vec4<f32>, w: Weights, x: Tokens) -> vec4<f32> {
  let products = vec4<f32>(vec4<i32>(dot32(w.bytes, x.t0), dot32(w.bytes, x.t1), dot32(w.bytes, x.t2), dot32(w.bytes, x.t3)));
  return fma(products, w.scale.x * x.scale, fma(vec4<f32>(-w.scale.y), x.sum, sum));
}

fn dot32(w: Bytes, x: Bytes) -> i32 {
  return dot4I8Packed(w.a.x, x.a.x) + dot4I8Packed(w.a.y, x.a.y) + dot4I8Packed(w.a.z, x.a.z) + dot4I8Packed(w.a.w, x.a.w)
    + dot4I8Packed(w.b.x, x.b.x) + dot4I8Packed(w.b.y, x.b.y) + dot4I8Packed(w.b.z, x.b.z) + dot4I8Packed(w.b.w, x.b.w);
}
