//! Integer products: each workgroup normalises and shifts the whole token itself.
//! error: 4e-4 because x is rounded to 8 bits
//! let groups: ceil(rows / group_rows)
//! grid: 3 * groups + (decay + learning_rate + value + gate) / lora_rows
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

const lanes = 8u;     // knob: 8 10 16 32
const lane_rows = 4u; // knob: 2 4
const teams = 32u;    // knob: 8 16 24 32
const own_fours = 3u; // knob: 1 2 3 4
const threads = lanes * teams;
const group_rows = lane_rows * teams;
const_assert threads % 16u == 0u;
const lora_rows = 4u; // knob: 4 8 16
const_assert lora_rows / 4u <= own_fours;

@compute @workgroup_size(threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let lane = thread % lanes;
  let pairs = sizes.columns / 64u;
  let groups = (sizes.rows + group_rows - 1u) / group_rows;
  // A group has rows of r, k or v, or of one LoRA's way down, because ranks are multiples of 16.
  let plane = group.x / groups;
  let place = vec3u(group.x % groups, plane, 0u);
  let is_lora = plane >= 3u;
  let first_rank = select(0u, lora_rows * (group.x - 3u * groups), is_lora);
  let index = lora_of(first_rank);
  let way = lora(index);
  let lerp = select(plane, way.plane, is_lora);
  // Rows past the end repeat the last one, and are not stored.
  let rows = min(vec4<u32>(place.x * group_rows + thread / lanes * lane_rows) + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(sizes.rows - 1u));
  let starts = (plane * sizes.rows + rows) * (pairs / 4u * 9u);
  var norm: vec2<f32>;
  var sums = vec4<f32>();
  var lora_sums: array<f32, lora_rows>;
  // The code is short, so that it stays in the GPU's cache from layer to layer: all of it is in this loop once.
  for (var start = 0u; start < pairs; start += section) {
    // The first weights are on their way while x is normalised.
    var first: Pairs;
    var weights: Rows;
    if (is_lora) {
      weights = fetch_rows(way, (first_rank - way.before) * (sizes.columns / 4u), 16u * start, thread);
    } else {
      first = fetch_pairs(starts, min(start + lane, pairs - 1u), lane_rows);
    }
    let fours = fetch_fours(16u * start, lerp, thread);
    if (start == 0u) {
      norm = norm_of(fours, thread);
      if (group.x == 0u) { keep_last(norm, thread); }
    }
    if (is_lora) {
      for (var i = 0u; i < own_fours; i++) {
        let v = select(vec4<f32>(), shifted(fours[i], norm), 16u * start + i * threads + thread < sizes.columns / 4u);
        for (var r = 0u; r < lora_rows; r++) { lora_sums[r] += dot(unpack4(weights[i * lora_rows + r], way.wide), v); }
      }
    } else {
      stage(fours, norm, thread);
      sums += section_products(first, starts, start, lane);
    }
  }
  if (is_lora) {
    let sum = thread_sums(lora_sums, thread);
    if (thread < lora_rows) { hidden[first_rank + thread] = inner(index, sum); }
    return;
  }
  finish_lanes(sums, place, thread);
}

fn finish(sum: f32, at: u32) { inputs[at] = sum; }

// The same four columns of a row: two words in f16, four in f32.
alias Rows = array<vec4<u32>, own_fours * lora_rows>;

fn fetch_rows(way: Lora, start: u32, first: u32, thread: u32) -> Rows {
  var rows: Rows;
  let fours = sizes.columns / 4u;
  for (var i = 0u; i < own_fours; i++) {
    let c = min(first + i * threads + thread, fours - 1u);
    for (var r = 0u; r < lora_rows; r++) { rows[i * lora_rows + r] = fetch4(way.first, way.wide, start + r * fours + c); }
  }
  return rows;
}

// The sum over all threads of the row `thread`: sixteen threads a row add up a sixteenth each.
var<workgroup> row_sixteenths: array<vec4<f32>, 4u * lora_rows>;

fn thread_sums(sums: array<f32, lora_rows>, thread: u32) -> f32 {
  workgroupBarrier();
  for (var r = 0u; r < lora_rows / 4u; r++) {
    exchanged[r * threads + thread] = vec4<f32>(sums[4u * r], sums[4u * r + 1u], sums[4u * r + 2u], sums[4u * r + 3u]);
  }
  workgroupBarrier();
  for (var i = thread; i < 4u * lora_rows; i += threads) {
    var part = vec4<f32>();
    for (var n = 0u; n < threads / 16u; n++) { part += exchanged[i / 16u * threads + n * 16u + i % 16u]; }
    row_sixteenths[i] = part;
  }
  workgroupBarrier();
  var sum = 0.0;
  let row = thread % lora_rows;
  for (var n = 0u; n < 16u; n++) { sum += row_sixteenths[row / 4u * 16u + n][row % 4u]; }
  return sum;
}
