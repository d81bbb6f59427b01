// The first half of wkv for variants in which neighbouring threads, the lanes, share two rows of the state: each vector of a
// token that a lane reads serves both rows, and a sum over the keys is one of all lanes' parts. The variant has `lanes` of two
// rows (4, 8 or 16), `rows` of a workgroup, tokens `staged` at a time, tokens `unrolled` in a turn of the loop (2 or 4), and says
// how lanes add up (lanes_sum gives all of them the sums, lanes_sum_own to each the sum that has its number, modulo 4) and what
// becomes of y: put_y takes one, end_batch comes after the tokens that were staged together.
const threads = lanes * rows / 2u;
// Tokens are staged in two turns: while those of one are used, each thread fetches one or two vectors of every plane for the other.
const planes = 6u;
const plane = staged * 16u;
const_assert plane <= 2u * threads;
const_assert unrolled <= staged;
var<workgroup> tile: array<vec4<f32>, 2u * planes * plane>;

// A lane has vectors of its rows that lie `lanes` apart: four, or the first two or one of these.
struct Rows { upper: mat4x4<f32>, lower: mat4x4<f32> }
struct Token { a: vec4<f32>, w: vec4<f32>, k: vec4<f32>, b: vec4<f32>, r: vec4<f32>, v: vec4<f32> }

// All tokens of the workgroup's rows.
fn recur(group: u32, thread: u32) {
  let row = group * rows + thread / lanes * 2u; // the upper one; of all heads' rows: also the channel of v and y
  let lane = thread % lanes;
  let head = group * rows / 64u;
  var own = load_rows(row, lane);
  var one = fetch(0u, head, thread);
  var two = fetch(0u, head, thread + threads);
  stage(0u, one, thread);
  if (plane > threads) { stage(0u, two, thread + threads); }
  for (var first = 0u; first < sizes.tokens; first += staged) {
    let turn = first / staged % 2u;
    one = fetch(first + staged, head, thread);
    if (plane > threads) { two = fetch(first + staged, head, thread + threads); }
    workgroupBarrier(); // these tokens are staged, and the ones before them have been read
    if (staged == 2u) { // no loop, and so none of the counters that Safari adds to each
      own = two_tokens(own, turn, first, 0u, row, thread);
    } else {
      for (var t = 0u; t < min(staged, sizes.tokens - first); t += unrolled) {
        own = two_tokens(own, turn, first, t, row, thread);
        if (unrolled == 4u) { own = two_tokens(own, turn, first, t + 2u, row, thread); }
      }
    }
    end_batch(first, head, thread);
    stage(first + staged, one, thread);
    if (plane > threads) { stage(first + staged, two, thread + threads); }
  }
  save_rows(row, lane, own);
}

// The i-th vector of the tokens from `first` on, as it lies in memory: what is fetched ahead must not be touched before it is
// needed, or everything waits for it.
fn fetch(first: u32, head: u32, i: u32) -> Token {
  let token = min(first + i / 16u, sizes.tokens - 1u);
  let at = (token * sizes.columns + head * 64u) / 4u + i % 16u;
  let next = sizes.tokens * sizes.columns / 4u;
  return Token(inputs[4u * next + at], inputs[3u * next + at], inputs[next + at], inputs[5u * next + at], inputs[at], inputs[2u * next + at]);
}

// Tokens past the end change nothing: w = 1, k = a = 0.
fn stage(first: u32, token: Token, i: u32) {
  if (i >= plane) { return; }
  let at = first / staged % 2u * planes * plane + i % plane;
  let there = first + i / 16u < sizes.tokens;
  tile[at] = select(vec4<f32>(), token.a, there);
  tile[at + plane] = select(vec4<f32>(1.0), token.w, there);
  tile[at + 2u * plane] = select(vec4<f32>(), token.k, there);
  tile[at + 3u * plane] = token.b;
  tile[at + 4u * plane] = token.r;
  tile[at + 5u * plane] = token.v;
}

