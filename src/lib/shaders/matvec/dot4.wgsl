//! Integer products: each workgroup rounds x to 8 bits in blocks of 32; lanes take 64 weights of several rows at a time.
//! error: 1e-4 because x is rounded to 8 bits
//! grid: rows / group_rows, batch
//! use: epilogue, q4_k_pair, lane_sums
//! formats: q4_k

requires packed_4x8_integer_dot_product;

struct Sizes { rows: u32, columns: u32, batch: u32, epilogue: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> weight: array<vec4<u32>>;     // batch × rows × columns, q4_K blocks of 9 vectors
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;          // batch × columns
@group(0) @binding(3) var<storage, read_write> out: array<f32>;        // batch × rows

const lanes = 32u;     // knob: 8 16 32
const lane_rows = 2u;  // knob: 2 4
const teams = 4u;      // knob: 2 4 8
const threads = lanes * teams;
const group_rows = lane_rows * teams;
// So much of x waits in workgroup memory, in pairs of blocks of 32. Of a pair's vectors the last keeps neighbours in different banks.
const section = 64u;
const pitch = 5u;

var<workgroup> x_bytes: array<vec4<u32>, section * pitch>;
var<workgroup> x_scales: array<vec2<f32>, section * 2u>; // scale, sum of x

struct XPair { low_a: vec4<u32>, low_b: vec4<u32>, high_a: vec4<u32>, high_b: vec4<u32>, scales: vec2<f32>, sums: vec2<f32> }

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
    if (first % section == 0u) {
      workgroupBarrier();
      stage_x(group.y * pairs, first, thread);
      workgroupBarrier();
    }
    let now = next;
    next = fetch_pairs(starts, min(first + lanes + lane, pairs - 1u), lane_rows);
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
  for (var block = thread; block < 2u * section; block += threads) {
    let at = block / 2u * pitch + block % 2u * 2u;
    let source = 8u * (2u * (start + first_pair) + block);
    var a = mat4x4<f32>();
    var b = mat4x4<f32>();
    if (first_pair + block / 2u < sizes.columns / 64u) {
      a = mat4x4<f32>(x[source], x[source + 1u], x[source + 2u], x[source + 3u]);
      b = mat4x4<f32>(x[source + 4u], x[source + 5u], x[source + 6u], x[source + 7u]);
    }
    let largest4 = max(largest(a), largest(b));
    let scale = max(max(largest4.x, largest4.y), max(largest4.z, largest4.w)) / 127.0;
    let inverse = select(1.0 / scale, 0.0, scale == 0.0);
    x_bytes[at] = bytes(a, inverse);
    x_bytes[at + 1u] = bytes(b, inverse);
    x_scales[block] = vec2<f32>(scale, dot((a[0] + a[1]) + (a[2] + a[3]) + (b[0] + b[1]) + (b[2] + b[3]), vec4<f32>(1.0)));
  }
}

fn largest(x: mat4x4<f32>) -> vec4<f32> {
  return max(max(abs(x[0]), abs(x[1])), max(abs(x[2]), abs(x[3])));
}

fn bytes(x: mat4x4<f32>, inverse: f32) -> vec4<u32> {
  return vec4<u32>(four_bytes(x[0] * inverse), four_bytes(x[1] * inverse), four_bytes(x[2] * inverse), four_bytes(x[3] * inverse));
}

fn four_bytes(x: vec4<f32>) -> u32 { return pack4xI8(vec4<i32>(round(x))); }

fn staged_x(pair: u32) -> XPair {
  let at = pair * pitch;
  let low = x_scales[2u * pair];
  let high = x_scales[2u * pair + 1u];
  return XPair(x_bytes[at], x_bytes[at + 1u], x_bytes[at + 2u], x_bytes[at + 3u], vec2<f32>(low.x, high.x), vec2<f32>(low.y, high.y));
}

// Σ (scale · nibble − minimum) · x over the pair, with x = its scale · byte; the minimum's part takes x as it was.
fn products(w: Pair, pair: u32, x: XPair) -> f32 {
  let mask = vec4<u32>(0x0f0f0f0fu);
  let low = dot16(w.a & mask, x.low_a) + dot16(w.b & mask, x.low_b);
  let high = dot16((w.a >> vec4<u32>(4u)) & mask, x.high_a) + dot16((w.b >> vec4<u32>(4u)) & mask, x.high_b);
  let scales = pair_scales(w.header, pair);
  return dot(scales.xy * x.scales, vec2<f32>(vec2<i32>(low, high))) - dot(scales.zw, x.sums);
}

fn dot16(w: vec4<u32>, x: vec4<u32>) -> i32 {
  return dot4I8Packed(w.x, x.x) + dot4I8Packed(w.y, x.y) + dot4I8Packed(w.z, x.z) + dot4I8Packed(w.w, x.w);
}
