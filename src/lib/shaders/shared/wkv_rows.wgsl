// The first half of wkv for variants in which four neighbouring threads, the lanes, share two rows of the state: each vector of
// a token that a lane reads serves both rows, and a sum over the keys is one of four lanes' parts. The variant has `rows` of a
// workgroup, and says how lanes add up (lanes_sum gives all four the sums, lanes_sum_own to each the sum that has its number) and
// what becomes of y: put_y takes one, end_batch comes after a batch.
const lanes = 4u;
const threads = lanes * rows / 2u;
// Tokens are staged in two turns: while one batch is used, each thread fetches its vector of the next, one from every plane.
const batch = threads / 16u;
const planes = 6u;
var<workgroup> tile: array<vec4<f32>, 2u * planes * threads>;

// A lane has every fourth vector of its rows.
struct Rows { upper: mat4x4<f32>, lower: mat4x4<f32> }
struct Token { a: vec4<f32>, w: vec4<f32>, k: vec4<f32>, b: vec4<f32>, r: vec4<f32>, v: vec4<f32> }

// All tokens of the workgroup's rows.
fn recur(group: u32, thread: u32) {
  let row = group * rows + thread / lanes * 2u; // the upper one; of all heads' rows: also the channel of v and y
  let lane = thread % lanes;
  let head = group * rows / 64u;
  var own = load_rows(row, lane);
  stage(0u, fetch(0u, head, thread), thread);
  for (var first = 0u; first < sizes.tokens; first += batch) {
    let turn = first / batch % 2u;
    let next = fetch(first + batch, head, thread);
    workgroupBarrier(); // this batch is staged, and the one before it has been read
    for (var t = 0u; t < min(batch, sizes.tokens - first); t += 2u) {
      let pair = two_tokens(own, turn, t, row, thread);
      own = pair.state;
      put_y(first, t + lane / 2u, row + lane % 2u, pair.y);
    }
    end_batch(first, head, thread);
    stage(first + batch, next, thread);
  }
  save_rows(row, lane, own);
}

// The vector of a thread's own place in the batch, as it lies in memory: what is fetched ahead must not be touched before it is
// needed, or everything waits for it.
fn fetch(first: u32, head: u32, thread: u32) -> Token {
  let token = min(first + thread / 16u, sizes.tokens - 1u);
  let i = (token * sizes.columns + head * 64u) / 4u + thread % 16u;
  let plane = sizes.tokens * sizes.columns / 4u;
  return Token(
    inputs[4u * plane + i], inputs[3u * plane + i], inputs[plane + i], inputs[5u * plane + i], inputs[i], inputs[2u * plane + i],
  );
}

// Of the batch that begins at `first`. Tokens past the end change nothing: w = 1, k = a = 0.
fn stage(first: u32, token: Token, thread: u32) {
  let at = first / batch % 2u * planes * threads + thread;
  let there = first + thread / 16u < sizes.tokens;
  tile[at] = select(vec4<f32>(), token.a, there);
  tile[at + threads] = select(vec4<f32>(1.0), token.w, there);
  tile[at + 2u * threads] = select(vec4<f32>(), token.k, there);
  tile[at + 3u * threads] = token.b;
  tile[at + 4u * threads] = token.r;
  tile[at + 5u * threads] = token.v;
}

// Two staged tokens, the first of them the t-th of its batch. They have four y, one for each lane: upper and lower row of the
// first token, then of the second.
struct Pair { state: Rows, y: f32 }

fn two_tokens(state: Rows, turn: u32, t: u32, row: u32, thread: u32) -> Pair {
  let at = turn * planes * threads + t * 16u;
  let lane = thread % lanes;
  let one = next_token(state, at, 0u, row, thread);
  let two = next_token(one, at + 16u, 1u, row, thread);
  let y = vec4<f32>(both(one, staged(at + 4u * threads + lane)), both(two, staged(at + 16u + 4u * threads + lane)));
  return Pair(two, lanes_sum_own(y, thread));
}

// S·diag(w) + (S a) bᵀ + v kᵀ
fn next_token(state: Rows, at: u32, turn: u32, row: u32, thread: u32) -> Rows {
  let lane = thread % lanes;
  let sa = lanes_sum(both(state, staged(at + lane)), turn, thread);
  let w = staged(at + threads + lane);
  let k = staged(at + 2u * threads + lane);
  let b = staged(at + 3u * threads + lane);
  let four = tile[at + 5u * threads + row % 64u / 4u];
  let v = select(four.xy, four.zw, row % 4u == 2u);
  return Rows(next_row(state.upper, w, k, b, v.x, sa.x), next_row(state.lower, w, k, b, v.y, sa.y));
}

fn next_row(s: mat4x4<f32>, w: mat4x4<f32>, k: mat4x4<f32>, b: mat4x4<f32>, v: f32, sa: f32) -> mat4x4<f32> {
  return mat4x4<f32>(
    fma(s[0], w[0], fma(vec4<f32>(v), k[0], sa * b[0])),
    fma(s[1], w[1], fma(vec4<f32>(v), k[1], sa * b[1])),
    fma(s[2], w[2], fma(vec4<f32>(v), k[2], sa * b[2])),
    fma(s[3], w[3], fma(vec4<f32>(v), k[3], sa * b[3])),
  );
}

// This lane's part of the products of both rows with a vector of the token.
fn both(state: Rows, x: mat4x4<f32>) -> vec2<f32> { return vec2<f32>(part(state.upper, x), part(state.lower, x)); }

fn part(s: mat4x4<f32>, x: mat4x4<f32>) -> f32 {
  let sums = fma(s[0], x[0], fma(s[1], x[1], fma(s[2], x[2], s[3] * x[3])));
  return (sums.x + sums.y) + (sums.z + sums.w);
}

fn staged(at: u32) -> mat4x4<f32> { return mat4x4<f32>(tile[at], tile[at + 4u], tile[at + 8u], tile[at + 12u]); }

fn load_rows(row: u32, lane: u32) -> Rows { return Rows(load_row(row * 16u + lane), load_row(row * 16u + 16u + lane)); }

fn load_row(at: u32) -> mat4x4<f32> { return mat4x4<f32>(state[at], state[at + 4u], state[at + 8u], state[at + 12u]); }

fn save_rows(row: u32, lane: u32, own: Rows) {
  save_row(row * 16u + lane, own.upper);
  save_row(row * 16u + 16u + lane, own.lower);
}

fn save_row(at: u32, s: mat4x4<f32>) {
  state[at] = s[0];
  state[at + 4u] = s[1];
  state[at + 8u] = s[2];
  state[at + 12u] = s[3];
}
