// The way up of the LoRAs for the 64 channels of a head, of which four neighbouring threads share one: `weight` is bound to the
// way up alone. A row of weights is taken in vectors, of eight f16 or four f32. The variant has 256 threads, and says
// whether its sizes are constants (`known_sizes`).
const up_lanes = 4u;
// Vectors of a row that are fetched at once: rank 128 in f16. Of the decay's, which files have in f32, twice as many; of the
// gate's, which is longer, three times.
const at_once = 4u * up_lanes;
// The numbers they are multiplied with, from `hidden`, two vectors for each; and each LoRA's place in the tile.
const decay_tile = 0u;
const rate_tile = 4u * at_once;
const value_tile = 6u * at_once;
const gate_tile = 8u * at_once;
const rank_tile_length = 14u * at_once;
var<workgroup> rank_tile: array<vec4<f32>, rank_tile_length>;
const up_pitch = 65u; // odd: lanes in different banks
var<workgroup> up_parts: array<vec4<f32>, up_lanes * up_pitch>;

// Where in `hidden` (vectors) the token's ranks begin; 0 unless the variant sets it.
var<private> first_hidden: u32;

// A channel's row of a LoRA, in vectors: where it begins, how many it has; and where what it is multiplied with begins.
struct UpRow { first: u32, vectors: u32, hidden: u32, wide: bool }
struct FourVectors { a: vec4<u32>, b: vec4<u32>, c: vec4<u32>, d: vec4<u32> }

// Decay, learning rate, value mix and gate of the channel `first_channel + thread`, right in the first 64 threads.
fn way_up(first_channel: u32, thread: u32) -> vec4<f32> {
  let lane = thread % up_lanes;
  let channel = first_channel + thread / up_lanes;
  let decay_row = up_row(0u, channel);
  let rate_row = up_row(1u, channel);
  let value_row = up_row(2u, channel);
  let gate_row = up_row(3u, channel);
  // Rows of usual lengths are asked for as a whole, and all four, before the first of them is used.
  let decays = fetch_four(decay_row, lane);
  let more_decays = fetch_four(decay_row, at_once + lane);
  let rates = fetch_four(rate_row, lane);
  let values = fetch_four(value_row, lane);
  let gates = fetch_four(gate_row, lane);
  let more_gates = fetch_four(gate_row, at_once + lane);
  let last_gates = fetch_four(gate_row, 2u * at_once + lane);
  let wide_rates = fetch_wide(rate_row, at_once + lane);
  let wide_values = fetch_wide(value_row, at_once + lane);
  let wide_gates = fetch_wide(gate_row, 3u * at_once + lane);
  let more_wide_gates = fetch_wide(gate_row, 4u * at_once + lane);
  let last_wide_gates = fetch_wide(gate_row, 5u * at_once + lane);
  if (thread < rank_tile_length) { rank_tile[thread] = hidden_for(thread); }
  workgroupBarrier();
  let sums = vec4<f32>(
    product(decays, decay_row.wide, decay_tile, lane) + product(more_decays, decay_row.wide, decay_tile, at_once + lane)
      + rest(decay_row, 2u * at_once + lane),
    product(rates, rate_row.wide, rate_tile, lane) + wide_product(wide_rates, rate_row, rate_tile, at_once + lane)
      + rest(rate_row, fetched_vectors(rate_row, at_once) + lane),
    product(values, value_row.wide, value_tile, lane) + wide_product(wide_values, value_row, value_tile, at_once + lane)
      + rest(value_row, fetched_vectors(value_row, at_once) + lane),
    product(gates, gate_row.wide, gate_tile, lane) + product(more_gates, gate_row.wide, gate_tile, at_once + lane)
      + product(last_gates, gate_row.wide, gate_tile, 2u * at_once + lane)
      + wide_product(wide_gates, gate_row, gate_tile, 3u * at_once + lane)
      + wide_product(more_wide_gates, gate_row, gate_tile, 4u * at_once + lane)
      + wide_product(last_wide_gates, gate_row, gate_tile, 5u * at_once + lane)
      + rest(gate_row, fetched_vectors(gate_row, 3u * at_once) + lane),
  );
  up_parts[lane * up_pitch + thread / up_lanes % 64u] = sums;
  workgroupBarrier();
  let at = thread % 64u;
  return up_parts[at] + up_parts[up_pitch + at] + up_parts[2u * up_pitch + at] + up_parts[3u * up_pitch + at];
}

