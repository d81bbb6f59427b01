// One token of a head of wkv in a workgroup of 256 threads, with the LoRAs' way up (lora_rows.wgsl) and wkv's inputs. The variant says with
// `plane_length` how many numbers a plane of `inputs` has.

const lanes = 16u; // share a row, a vector of its columns each
const threads = 16u * lanes;
const decay_rate = 0.6065306597126334; // e^−½
const head_epsilon = 64e-5;

// Data of the head that threads exchange: planes of 64 numbers, the first five by the state's columns, the others by its rows.
const r = 0u;
const k = 1u;
const w = 2u;
const removal = 3u; // κ, not yet divided by its length
const learned = 4u; // κ times the learning rate: b, but for the length
const v = 5u;
const sa = 6u;      // S a, divided by the length of κ for b's sake
const y = 7u;
var<workgroup> tile: array<f32, 8u * 64u>;
// A lane's part of four sums over a row, one vector for four rows. An odd pitch keeps lanes in different banks.
const pitch = 17u;
var<workgroup> parts: array<vec4<f32>, lanes * pitch>;
// A lane's part of κ·κ, and of Σ r·k·bonus.
var<workgroup> head_parts: array<vec2<f32>, lanes>;

// A channel's inputs besides the LoRAs' results, held by the first 64 threads, a channel each.
struct Channel {
  r: f32, k: f32, v: f32, first_value: f32, decay_bias: f32, rate_bias: f32, value_bias: f32,
  key_removal: f32, key_learning: f32, norm_weight: f32, norm_bias: f32,
}

// One token of a head, from its channel `first` on. The token's sequence has rows of its own in the buffers, which begin with the number
// `before` of those that are `columns` long.
fn step_head(first: u32, before: u32, thread: u32) {
  // All that a thread needs from memory is asked for before anything is waited for.
  let at = (before + first + thread / lanes * 4u) * 16u + thread % lanes;
  var s = mat4x4<f32>(state[at], state[at + 16u], state[at + 32u], state[at + 48u]); // rows
  let bonuses = layer_vector(bonus, first / 4u + thread % lanes);
  var channel: Channel;
  if (thread < 64u) { channel = fetch_channel(first + thread, before + first + thread); }
  let low_rank = way_up(first, thread);
  if (thread < 64u) { channel.v = prepare(channel, low_rank, thread); }
  if (thread < 64u && sizes.first_layer == 1u) { first_value[before + first + thread] = channel.v; }
  workgroupBarrier();

  let removals = four(removal, thread);
  parts[thread % lanes * pitch + thread / lanes] = removals * s;
  if (thread < lanes) { head_parts[thread] = vec2<f32>(dot(removals, removals), dot(four(r, thread) * four(k, thread), bonuses)); }
  workgroupBarrier();
  // a = −κ / |κ| and b = κ·η / |κ|
  if (thread < 64u) { tile[sa * 64u + thread] = -row_sum(thread) / max(head_sums().x, 1e-24); }
  workgroupBarrier();
  s = next_state(s, thread);
  parts[thread % lanes * pitch + thread / lanes] = four(r, thread) * s;
  for (var row = 0u; row < 4u; row++) { state[at + 16u * row] = s[row]; }
  workgroupBarrier();
  if (thread < 64u) { tile[y * 64u + thread] = row_sum(thread); }
  workgroupBarrier();
  if (thread < 64u) { out[before + first + thread] = finish(channel, thread) * low_rank.w; }
}

// Channel c; `own` is its place in planes of all sequences.
fn fetch_channel(c: u32, own: u32) -> Channel {
  return Channel(
    inputs[own], inputs[plane_length() + own], inputs[2u * plane_length() + own], first_value[own],
    layer_number(decay_bias, c), layer_number(learning_rate_bias, c), layer_number(value_bias, c),
    layer_number(key_removal, c), layer_number(key_learning, c), layer_number(norm_weight, c), layer_number(norm_bias, c),
  );
}

// Stores a channel's inputs of the recurrence; returns its value.
fn prepare(channel: Channel, low_rank: vec4<f32>, thread: u32) -> f32 {
  let at = thread % 64u;
  let rate = sigmoid(channel.rate_bias + low_rank.y);
  let direction = channel.k * channel.key_removal;
  let mixed = channel.v + (channel.first_value - channel.v) * sigmoid(channel.value_bias + low_rank.z);
  let value = select(mixed, channel.v, sizes.first_layer == 1u);
  tile[r * 64u + at] = channel.r;
  tile[k * 64u + at] = channel.k * (1.0 + (rate - 1.0) * channel.key_learning);
  tile[w * 64u + at] = exp(-decay_rate * sigmoid(channel.decay_bias + low_rank.x));
  tile[removal * 64u + at] = direction;
  tile[learned * 64u + at] = direction * rate;
  tile[v * 64u + at] = value;
  return value;
}

// S·diag(w) + (S a) bᵀ + v kᵀ
fn next_state(s: mat4x4<f32>, thread: u32) -> mat4x4<f32> {
  let decay = four(w, thread);
  let key = four(k, thread);
  let b = four(learned, thread);
  let value = four(v, thread / lanes);
  let s_a = four(sa, thread / lanes);
  return mat4x4<f32>(
    fma(s[0], decay, value.x * key + s_a.x * b), fma(s[1], decay, value.y * key + s_a.y * b),
    fma(s[2], decay, value.z * key + s_a.z * b), fma(s[3], decay, value.w * key + s_a.w * b),
  );
}

// Group norm and bonus.
fn finish(channel: Channel, thread: u32) -> f32 {
  var mean = 0.0;
  for (var i = 0u; i < 16u; i++) { mean += dot(four(y, i), vec4<f32>(1.0 / 64.0)); }
  var squares = 0.0;
  for (var i = 0u; i < 16u; i++) {
    let centred = four(y, i) - mean;
    squares += dot(centred, centred);
  }
  let normed = (tile[y * 64u + thread % 64u] - mean) * inverseSqrt(squares / 64.0 + head_epsilon);
  return normed * channel.norm_weight + channel.norm_bias + channel.v * head_sums().y;
}

// Indices are such that a compiler sees where they end.
fn four(plane: u32, i: u32) -> vec4<f32> {
  let at = plane % 8u * 64u + i % 16u * 4u;
  return vec4<f32>(tile[at], tile[at + 1u], tile[at + 2u], tile[at + 3u]);
}

fn row_sum(row: u32) -> f32 {
  var sum = 0.0;
  for (var lane = 0u; lane < lanes; lane++) { sum += parts[lane * pitch + row % 64u / 4u][row % 4u]; }
  return sum;
}

fn head_sums() -> vec2<f32> {
  var sums = vec2<f32>();
  for (var lane = 0u; lane < lanes; lane++) { sums += head_parts[lane]; }
  return sums;
}

fn sigmoid(value: f32) -> f32 { return 1.0 / (1.0 + exp(-value)); }