// Two staged tokens, the t-th and the next of those from `first` on. They have four y, one for each of four lanes: upper and lower
// row of the first token, then of the second.
fn two_tokens(state: Rows, turn: u32, first: u32, t: u32, row: u32, thread: u32) -> Rows {
  let lane = thread % lanes;
  let one = next_token(state, turn, t, row, thread);
  let two = next_token(one, turn, t + 1u, row, thread);
  let parts = vec4<f32>(both(one, lane_part(turn, 4u, t, lane)), both(two, lane_part(turn, 4u, t + 1u, lane)));
  let y = lanes_sum_own(parts, thread);
  if (lane < 4u) { put_y(first, t + lane / 2u, row + lane % 2u, y); }
  return two;
}

// S·diag(w) + (S a) bᵀ + v kᵀ
fn next_token(state: Rows, turn: u32, t: u32, row: u32, thread: u32) -> Rows {
  let lane = thread % lanes;
  let sa = lanes_sum(both(state, lane_part(turn, 0u, t, lane)), t % 2u, thread);
  let w = lane_part(turn, 1u, t, lane);
  let k = lane_part(turn, 2u, t, lane);
  let b = lane_part(turn, 3u, t, lane);
  let four = tile[(turn % 2u * planes + 5u) * plane + t % staged * 16u + row % 64u / 4u];
  let v = select(four.xy, four.zw, row % 4u == 2u);
  return Rows(next_row(state.upper, w, k, b, v.x, sa.x), next_row(state.lower, w, k, b, v.y, sa.y));
}

fn next_row(s: mat4x4<f32>, w: mat4x4<f32>, k: mat4x4<f32>, b: mat4x4<f32>, v: f32, sa: f32) -> mat4x4<f32> {
  var next = s;
  next[0] = fma(s[0], w[0], fma(vec4<f32>(v), k[0], sa * b[0]));
  if (lanes <= 8u) { next[1] = fma(s[1], w[1], fma(vec4<f32>(v), k[1], sa * b[1])); }
  if (lanes == 4u) {
    next[2] = fma(s[2], w[2], fma(vec4<f32>(v), k[2], sa * b[2]));
    next[3] = fma(s[3], w[3], fma(vec4<f32>(v), k[3], sa * b[3]));
  }
  return next;
}

// This lane's part of the products of both rows with a vector of the token.
fn both(state: Rows, x: mat4x4<f32>) -> vec2<f32> { return vec2<f32>(part(state.upper, x), part(state.lower, x)); }

fn part(s: mat4x4<f32>, x: mat4x4<f32>) -> f32 {
  var sums = s[0] * x[0];
  if (lanes <= 8u) { sums = fma(s[1], x[1], sums); }
  if (lanes == 4u) { sums = fma(s[3], x[3], fma(s[2], x[2], sums)); }
  return (sums.x + sums.y) + (sums.z + sums.w);
}

// A lane's vectors of a plane of the t-th token. The remainders change nothing: by them a compiler sees that `at` is in the tile.
fn lane_part(turn: u32, of_plane: u32, t: u32, lane: u32) -> mat4x4<f32> {
  let at = (turn % 2u * planes + of_plane % planes) * plane + t % staged * 16u + lane % lanes;
  var x = mat4x4<f32>();
  x[0] = tile[at];
  if (lanes <= 8u) { x[1] = tile[at + lanes]; }
  if (lanes == 4u) { x[2] = tile[at + 8u]; x[3] = tile[at + 12u]; }
  return x;
}

fn load_rows(row: u32, lane: u32) -> Rows { return Rows(load_row(row * 16u + lane), load_row(row * 16u + 16u + lane)); }

fn load_row(at: u32) -> mat4x4<f32> {
  var s = mat4x4<f32>();
  s[0] = state[at];
  if (lanes <= 8u) { s[1] = state[at + lanes]; }
  if (lanes == 4u) { s[2] = state[at + 8u]; s[3] = state[at + 12u]; }
  return s;
}

fn save_rows(row: u32, lane: u32, own: Rows) {
  save_row(row * 16u + lane, own.upper);
  save_row(row * 16u + 16u + lane, own.lower);
}

fn save_row(at: u32, s: mat4x4<f32>) {
  state[at] = s[0];
  if (lanes <= 8u) { state[at + lanes] = s[1]; }
  if (lanes == 4u) { state[at + 8u] = s[2]; state[at + 12u] = s[3]; }
}
