//! Lanes take 64 weights of several rows at a time, as vectors; x waits in workgroup memory for all rows of the group, if asked to.
//! grid: rows / group_rows, batch
//! use: epilogue, q4_k_pair, lane_sums
//! formats: q4_k
//! unroll: written_out

struct Sizes { rows: u32, columns: u32, batch: u32, epilogue: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> weight: array<vec4<u32>>;     // batch × rows × columns, q4_K blocks of 9 vectors
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;          // batch × columns
@group(0) @binding(3) var<storage, read_write> out: array<f32>;        // batch × rows

const lanes = 32u;     // knob: 8 16 32 40
const lane_rows = 2u;  // knob: 2 4
const teams = 4u;      // knob: 2 4 8
// With 0, lanes read x itself, through the cache: less workgroup memory, which in Safari one thread sets to zero.
const stages_x = 1u;   // knob: 0 1
const written_out = 1u; // knob: 1 32
const threads = lanes * teams;
const group_rows = lane_rows * teams;
const_assert threads <= 256u;
// So many times 64 columns of x are in workgroup memory, each with a vector more to keep neighbours in different banks.
const section = (32u + lanes - 1u) / lanes * lanes;
const pitch = 17u;

const x_vectors = select(1u, section * pitch, stages_x == 1u);
var<workgroup> x_tile: array<vec4<f32>, x_vectors>;

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
    var now = next;
    if (stages_x == 1u) {
      next = fetch_pairs(starts, min(first + lanes + lane, pairs - 1u), lane_rows);
    } else {
      now = fetch_pairs(starts, min(first + lane, pairs - 1u), lane_rows);
    }
    if (stages_x == 1u && first % section == 0u) {
      workgroupBarrier();
      stage_x(group.y * pairs, first, thread);
      workgroupBarrier();
    }
    sums = add_pairs(sums, now, first + lane, group.y * pairs);
  }
  finish_lanes(sums, group, thread);
}

// Past the last pair x is zero, whatever the weights.
fn stage_x(start: u32, first_pair: u32, thread: u32) {
  for (var n = 0u; n < (16u * section + threads - 1u) / threads; n++) { // a constant number: all loads are on their way at once
    let i = n * threads + thread;
    var value = vec4<f32>();
    if (i < 16u * section && first_pair + i / 16u < sizes.columns / 64u) { value = x[16u * (start + first_pair) + i]; }
    if (i < 16u * section) { x_tile[i / 16u * pitch + i % 16u] = value; }
  }
}

// Products of each row with the even (x) and the odd (y) sub-block of x, sixteen columns of each at a time.
struct Products { row0: vec2<f32>, row1: vec2<f32>, row2: vec2<f32>, row3: vec2<f32> }

// Σ (scale · nibble − minimum) · x over the pair, as scale · Σ nibble · x − minimum · Σ x.
fn add_pairs(sums: vec4<f32>, w: Pairs, unit: u32, start: u32) -> vec4<f32> {
  var p = Products();
  var x_sums = vec2<f32>();
  for (var half = 0u; half < 2u; half++) {
    let even = mat4x4<f32>(vector_of_x(start, unit, 4u * half), vector_of_x(start, unit, 4u * half + 1u), vector_of_x(start, unit, 4u * half + 2u), vector_of_x(start, unit, 4u * half + 3u));
    let odd = mat4x4<f32>(vector_of_x(start, unit, 4u * half + 8u), vector_of_x(start, unit, 4u * half + 9u), vector_of_x(start, unit, 4u * half + 10u), vector_of_x(start, unit, 4u * half + 11u));
    x_sums += vec2<f32>(total((even[0] + even[1]) + (even[2] + even[3])), total((odd[0] + odd[1]) + (odd[2] + odd[3])));
    p.row0 += products(select(w.row0.a, w.row0.b, half == 1u), even, odd);
    p.row1 += products(select(w.row1.a, w.row1.b, half == 1u), even, odd);
    if (lane_rows > 2u) {
      p.row2 += products(select(w.row2.a, w.row2.b, half == 1u), even, odd);
      p.row3 += products(select(w.row3.a, w.row3.b, half == 1u), even, odd);
    }
  }
  let pair = unit % 4u;
  var added = sums + vec4<f32>(scaled(w.row0, pair, p.row0, x_sums), scaled(w.row1, pair, p.row1, x_sums), 0.0, 0.0);
  if (lane_rows > 2u) {
    added += vec4<f32>(0.0, 0.0, scaled(w.row2, pair, p.row2, x_sums), scaled(w.row3, pair, p.row3, x_sums));
  }
  return added;
}

// The unit's columns as vectors, the `vector`-th of them; zero past the last unit.
fn vector_of_x(start: u32, unit: u32, vector: u32) -> vec4<f32> {
  if (stages_x == 1u) { return x_tile[unit % section * pitch + vector]; }
  return select(vec4<f32>(), x[16u * (start + unit) + vector], unit < sizes.columns / 64u);
}

fn scaled(w: Pair, pair: u32, p: vec2<f32>, x_sums: vec2<f32>) -> f32 {
  let scales = pair_scales(w.header, pair);
  return dot(scales.xy, p) - dot(scales.zw, x_sums);
}

fn products(bytes: vec4<u32>, even: mat4x4<f32>, odd: mat4x4<f32>) -> vec2<f32> {
  let low = fma(low_nibbles(bytes.x), even[0], fma(low_nibbles(bytes.y), even[1], fma(low_nibbles(bytes.z), even[2], low_nibbles(bytes.w) * even[3])));
  let high = fma(high_nibbles(bytes.x), odd[0], fma(high_nibbles(bytes.y), odd[1], fma(high_nibbles(bytes.z), odd[2], high_nibbles(bytes.w) * odd[3])));
  return vec2<f32>(total(low), total(high));
}

// A nibble at bit b of the mantissa of 2^(23 − b) makes the float 2^(23 − b) + nibble: exact, and cheaper than shift, mask and
// conversion. Bits up to 16 serve, so only the last nibbles of a word are shifted.
fn low_nibbles(word: u32) -> vec4<f32> {
  let bits = vec4<u32>(word, word, word, word >> 12u) & vec4<u32>(0x0000000fu, 0x00000f00u, 0x000f0000u, 0x0000f000u);
  return bitcast<vec4<f32>>(bits | vec4<u32>(0x4b000000u, 0x47000000u, 0x43000000u, 0x45000000u)) - vec4<f32>(8388608.0, 32768.0, 128.0, 2048.0);
}

fn high_nibbles(word: u32) -> vec4<f32> {
  let bits = vec4<u32>(word, word, word >> 12u, word >> 12u) & vec4<u32>(0x000000f0u, 0x0000f000u, 0x00000f00u, 0x000f0000u);
  return bitcast<vec4<f32>>(bits | vec4<u32>(0x49000000u, 0x45000000u, 0x47000000u, 0x43000000u)) - vec4<f32>(524288.0, 2048.0, 32768.0, 128.0);
}

fn total(v: vec4<f32>) -> f32 { return (v.x + v.y) + (v.z + v.w); }
