//! Lanes of a subgroup keep two rows in their registers, and what a token brings comes straight from memory, four tokens ahead:
//! no workgroup memory, no barriers.
//! subgroup: lanes
//! pass recurrence: columns / rows
//! pass output: columns / 64, tokens / 4
//! use: wkv_output, wkv_output_pass

enable subgroups;

struct Sizes { columns: u32, tokens: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> inputs: array<vec4<f32>>;     // 6 × tokens × columns: r k v w a b
@group(0) @binding(2) var<storage, read> gate: array<vec4<f32>>;       // tokens × columns
@group(0) @binding(3) var<storage, read> norm_weight: array<vec4<f32>>; // columns
@group(0) @binding(4) var<storage, read> norm_bias: array<vec4<f32>>;  // columns
@group(0) @binding(5) var<storage, read> bonus: array<vec4<f32>>;      // columns
@group(0) @binding(6) var<storage, read_write> state: array<vec4<f32>>; // heads × 64 × 64
@group(0) @binding(7) var<storage, read_write> out: array<f32>;        // tokens × columns

const lanes = 8u;    // knob: 8 16
const threads = 64u; // knob: 32 64 128

const rows = 2u * threads / lanes;
const two = lanes == 8u; // vectors of a row in a lane: two, or one

// A lane's columns of a row, or of what is multiplied with it.
struct Columns { low: vec4<f32>, high: vec4<f32> }
// As it lies in memory: what is loaded ahead must not be touched before it is needed, or everything waits for it.
struct Token { r: Columns, k: Columns, w: Columns, a: Columns, b: Columns, v: vec4<f32> }
struct Rows { upper: Columns, lower: Columns }

@compute @workgroup_size(threads)
fn recurrence(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let row = group.x * rows + thread / lanes * 2u; // the upper one, of all heads' rows: also the channel of v and y
  let lane = thread % lanes;
  var own = Rows(load_row(row, lane), load_row(row + 1u, lane));
  var t0 = load_token(0u, row, lane);
  var t1 = load_token(1u, row, lane);
  var t2 = load_token(2u, row, lane);
  var t3 = load_token(3u, row, lane);
  var t = 0u;
  for (; t + 4u <= sizes.tokens; t += 4u) {
    own = next_rows(own, t0, t, row, lane);
    t0 = load_token(t + 4u, row, lane);
    own = next_rows(own, t1, t + 1u, row, lane);
    t1 = load_token(t + 5u, row, lane);
    own = next_rows(own, t2, t + 2u, row, lane);
    t2 = load_token(t + 6u, row, lane);
    own = next_rows(own, t3, t + 3u, row, lane);
    t3 = load_token(t + 7u, row, lane);
  }
  if (t < sizes.tokens) { own = next_rows(own, t0, t, row, lane); }
  if (t + 1u < sizes.tokens) { own = next_rows(own, t1, t + 1u, row, lane); }
  if (t + 2u < sizes.tokens) { own = next_rows(own, t2, t + 2u, row, lane); }
  save_row(row, lane, own.upper);
  save_row(row + 1u, lane, own.lower);
}

fn load_token(token: u32, row: u32, lane: u32) -> Token {
  let start = min(token, sizes.tokens - 1u) * sizes.columns / 4u;
  let at = start + row / 64u * 16u + lane;
  let plane = sizes.tokens * sizes.columns / 4u;
  return Token(
    columns(at), columns(plane + at), columns(3u * plane + at), columns(4u * plane + at), columns(5u * plane + at),
    inputs[2u * plane + start + row / 4u],
  );
}

fn columns(at: u32) -> Columns {
  if (two) { return Columns(inputs[at], inputs[at + lanes]); }
  return Columns(inputs[at], vec4<f32>());
}

// S·diag(w) + (S a) bᵀ + v kᵀ; stores what the token's y is then.
fn next_rows(own: Rows, token: Token, t: u32, row: u32, lane: u32) -> Rows {
  let sa = lanes_sum(vec2<f32>(product(own.upper, token.a), product(own.lower, token.a)));
  let v = select(token.v.xy, token.v.zw, row % 4u == 2u);
  let next = Rows(next_row(own.upper, token, v.x, sa.x), next_row(own.lower, token, v.y, sa.y));
  let y = lanes_sum_own(product(next.upper, token.r), product(next.lower, token.r), lane);
  if (lane < 2u) { out[t * sizes.columns + row + lane] = y; }
  return next;
}

fn next_row(s: Columns, token: Token, v: f32, sa: f32) -> Columns {
  let low = fma(s.low, token.w.low, fma(vec4<f32>(v), token.k.low, sa * token.b.low));
  if (!two) { return Columns(low, vec4<f32>()); }
  return Columns(low, fma(s.high, token.w.high, fma(vec4<f32>(v), token.k.high, sa * token.b.high)));
}

fn product(s: Columns, x: Columns) -> f32 {
  var sums = s.low * x.low;
  if (two) { sums = fma(s.high, x.high, sums); }
  return (sums.x + sums.y) + (sums.z + sums.w);
}

fn lanes_sum(part: vec2<f32>) -> vec2<f32> {
  var sum = part + subgroupShuffleXor(part, 1u);
  sum += subgroupShuffleXor(sum, 2u);
  sum += subgroupShuffleXor(sum, 4u);
  if (lanes == 16u) { sum += subgroupShuffleXor(sum, 8u); }
  return sum;
}

// In even lanes the upper row's sum, in odd lanes the lower one's.
fn lanes_sum_own(upper: f32, lower: f32, lane: u32) -> f32 {
  let odd = lane % 2u == 1u;
  var sum = select(upper, lower, odd) + subgroupShuffleXor(select(lower, upper, odd), 1u);
  sum += subgroupShuffleXor(sum, 2u);
  sum += subgroupShuffleXor(sum, 4u);
  if (lanes == 16u) { sum += subgroupShuffleXor(sum, 8u); }
  return sum;
}

fn load_row(row: u32, lane: u32) -> Columns {
  if (two) { return Columns(state[row * 16u + lane], state[row * 16u + lane + lanes]); }
  return Columns(state[row * 16u + lane], vec4<f32>());
}

fn save_row(row: u32, lane: u32, s: Columns) {
  state[row * 16u + lane] = s.low;
  if (two) { state[row * 16u + lane + lanes] = s.high; }
}
