//! Integer products: each workgroup rounds x to 8 bits in blocks of 16; lanes take 64 weights of several rows at a time for all tokens.
//! error: 4e-4 because x is rounded to 8 bits
//! grid: rows / group_rows, batch
//! use: epilogue, q4_k_pair, rounded_bytes, x_pairs, token_sums
//! formats: q4_k
//! unroll: written_out
//! sizes: known_sizes

requires packed_4x8_integer_dot_product;

struct Sizes { rows: u32, columns: u32, tokens: u32, batch: u32, stride: u32, epilogue: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> weight: array<vec4<u32>>;     // batch × rows × columns, q4_K blocks of 9 vectors
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;          // batch × tokens × columns
@group(0) @binding(3) var<storage, read_write> out: array<f32>;        // batch × tokens × stride

const lanes = 8u;     // knob: 8 16 32
const lane_rows = 2u; // knob: 2 4
const teams = 16u;    // knob: 4 8 16
const staged = 16u;   // knob: 8 16 32
const written_out = 8u; // knob: 1 8
const known_sizes = 1u; // knob: 0 1
const threads = lanes * teams;
const group_rows = lane_rows * teams;
const_assert threads <= 256u;
const_assert staged % lanes == 0u;
// So many times 64 columns are in workgroup memory: of each token `staged`, one token after another.
const section = most_tokens * staged;

@compute @workgroup_size(threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let lane = thread % lanes;
  let pairs = sizes.columns / 64u;
  // Rows past the end repeat the last one, and are not stored.
  let rows = min(vec4<u32>(group.x * group_rows + thread / lanes * lane_rows) + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(sizes.rows - 1u));
  let starts = (group.y * sizes.rows + rows) * (pairs / 4u * 9u);
  var sums: TokenSums;
  var next = fetch_pairs(starts, min(lane, pairs - 1u), lane_rows);
  for (var first = 0u; first < pairs; first += lanes) {
    let now = next;
    next = fetch_pairs(starts, min(first + lanes + lane, pairs - 1u), lane_rows);
    if (first % staged == 0u) {
      workgroupBarrier();
      stage(group.y * sizes.tokens * pairs, first, thread);
      workgroupBarrier();
    }
    let pair = first + lane;
    for (var t = 0u; t < most_tokens; t++) {
      if (t < sizes.tokens) { sums[t] = add_pairs(sums[t], now, pair, staged_x((t * staged + pair % staged) % section)); }
    }
  }
  finish_tokens(sums, group, thread);
}

// Rounds the next `staged` pairs of every token. Past the last pair x is zero, whatever the weights.
fn stage(start: u32, first_pair: u32, thread: u32) {
  for (var i = thread; i < 4u * staged * sizes.tokens; i += threads) {
    let token = i / (4u * staged);
    let block = i % (4u * staged);
    let pair = first_pair + block / 4u;
    var v = mat4x4<f32>();
    if (pair < sizes.columns / 64u) {
      let at = 16u * (start + token * (sizes.columns / 64u) + pair) + 4u * (block % 4u);
      v = mat4x4<f32>(x[at], x[at + 1u], x[at + 2u], x[at + 3u]);
    }
    stage_block(v, (token * staged + block / 4u) % section, block % 4u);
  }
}
