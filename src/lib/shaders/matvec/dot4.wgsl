//! Integer products: each workgroup rounds x to 8 bits in blocks of 16; lanes take 64 weights of several rows at a time.
//! error: 4e-4 because x is rounded to 8 bits
//! grid: rows / group_rows, batch
//! use: epilogue, q4_k_pair, rounded_bytes, x_pairs, pair_products, lane_sums
//! formats: q4_k

requires packed_4x8_integer_dot_product;

struct Sizes { rows: u32, columns: u32, batch: u32, epilogue: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> weight: array<vec4<u32>>;     // batch × rows × columns, q4_K blocks of 9 vectors
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;          // batch × columns
@group(0) @binding(3) var<storage, read_write> out: array<f32>;        // batch × rows

const lanes = 16u;    // knob: 8 16 32 40
const lane_rows = 2u; // knob: 2 4
const teams = 8u;     // knob: 2 4 6 8 10 12 16
const staged = 64u;   // knob: 64 160
const threads = lanes * teams;
const group_rows = lane_rows * teams;
// So many times 64 columns of x are in workgroup memory, four blocks each: `staged`, and what fills the lanes.
const section = (staged + lanes - 1u) / lanes * lanes;
// Blocks that a thread asks for at once: as many as it has to stage, or what its registers have room for.
const own_blocks = min(3u, (4u * section + threads - 1u) / threads);
alias Blocks = array<mat4x4<f32>, own_blocks>;

@compute @workgroup_size(threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let lane = thread % lanes;
  let pairs = sizes.columns / 64u;
  // Rows past the end repeat the last one, and are not stored.
  let rows = min(vec4<u32>(group.x * group_rows + thread / lanes * lane_rows) + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(sizes.rows - 1u));
  let starts = (group.y * sizes.rows + rows) * (pairs / 4u * 9u);
  var sums = vec4<f32>();
  for (var start = 0u; start < pairs; start += section) {
    // x is asked for before the weights, which are further away, and rounded while they are on their way.
    let first_block = 4u * (group.y * pairs + start);
    let end = 4u * min(section, pairs - start);
    let blocks = fetch_blocks(first_block, end, thread);
    let first = fetch_pairs(starts, min(start + lane, pairs - 1u), lane_rows);
    if (start > 0u) { workgroupBarrier(); } // what was staged before has been read
    stage(blocks, first_block, end, thread);
    workgroupBarrier();
    sums += section_products(first, starts, start, lane);
  }
  finish_lanes(sums, group, thread);
}

fn fetch_blocks(first: u32, end: u32, thread: u32) -> Blocks {
  var blocks: Blocks;
  for (var i = 0u; i < own_blocks; i++) { blocks[i] = fetch_block(first + min(i * threads + thread, end - 1u)); }
  return blocks;
}

fn fetch_block(block: u32) -> mat4x4<f32> {
  let at = 4u * block;
  return mat4x4<f32>(x[at], x[at + 1u], x[at + 2u], x[at + 3u]);
}

// Stages the blocks of a section up to its `end`.
fn stage(blocks: Blocks, first: u32, end: u32, thread: u32) {
  for (var i = 0u; i < own_blocks; i++) {
    let block = i * threads + thread;
    if (block < end) { stage_block(blocks[i], block / 4u, block % 4u); }
  }
  for (var block = own_blocks * threads + thread; block < end; block += threads) {
    stage_block(fetch_block(first + block), block / 4u, block % 4u);
  }
}
