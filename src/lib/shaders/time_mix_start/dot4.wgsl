//! Integer products: each workgroup normalises and shifts the whole token itself.
//! error: 4e-4 because x is rounded to 8 bits
//! let products: 3 * ceil(rows / group_rows)
//! let ranks: decay + learning_rate + value + gate
//! let free: workgroups * ceil((products + ranks / lora_rows) / workgroups) - products
//! let lora_groups: ranks / lora_rows * floor(lora_rows / 4 / ceil(ranks / 4 / free))
//! grid: products + lora_groups
//! use: shifted_columns, shifted_products, q4_k_pair, rounded_bytes, x_pairs, pair_products, lane_sums, lora, lora_weight
//! formats: q4_k

requires packed_4x8_integer_dot_product;

struct Sizes { rows: u32, columns: u32, decay: u32, learning_rate: u32, value: u32, gate: u32, wide: u32, inverse_epsilon: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> weight: array<vec4<u32>>;     // 3 × rows × columns, q4_K blocks of 9 vectors
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;          // columns
@group(0) @binding(3) var<storage, read> vectors: array<vec4<f32>>;    // 8 × columns: scale and bias of the norm, lerps of r k v w a g
@group(0) @binding(4) var<storage, read> previous: array<vec4<f32>>;   // columns, normalised
@group(0) @binding(5) var<storage, read> lora_weight: array<vec2<u32>>; // the way down: see shared/lora.wgsl
@group(0) @binding(6) var<storage, read_write> inputs: array<f32>;     // 3 × rows: r k v
@group(0) @binding(7) var<storage, read_write> hidden: array<f32>;     // all ranks
@group(0) @binding(8) var<storage, read_write> last: array<vec4<f32>>; // columns, normalised

// Workgroups that run at once, one on each multiprocessor of an H200: with no more of them a token takes less time, although each does more.
// Those that the products leave over share the LoRAs' ranks: four, eight or sixteen each, and at most `lora_rows`.
const workgroups = 132u; // knob: 24 132 1024
const lora_rows = 16u;   // knob: 4 8 16
const lanes = 10u;       // knob: 8 10 16 32
const lane_rows = 4u;    // knob: 2 4
const teams = 24u;       // knob: 8 16 24 32
const own_fours = 3u;    // knob: 1 2 3 4
const threads = lanes * teams;
const group_rows = lane_rows * teams;
const_assert threads % 16u == 0u;
const exchange_fours = max(most_fours, lora_rows / 4u * threads);
const_assert exchange_fours <= 1024u; // 16 KB

@compute @workgroup_size(threads)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) all_groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let lane = thread % lanes;
  let pairs = sizes.columns / 64u;
  let groups = (sizes.rows + group_rows - 1u) / group_rows;
  // A group has rows of r, k or v, or of one LoRA's way down, because ranks are multiples of 16.
  let plane = group.x / groups;
  let place = vec3u(group.x % groups, plane, 0u);
  let is_lora = plane >= 3u;
  let ranks = all_ranks() / (all_groups.x - 3u * groups);
  let first_rank = select(0u, ranks * (group.x - 3u * groups), is_lora);
  let index = lora_of(first_rank);
  let way = lora(index);
  let lerp = select(plane, way.plane, is_lora);
  // Rows past the end repeat the last one, and are not stored.
  let rows = min(vec4<u32>(place.x * group_rows + thread / lanes * lane_rows) + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(sizes.rows - 1u));
  let starts = (plane * sizes.rows + rows) * (pairs / 4u * 9u);
  var norm: vec2<f32>;
  var sums = vec4<f32>();
  // The code is short, so that it stays in the GPU's cache from layer to layer: all of it is in this loop once.
  for (var start = 0u; start < pairs; start += section) {
    // The first weights are on their way while x is normalised.
    var first: Pairs;
    var first_ranks: Ranks;
    if (is_lora) {
      first_ranks = fetch_ranks(way, first_rank, 16u * start, thread);
    } else {
      first = fetch_pairs(starts, min(start + lane, pairs - 1u), lane_rows);
    }
    let fours = fetch_fours(16u * start, lerp, thread);
    if (start == 0u) {
      norm = norm_of(fours, thread);
      if (group.x == 0u) { keep_last(norm, thread); }
    }
    if (is_lora) {
      add_lora_products(way, first_rank, ranks, first_ranks, fours, norm, 16u * start, thread);
    } else {
      stage(fours, norm, thread);
      sums += section_products(first, starts, start, lane);
    }
  }
  if (is_lora) {
    let sum = lora_sum(ranks, thread);
    if (thread < ranks) { hidden[first_rank + thread] = inner(index, sum); }
    return;
  }
  finish_lanes(sums, place, thread);
}

fn finish(sum: f32, at: u32) { inputs[at] = sum; }

// A thread's weights of four ranks: for each of its fours of columns those of each rank, two words in f16, four in f32.
alias Ranks = array<vec4<u32>, 4u * own_fours>;

fn fetch_ranks(way: Lora, rank: u32, first: u32, thread: u32) -> Ranks {
  var ranks: Ranks;
  let fours = sizes.columns / 4u;
  let start = (rank - way.before) * fours;
  for (var i = 0u; i < own_fours; i++) {
    let c = min(first + i * threads + thread, fours - 1u);
    for (var r = 0u; r < 4u; r++) { ranks[4u * i + r] = fetch4(way.first, way.wide, start + r * fours + c); }
  }
  return ranks;
}

// A thread's part of the products of the ranks from `first_rank` on with the fours of columns from `first` on, added to what it has exchanged.
fn add_lora_products(
  way: Lora, first_rank: u32, ranks: u32, first_ranks: Ranks, fours: Fours, norm: vec2<f32>, first: u32, thread: u32,
) {
  var columns: array<vec4<f32>, own_fours>;
  for (var i = 0u; i < own_fours; i++) {
    columns[i] = select(vec4<f32>(), shifted(fours[i], norm), first + i * threads + thread < sizes.columns / 4u);
  }
  var next = first_ranks;
  for (var r = 0u; r < ranks; r += 4u) {
    let now = next;
    if (r + 4u < ranks) { next = fetch_ranks(way, first_rank + r + 4u, first, thread); }
    var sums = vec4<f32>();
    for (var i = 0u; i < own_fours; i++) {
      sums += vec4<f32>(
        dot(unpack4(now[4u * i], way.wide), columns[i]), dot(unpack4(now[4u * i + 1u], way.wide), columns[i]),
        dot(unpack4(now[4u * i + 2u], way.wide), columns[i]), dot(unpack4(now[4u * i + 3u], way.wide), columns[i]),
      );
    }
    let at = r / 4u * threads + thread;
    exchanged[at] = select(exchanged[at], vec4<f32>(), first == 0u) + sums;
  }
}

// The sum over all threads of the rank `thread`: sixteen threads add up a sixteenth each.
var<workgroup> rank_sixteenths: array<vec4<f32>, 4u * lora_rows>;

fn lora_sum(ranks: u32, thread: u32) -> f32 {
  workgroupBarrier();
  for (var i = thread; i < 4u * ranks; i += threads) {
    var part = vec4<f32>();
    for (var n = 0u; n < threads / 16u; n++) { part += exchanged[i / 16u * threads + n * 16u + i % 16u]; }
    rank_sixteenths[i] = part;
  }
  workgroupBarrier();
  var sum = 0.0;
  let rank = thread % lora_rows;
  for (var n = 0u; n < 16u; n++) { sum += rank_sixteenths[rank / 4u * 16u + n][rank % 4u]; }
  return sum;
}
