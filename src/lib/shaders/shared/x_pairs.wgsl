// Columns of x in workgroup memory as bytes, for products of one token with pairs of q4_K sub-blocks (q4_k_pair.wgsl). Each block of
// sixteen columns has a scale of its own. Needs rounded_bytes.wgsl. `section` is how many pairs (64 columns) there is room for.
const pitch = 5u; // vectors of a pair: four, and a fifth that keeps neighbours in different banks

var<workgroup> x_bytes: array<vec4<u32>, section * pitch>;
var<workgroup> x_scales: array<vec2<f32>, 4u * section>; // of every pair's first block, then of the second …: scale, sum of x

struct XPair { b0: vec4<u32>, b1: vec4<u32>, b2: vec4<u32>, b3: vec4<u32>, scales: vec4<f32>, sums: vec2<f32> }

// Stores sixteen columns: block 0 to 3 of a pair. The sum is that of the rounded numbers: with that of the numbers as they were the error
// of a weight would be its nibble's, which is never negative, so that the errors of all rows would have the same sign.
fn stage_block(v: mat4x4<f32>, pair: u32, block: u32) {
  let largest = max(max(magnitude(v[0]), magnitude(v[1])), max(magnitude(v[2]), magnitude(v[3])));
  let scale = bitcast<f32>(max(max(largest.x, largest.y), max(largest.z, largest.w))) / 127.0;
  let inverse = select(1.0 / scale, 0.0, scale == 0.0);
  let rounded = vec4<u32>(bytes(v[0] * inverse), bytes(v[1] * inverse), bytes(v[2] * inverse), bytes(v[3] * inverse));
  x_bytes[pair * pitch + block] = rounded;
  x_scales[block * section + pair] = vec2<f32>(scale, scale * f32(byte_sum(rounded)));
}

fn staged_x(pair: u32) -> XPair {
  let at = pair * pitch;
  let s0 = x_scales[pair];
  let s1 = x_scales[section + pair];
  let s2 = x_scales[2u * section + pair];
  let s3 = x_scales[3u * section + pair];
  let sums = vec2<f32>(s0.y + s1.y, s2.y + s3.y);
  return XPair(x_bytes[at], x_bytes[at + 1u], x_bytes[at + 2u], x_bytes[at + 3u], vec4<f32>(s0.x, s1.x, s2.x, s3.x), sums);
}

// Σ (scale · nibble − minimum) · x over the pair, with x = its scale · byte.
fn products(w: Pair, pair: u32, x: XPair) -> f32 {
  let mask = vec4<u32>(0x0f0f0f0fu);
  let even = vec2<i32>(dot16(w.a & mask, x.b0), dot16(w.b & mask, x.b1));
  let odd = vec2<i32>(dot16((w.a >> vec4<u32>(4u)) & mask, x.b2), dot16((w.b >> vec4<u32>(4u)) & mask, x.b3));
  let scales = pair_scales(w.header, pair);
  return dot(scales.xxyy, x.scales * vec4<f32>(vec4<i32>(even, odd))) - dot(scales.zw, x.sums);
}

fn dot16(w: vec4<u32>, x: vec4<u32>) -> i32 {
  return dot4I8Packed(w.x, x.x) + dot4I8Packed(w.y, x.y) + dot4I8Packed(w.z, x.z) + dot4I8Packed(w.w, x.w);
}

// Adds a pair's products to the sums of a lane's rows.
fn add_pairs(sums: vec4<f32>, now: Pairs, pair: u32, x: XPair) -> vec4<f32> {
  var sum = sums;
  sum.x += products(now.row0, pair % 4u, x);
  sum.y += products(now.row1, pair % 4u, x);
  if (lane_rows > 2u) {
    sum.z += products(now.row2, pair % 4u, x);
    sum.w += products(now.row3, pair % 4u, x);
  }
  return sum;
}