// The number for a place of the tile; past a LoRA's own, any number will do, as its weights there are zeros.
fn hidden_for(place: u32) -> vec4<f32> {
  let index = u32(place >= rate_tile) + u32(place >= value_tile) + u32(place >= gate_tile);
  let starts = select(select(0u, rate_tile, index >= 1u), select(value_tile, gate_tile, index == 3u), index >= 2u);
  return hidden[first_hidden + min(lora(index).before / 4u + place - starts, all_ranks() / 4u - 1u)];
}

fn up_row(index: u32, channel: u32) -> UpRow {
  let own = lora(index);
  let vectors = own.rank / select(8u, 4u, own.wide);
  return UpRow(own.first + channel * vectors, vectors, first_hidden + own.before / 4u, own.wide);
}

// Past the row's end, zeros.
fn fetch_four(row: UpRow, i: u32) -> FourVectors {
  return FourVectors(fetch(row, i), fetch(row, i + up_lanes), fetch(row, i + 2u * up_lanes), fetch(row, i + 3u * up_lanes));
}

fn fetch(row: UpRow, i: u32) -> vec4<u32> {
  var found: vec4<u32>;
  if (i < row.vectors) { found = weight[row.first + i]; }
  return found;
}

// The product of the row's vectors from the i-th on with the tile's numbers from `first` on.
fn product(w: FourVectors, wide: bool, first: u32, i: u32) -> f32 {
  if (wide) {
    let at = first + i;
    return dot(bitcast<vec4<f32>>(w.a), rank_tile[at]) + dot(bitcast<vec4<f32>>(w.b), rank_tile[at + up_lanes])
      + dot(bitcast<vec4<f32>>(w.c), rank_tile[at + 2u * up_lanes]) + dot(bitcast<vec4<f32>>(w.d), rank_tile[at + 3u * up_lanes]);
  }
  let at = first + 2u * i;
  let next = 2u * up_lanes;
  return eight(w.a, rank_tile[at], rank_tile[at + 1u]) + eight(w.b, rank_tile[at + next], rank_tile[at + next + 1u])
    + eight(w.c, rank_tile[at + 2u * next], rank_tile[at + 2u * next + 1u])
    + eight(w.d, rank_tile[at + 3u * next], rank_tile[at + 3u * next + 1u]);
}

// A row in f32 has twice as many vectors for the same numbers. The second half of them is fetched at once too, but only where the
// sizes are constants: a GPU that does not know them would keep registers for it when the row is in f16 as well.
fn is_fetched_whole(row: UpRow) -> bool { return known_sizes == 1u && row.wide; }

fn fetched_vectors(row: UpRow, in_f16: u32) -> u32 { return select(1u, 2u, is_fetched_whole(row)) * in_f16; }

fn fetch_wide(row: UpRow, i: u32) -> FourVectors {
  var found: FourVectors;
  if (is_fetched_whole(row)) { found = fetch_four(row, i); }
  return found;
}

fn wide_product(w: FourVectors, row: UpRow, first: u32, i: u32) -> f32 {
  if (!is_fetched_whole(row)) { return 0.0; }
  return product(w, true, first, i);
}

// A lane's share of a long row, from its i-th vector on.
fn rest(row: UpRow, first: u32) -> f32 {
  var sum = 0.0;
  for (var i = first; i < row.vectors; i += up_lanes) {
    let w = weight[row.first + i];
    if (row.wide) {
      sum += dot(bitcast<vec4<f32>>(w), hidden[row.hidden + i]);
    } else {
      sum += eight(w, hidden[row.hidden + 2u * i], hidden[row.hidden + 2u * i + 1u]);
    }
  }
  return sum;
}

// Eight weights in f16, with eight numbers.
fn eight(w: vec4<u32>, low: vec4<f32>, high: vec4<f32>) -> f32 { return dot(halves4(w.xy), low) + dot(halves4(w.zw), high); }
