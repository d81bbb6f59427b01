//! Integer products: each workgroup rounds x to 8 bits in blocks of 16; lanes take 64 weights of several rows at a time.
//! error: 4e-4 because x is rounded to 8 bits
//! grid: rows / group_rows, batch
//! use: epilogue, q4_k_pair, lane_sums
//! formats: q4_k

requires packed_4x8_integer_dot_product;

struct Sizes { rows: u32, columns: u32, batch: u32, epilogue: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> weight: array<vec4<u32>>;     // batch × rows × columns, q4_K blocks of 9 vectors
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;          // batch × columns
@group(0) @binding(3) var<storage, read_write> out: array<f32>;        // batch × rows

const lanes = 16u;     // knob: 8 16 32 40
const lane_rows = 2u;  // knob: 2 4
const teams = 8u;      // knob: 2 4 8
const threads = lanes * teams;
const group_rows = lane_rows * teams;
const_assert threads <= 256u;
// So many times 64 columns of x are in workgroup memory, four blocks each; a fifth vector keeps neighbours in different banks.
const section = (64u + lanes - 1u) / lanes * lanes;
const pitch = 5u;

var<workgroup> x_bytes: array<vec4<u32>, section * pitch>;
var<workgroup> x_scales: array<vec2<f32>, 4u * section>; // of every pair's first block, then of the second …: scale, sum of x

struct XPair { b0: vec4<u32>, b1: vec4<u32>, b2: vec4<u32>, b3: vec4<u32>, scales: vec4<f32>, sums: vec2<f32> }

@compute @workgroup_size(threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let lane = thread % lanes;
  let pairs = sizes.columns / 64u;
  // Rows past the end repeat the last one, and are not stored.
  let rows = min(vec4<u32>(group.x * group_rows + thread / lanes * lane_rows) + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(sizes.rows - 1u));
  let starts = (group.y * sizes.rows + rows) * (pairs / 4u * 9u);
  var sums = vec4<f32>();
  var next = fetch_pairs(starts, min(lane, pairs - 1u), lane_rows);
  for (var first = 0u; first < pairs; first += lanes) {
    let now = next;
    next = fetch_pairs(starts, min(first + lanes + lane, pairs - 1u), lane_rows);
    if (first % section == 0u) {
      workgroupBarrier();
      stage_x(group.y * pairs, first, thread);
      workgroupBarrier();
    }
    let pair = first + lane;
    let x = staged_x(pair % section);
    sums.x += products(now.row0, pair % 4u, x);
    sums.y += products(now.row1, pair % 4u, x);
    if (lane_rows > 2u) {
      sums.z += products(now.row2, pair % 4u, x);
      sums.w += products(now.row3, pair % 4u, x);
    }
  }
  finish_lanes(sums, group, thread);
}

// Past the last pair x is zero, whatever the weights.
fn stage_x(start: u32, first_pair: u32, thread: u32) {
  for (var i = thread; i < 4u * section; i += threads) {
    let pair = i / 4u;
    let block = i % 4u;
    var v = mat4x4<f32>();
    if (first_pair + pair < sizes.columns / 64u) {
      let at = 16u * (start + first_pair + pair) + 4u * block;
      v = mat4x4<f32>(x[at], x[at + 1u], x[at + 2u], x[at + 3u]);
    }
    let largest = max(max(magnitude(v[0]), magnitude(v[1])), max(magnitude(v[2]), magnitude(v[3])));
    let scale = bitcast<f32>(max(max(largest.x, largest.y), max(largest.z, largest.w))) / 127.0;
    let inverse = select(1.0 / scale, 0.0, scale == 0.0);
    x_bytes[pair * pitch + block] = vec4<u32>(bytes(v[0] * inverse), bytes(v[1] * inverse), bytes(v[2] * inverse), bytes(v[3] * inverse));
    x_scales[block * section + pair] = vec2<f32>(scale, dot((v[0] + v[1]) + (v[2] + v[3]), vec4<f32>(1.0)));
  }
}

// Magnitudes are compared by their bits: among numbers max() drops a NaN, which then would never reach the logits.
fn magnitude(x: vec4<f32>) -> vec4<u32> { return bitcast<vec4<u32>>(x) & vec4<u32>(0x7fffffffu); }

fn bytes(x: vec4<f32>) -> u32 { return pack4xI8(vec4<i32>(round(x))); }

fn staged_x(pair: u32) -> XPair {
  let at = pair * pitch;
  let s0 = x_scales[pair];
  let s1 = x_scales[section + pair];
  let s2 = x_scales[2u * section + pair];
  let s3 = x_scales[3u * section + pair];
  let sums = vec2<f32>(s0.y + s1.y, s2.y + s3.y);
  return XPair(x_bytes[at], x_bytes[at + 1u], x_bytes[at + 2u], x_bytes[at + 3u], vec4<f32>(s0.x, s1.x, s2.x, s3.x), sums);
}

// Σ (scale · nibble − minimum) · x over the pair, with x = its scale · byte; the minimum's part takes x as it was.
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
