//! Integer products: each workgroup rounds x to 8 bits in blocks of 16; lanes take 64 weights of several rows at a time.
//! error: 4e-4 because x is rounded to 8 bits
//! grid: rows / group_rows, batch
//! use: epilogue, q4_k_pair, rounded_bytes, x_pairs, lane_sums
//! formats: q4_k

requires packed_4x8_integer_dot_product;

struct Sizes { rows: u32, columns: u32, batch: u32, epilogue: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> weight: array<vec4<u32>>;     // batch × rows × columns, q4_K blocks of 9 vectors
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;          // batch × columns
@group(0) @binding(3) var<storage, read_write> out: array<f32>;        // batch × rows

const lanes = 16u;    // knob: 8 16 32 40
const lane_rows = 2u; // knob: 2 4
const teams = 8u;     // knob: 2 4 6 8
const staged = 64u;   // knob: 64 160
const threads = lanes * teams;
const group_rows = lane_rows * teams;
const_assert threads <= 256u;
// So many times 64 columns of x are in workgroup memory, four blocks each: `staged`, and what fills the lanes.
const section = (staged + lanes - 1u) / lanes * lanes;

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
    sums = add_pairs(sums, now, pair, staged_x(pair % section));
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
    stage_block(v, pair, block);
  }
}
