//! Integer products: each workgroup normalises and shifts the whole token itself.
//! error: 4e-4 because x is rounded to 8 bits
//! grid: rows / group_rows
//! use: shifted_columns, shifted_products, q4_k_pair, rounded_bytes, x_pairs, pair_products, lane_sums
//! formats: q4_k

requires packed_4x8_integer_dot_product;

struct Sizes { rows: u32, columns: u32, inverse_epsilon: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> weight: array<vec4<u32>>;     // rows × columns, q4_K blocks of 9 vectors
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;          // columns
@group(0) @binding(3) var<storage, read> vectors: array<vec4<f32>>;    // 3 × columns: scale and bias of the norm, lerp
@group(0) @binding(4) var<storage, read> previous: array<vec4<f32>>;   // columns, normalised
@group(0) @binding(5) var<storage, read_write> out: array<f32>;        // rows
@group(0) @binding(6) var<storage, read_write> last: array<vec4<f32>>; // columns, normalised

const lanes = 8u;     // knob: 8 10 16 32
const lane_rows = 2u; // knob: 2 4
const teams = 20u;    // knob: 8 16 20 24 32
const own_fours = 4u; // knob: 1 2 3 4
const threads = lanes * teams;
const group_rows = lane_rows * teams;
const_assert threads % 16u == 0u;
const exchange_fours = most_fours;

@compute @workgroup_size(threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let lane = thread % lanes;
  let pairs = sizes.columns / 64u;
  // Rows past the end repeat the last one, and are not stored.
  let rows = min(vec4<u32>(group.x * group_rows + thread / lanes * lane_rows) + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(sizes.rows - 1u));
  let starts = rows * (pairs / 4u * 9u);
  var norm: vec2<f32>;
  var sums = vec4<f32>();
  // The code is short, so that it stays in the GPU's cache from layer to layer: all of it is in this loop once.
  for (var start = 0u; start < pairs; start += section) {
    // The first weights are on their way while x is normalised.
    let first = fetch_pairs(starts, min(start + lane, pairs - 1u), lane_rows);
    let fours = fetch_fours(16u * start, 0u, thread);
    if (start == 0u) {
      norm = norm_of(fours, thread);
      if (group.x == 0u) { keep_last(norm, thread); }
    }
    stage(fours, norm, thread);
    sums += section_products(first, starts, start, lane);
  }
  finish_lanes(sums, group, thread);
}

// relu², and not by max() alone, which drops a NaN.
fn finish(sum: f32, at: u32) { out[at] = sum * max(sum, 0.0); }
