//! Chunks of tokens as matrix products: all that needs no state is done for every chunk at once, the rest chunk by chunk.
//! let chunks: ceil(tokens / chunk)
//! scratch prepared: chunks * columns * (6 * chunk + 1)
//! pass prepare: chunks, columns / 64
//! pass scan: columns / rows
//! pass output: columns / 64, tokens / 4
//! use: wkv_output, layer_vectors, wkv_output_pass
//! unroll: written_out

// The recurrence is linear in the state, so a chunk can be taken as a whole. With u_t = S a_t (S: the state before token t), p_t
// the product of the decays up to and with token t, and per token
//
//   A = a·p_{t−1},  R = r·p_t,  K = k / p_t,  B = b / p_t          (products per channel)
//
// the state after t tokens is (S + Σ_{s≤t} v_s K_sᵀ + u_s B_sᵀ)·diag(p_t), where S is the state before the chunk. Therefore
//
//   u_t = S A_t + Σ_{s<t} (A_t·K_s) v_s + (A_t·B_s) u_s
//   y_t = S R_t + Σ_{s≤t} (R_t·K_s) v_s + (R_t·B_s) u_s
//
// The u of a chunk depend on each other, but S enters them linearly: u_t = S W_t + u0_t and y_t = S Q_t + y0_t. `prepare` finds W,
// Q, u0 and y0 by putting in one token after the other (forward substitution: powers of the matrix A·B lose all digits where
// the keys resemble each other). What is left for `scan` are two products a chunk: all S W_t and S Q_t, then the next state
//
//   S·diag(p_end) + Σ (S W_t + u0_t) (B_t·p_end)ᵀ + v_t (K_t·p_end)ᵀ
//
// Decays are at least e^(−e^−½) = 0.545, so 1 / p_t stays below 17,000 in a chunk of 16: f32 loses nothing by it.

// This file is longer than others, because its passes share the record below and the layout of the workgroup memory, and each of
// its functions has one use: cut in two, neither half could be read without the other.

struct Sizes { columns: u32, tokens: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> inputs: array<vec4<f32>>;     // 6 × tokens × columns: r k v w a b
@group(0) @binding(2) var<storage, read> gate: array<vec4<f32>>;       // tokens × columns
@group(0) @binding(3) var<storage, read> vectors: array<vec4<f32>>;    // a layer's: 8 × columns
@group(0) @binding(4) var<storage, read_write> state: array<vec4<f32>>; // heads × 64 × 64
@group(0) @binding(5) var<storage, read_write> out: array<f32>;        // tokens × columns; between the passes, y
@group(0) @binding(6) var<storage, read_write> prepared: array<vec4<f32>>; // heads × chunks × record

const chunk = 8u; // knob: 8 16
// A workgroup of `scan` has as many rows of the state as a chunk has tokens, or two or four times as many: then records are read less often.
const row_blocks = 1u; // knob: 1 2 4
const written_out = 1u; // knob: 1 8
const fours = chunk / 4u; // of tokens
const rows = row_blocks * chunk;

// A record: W, Q, B·p_end, K·p_end, u0 and y0 of a chunk, then the 64 of p_end. B and K have a vector for four channels of a
// token, the others one for four tokens of a channel. Lengths are in vectors.
const plane = chunk * 16u;
const record = 6u * plane + 16u;

// Workgroup memory serves both passes; what is next to each other in a column lies in different banks.
const pitch = 17u;              // a token's 64 keys
const four_pitch = 65u;         // four tokens' 64 keys, a vector for each key
const state_pitch = rows + 4u;  // all rows' four keys
var<workgroup> tile: array<vec4<f32>, 4u * chunk * pitch>;   // A, R, K, B; in `scan` W and Q, then B and K
var<workgroup> sums: array<vec4<f32>, max(plane, 16u * rows)>; // A·K, A·B, R·K, R·B; in `scan` S W and S Q, then u and v
var<workgroup> state_tile: array<vec4<f32>, 16u * state_pitch>; // decays; in `scan` the state

fn chunk_count() -> u32 { return (sizes.tokens + chunk - 1u) / chunk; }

// sum + m x
fn add_product(sum: vec4<f32>, m: mat4x4<f32>, x: vec4<f32>) -> vec4<f32> {
  return fma(m[3], vec4<f32>(x.w), fma(m[2], vec4<f32>(x.z), fma(m[1], vec4<f32>(x.y), fma(m[0], vec4<f32>(x.x), sum))));
}

// ---- prepare: a chunk of a head ----

const prepare_threads = 128u;
const each = chunk / 8u; // tokens that a thread stages: of four channels, one or two neighbours
const a_rows = 0u;
const r_rows = chunk;
const k_rows = 2u * chunk;
const b_rows = 3u * chunk;

struct Token { r: vec4<f32>, k: vec4<f32>, w: vec4<f32>, a: vec4<f32>, b: vec4<f32> }

@compute @workgroup_size(prepare_threads)
fn prepare(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let first = group.x * chunk;
  let at = (group.y * chunk_count() + group.x) * record;
  // All loads come first: nothing waits for memory twice.
  let one = load_token(first + thread / 16u * each, group.y, thread);
  let two = load_token(first + thread / 16u * each + each - 1u, group.y, thread);
  var v = mat4x4<f32>();
  if (thread >= 64u) { v = load_values(first, group.y, thread); }
  stage_tokens(one, two, first, at, thread);
  workgroupBarrier();
  multiply_pairs(thread);
  workgroupBarrier();
  // Half of the threads have a key each and find W and Q; the others have a value each and find u0 and y0.
  var x = mat4x4<f32>();
  var y = mat4x4<f32>();
  if (thread < 64u) {
    x = column(a_rows, thread);
    y = column(r_rows, thread);
  } else {
    x = add_lower(x, 0u, v);
    y = add_lower(y, 2u, v);
  }
  x = solve(x);
  y = add_lower(y, 3u, x);
  let channel = at + thread / 64u * 4u * plane + thread % 64u;
  put_column(channel, x);
  put_column(channel + plane, y);
}

// This thread's four channels of a token, or of the last token there is.
fn load_token(token: u32, head: u32, thread: u32) -> Token {
  let i = min(token, sizes.tokens - 1u) * (sizes.columns / 4u) + head * 16u + thread % 16u;
  let next = sizes.tokens * (sizes.columns / 4u);
  return Token(inputs[i], inputs[next + i], inputs[3u * next + i], inputs[4u * next + i], inputs[5u * next + i]);
}

// One channel's v of all tokens of the chunk, four tokens a vector. Those past the end meet keys that are zero.
fn load_values(first: u32, head: u32, thread: u32) -> mat4x4<f32> {
  let channel = head * 64u + thread % 64u;
  var v = mat4x4<f32>(load_four_values(first, channel), load_four_values(first + 4u, channel), vec4<f32>(), vec4<f32>());
  if (chunk == 16u) {
    v[2] = load_four_values(first + 8u, channel);
    v[3] = load_four_values(first + 12u, channel);
  }
  return v;
}

fn load_four_values(token: u32, channel: u32) -> vec4<f32> {
  return vec4<f32>(
    load_value(token, channel), load_value(token + 1u, channel), load_value(token + 2u, channel), load_value(token + 3u, channel),
  );
}

fn load_value(token: u32, channel: u32) -> f32 {
  let last = min(token, sizes.tokens - 1u);
  return inputs[(2u * sizes.tokens + last) * (sizes.columns / 4u) + channel / 4u][channel % 4u];
}

// Tokens past the end change nothing: w = 1, k = b = 0.
fn present(token: Token, there: bool) -> Token {
  let none = vec4<f32>();
  return Token(
    token.r, select(none, token.k, there), select(vec4<f32>(1.0), token.w, there), token.a, select(none, token.b, there),
  );
}

fn stage_tokens(loaded_one: Token, loaded_two: Token, first: u32, at: u32, thread: u32) {
  let t = thread / 16u % 8u * each;
  let one = present(loaded_one, first + t < sizes.tokens);
  let two = present(loaded_two, first + t + each - 1u < sizes.tokens);
  state_tile[thread % prepare_threads] = select(one.w, one.w * two.w, each == 2u);
  workgroupBarrier();
  var before = vec4<f32>(1.0);
  var end = vec4<f32>(1.0);
  for (var n = 0u; n < 8u; n++) {
    let decay = state_tile[n * 16u + thread % 16u];
    before *= select(vec4<f32>(1.0), decay, n < thread / 16u);
    end *= decay;
  }
  stage_token(one, before, end, t, at, thread);
  if (each == 2u) { stage_token(two, before * one.w, end, t + 1u, at, thread); }
  if (thread < 16u) { prepared[at + 6u * plane + thread] = end; }
}

// A, R, K and B of a token, from the products of the decays before it and at the end.
fn stage_token(token: Token, before: vec4<f32>, end: vec4<f32>, staged: u32, at: u32, thread: u32) {
  let t = staged % chunk;
  let decay = before * token.w;
  let growth = 1.0 / decay;
  let k = token.k * growth;
  let b = token.b * growth;
  let i = t * pitch + thread % 16u;
  tile[a_rows * pitch + i] = token.a * before;
  tile[r_rows * pitch + i] = token.r * decay;
  tile[k_rows * pitch + i] = k;
  tile[b_rows * pitch + i] = b;
  prepared[at + 2u * plane + t * 16u + thread % 16u] = b * end;
  prepared[at + 3u * plane + t * 16u + thread % 16u] = k * end;
}

// The products A·K, A·B, R·K, R·B, four matrices by columns: a thread has four tokens t of A or of R, and one token s. Threads
// next to each other share either the tokens t or s, and so what they read.
fn multiply_pairs(thread: u32) {
  if (thread >= 2u * chunk * fours) { return; }
  let s = thread / 2u % chunk;
  let four = thread % 2u + thread / (2u * chunk) % (fours / 2u) * 2u;
  let of_r = thread / (chunk * fours) % 2u;
  let t = (of_r * chunk + four * 4u) * pitch;
  var k0 = vec4<f32>(); var k1 = vec4<f32>(); var k2 = vec4<f32>(); var k3 = vec4<f32>();
  var b0 = vec4<f32>(); var b1 = vec4<f32>(); var b2 = vec4<f32>(); var b3 = vec4<f32>();
  for (var n = 0u; n < 16u; n++) {
    let k = tile[(k_rows + s) * pitch + n]; let b = tile[(b_rows + s) * pitch + n];
    let t0 = tile[t + n]; let t1 = tile[t + pitch + n]; let t2 = tile[t + 2u * pitch + n]; let t3 = tile[t + 3u * pitch + n];
    k0 = fma(t0, k, k0); k1 = fma(t1, k, k1); k2 = fma(t2, k, k2); k3 = fma(t3, k, k3);
    b0 = fma(t0, b, b0); b1 = fma(t1, b, b1); b2 = fma(t2, b, b2); b3 = fma(t3, b, b3);
  }
  // u_t has what comes from the tokens before it, y_t also what comes from its own.
  let counts = vec4<u32>(s) < four * 4u + vec4<u32>(0u, 1u, 2u, 3u) + of_r;
  let i = (of_r * 2u * chunk + s) * fours + four;
  sums[i] = select(vec4<f32>(), vec4<f32>(all_of(k0), all_of(k1), all_of(k2), all_of(k3)), counts);
  sums[i + chunk * fours] = select(vec4<f32>(), vec4<f32>(all_of(b0), all_of(b1), all_of(b2), all_of(b3)), counts);
}

fn all_of(x: vec4<f32>) -> f32 { return (x.x + x.y) + (x.z + x.w); }

// Four by four of one of the matrices that multiply_pairs made.
fn block(matrix: u32, t: u32, s: u32) -> mat4x4<f32> {
  let i = (matrix * chunk + 4u * s) * fours + t;
  return mat4x4<f32>(sums[i], sums[i + fours], sums[i + 2u * fours], sums[i + 3u * fours]);
}

// A channel of all tokens: sum + matrix x, where the matrix is zero above its diagonal.
fn add_lower(sum: mat4x4<f32>, matrix: u32, x: mat4x4<f32>) -> mat4x4<f32> {
  var y = sum;
  y[0] = add_product(y[0], block(matrix, 0u, 0u), x[0]);
  y[1] = add_product(y[1], block(matrix, 1u, 0u), x[0]);
  y[1] = add_product(y[1], block(matrix, 1u, 1u), x[1]);
  if (chunk == 16u) {
    y[2] = add_product(y[2], block(matrix, 2u, 0u), x[0]);
    y[2] = add_product(y[2], block(matrix, 2u, 1u), x[1]);
    y[2] = add_product(y[2], block(matrix, 2u, 2u), x[2]);
    y[3] = add_product(y[3], block(matrix, 3u, 0u), x[0]);
    y[3] = add_product(y[3], block(matrix, 3u, 1u), x[1]);
    y[3] = add_product(y[3], block(matrix, 3u, 2u), x[2]);
    y[3] = add_product(y[3], block(matrix, 3u, 3u), x[3]);
  }
  return y;
}

// x with x = sum + A·B x, token by token.
fn solve(sum: mat4x4<f32>) -> mat4x4<f32> {
  var x = sum;
  x[0] = solve_four(x[0], 0u);
  x[1] = solve_four(add_product(x[1], block(1u, 1u, 0u), x[0]), 1u);
  if (chunk == 16u) {
    x[2] = add_product(add_product(x[2], block(1u, 2u, 0u), x[0]), block(1u, 2u, 1u), x[1]);
    x[2] = solve_four(x[2], 2u);
    x[3] = add_product(add_product(x[3], block(1u, 3u, 0u), x[0]), block(1u, 3u, 1u), x[1]);
    x[3] = solve_four(add_product(x[3], block(1u, 3u, 2u), x[2]), 3u);
  }
  return x;
}

fn solve_four(sum: vec4<f32>, t: u32) -> vec4<f32> {
  let m = block(1u, t, t);
  let x1 = fma(m[0], sum.xxxx, sum);
  let x2 = fma(m[1], x1.yyyy, x1);
  return fma(m[2], x2.zzzz, x2);
}

// This thread's key of A or R.
fn column(first_row: u32, thread: u32) -> mat4x4<f32> {
  var x = mat4x4<f32>(four_tokens(first_row, thread), four_tokens(first_row + 4u, thread), vec4<f32>(), vec4<f32>());
  if (chunk == 16u) {
    x[2] = four_tokens(first_row + 8u, thread);
    x[3] = four_tokens(first_row + 12u, thread);
  }
  return x;
}

fn four_tokens(row: u32, thread: u32) -> vec4<f32> {
  let i = row * pitch + thread % 64u / 4u;
  let key = thread % 4u;
  return vec4<f32>(tile[i][key], tile[i + pitch][key], tile[i + 2u * pitch][key], tile[i + 3u * pitch][key]);
}

fn put_column(at: u32, x: mat4x4<f32>) {
  prepared[at] = x[0];
  prepared[at + 64u] = x[1];
  if (chunk == 16u) {
    prepared[at + 128u] = x[2];
    prepared[at + 192u] = x[3];
  }
}

// ---- scan: some rows of a head's state, through all chunks ----

const scan_threads = 4u * rows;
const shares = plane / scan_threads; // vectors of each plane that a thread fetches: four, two or one
const quads = rows / 4u; // a thread's four rows are so far apart
// S W and S Q: tiles of four rows and four tokens, and the keys in as many parts as there are threads for.
const parts = scan_threads / (2u * fours * quads);
const right_tile = 2u * fours * four_pitch; // where B and K begin
const_assert right_tile + 2u * plane <= 4u * chunk * pitch;

// The part of a chunk that a thread fetches: its shares of the planes and, once u, v and y are complete, four tokens of one row.
struct Fetched {
  w: mat4x4<f32>, q: mat4x4<f32>, b: mat4x4<f32>, k: mat4x4<f32>,
  u0: vec4<f32>, y0: vec4<f32>, v: vec4<f32>, decay: vec4<f32>,
}

@compute @workgroup_size(scan_threads)
fn scan(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let first_row = group.x * rows;
  let own = (first_row + own_quad(thread)) * 16u + own_keys(thread);
  var s = mat4x4<f32>(state[own], state[own + quads * 16u], state[own + 2u * quads * 16u], state[own + 3u * quads * 16u]);
  let chunks = chunk_count();
  var next = fetch(0u, first_row, thread);
  for (var n = 0u; n < chunks; n++) {
    let now = next;
    stage_left(now.w, 0u, thread);
    stage_left(now.q, fours, thread);
    stage_state(s, thread);
    workgroupBarrier(); // and everybody is done with the last chunk's u, v, B and K
    stage_right(now.b, 0u, thread);
    stage_right(now.k, plane, thread);
    next = fetch(min(n + 1u, chunks - 1u), first_row, thread);
    multiply_left(thread);
    workgroupBarrier();
    complete(now, n * chunk, first_row, thread);
    workgroupBarrier();
    s = multiply_right(s, now.decay, thread);
  }
  state[own] = s[0];
  state[own + quads * 16u] = s[1];
  state[own + 2u * quads * 16u] = s[2];
  state[own + 3u * quads * 16u] = s[3];
}

// A thread has four keys of the rows quad, quad + quads, quad + 2 quads and quad + 3 quads. Threads next to each other share
// either keys or rows, and so what they read.
fn own_quad(thread: u32) -> u32 { return thread % 2u + thread / 4u % (quads / 2u) * 2u; }
fn own_keys(thread: u32) -> u32 { return thread / 2u % 2u + thread / (2u * quads) % 8u * 2u; }

fn fetch(n: u32, first_row: u32, thread: u32) -> Fetched {
  let at = (first_row / 64u * chunk_count() + n) * record;
  let row = thread % rows;
  let four = min(thread / rows, fours - 1u);
  let channel = at + four * 64u + first_row % 64u + row;
  return Fetched(
    fetch_share(at, thread), fetch_share(at + plane, thread),
    fetch_share(at + 2u * plane, thread), fetch_share(at + 3u * plane, thread),
    prepared[channel + 4u * plane], prepared[channel + 5u * plane],
    load_four_values(n * chunk + four * 4u, first_row + row),
    prepared[at + 6u * plane + own_keys(thread)],
  );
}

fn fetch_share(at: u32, thread: u32) -> mat4x4<f32> {
  let i = at + thread;
  var share = mat4x4<f32>();
  share[0] = prepared[i];
  if (shares > 1u) { share[1] = prepared[i + scan_threads]; }
  if (shares > 2u) {
    share[2] = prepared[i + 2u * scan_threads];
    share[3] = prepared[i + 3u * scan_threads];
  }
  return share;
}

fn stage_left(share: mat4x4<f32>, first_four: u32, thread: u32) {
  let at = first_four * four_pitch;
  tile[at + left_place(thread)] = share[0];
  if (shares > 1u) { tile[at + left_place(thread + scan_threads)] = share[1]; }
  if (shares > 2u) {
    tile[at + left_place(thread + 2u * scan_threads)] = share[2];
    tile[at + left_place(thread + 3u * scan_threads)] = share[3];
  }
}

fn left_place(i: u32) -> u32 { return i / 64u * four_pitch + i % 64u; }

fn stage_right(share: mat4x4<f32>, first: u32, thread: u32) {
  let i = right_tile + first + thread;
  tile[i] = share[0];
  if (shares > 1u) { tile[i + scan_threads] = share[1]; }
  if (shares > 2u) {
    tile[i + 2u * scan_threads] = share[2];
    tile[i + 3u * scan_threads] = share[3];
  }
}

fn stage_state(s: mat4x4<f32>, thread: u32) {
  let i = own_keys(thread) * state_pitch + own_quad(thread);
  state_tile[i] = s[0];
  state_tile[i + quads] = s[1];
  state_tile[i + 2u * quads] = s[2];
  state_tile[i + 3u * quads] = s[3];
}

// S W and S Q: four rows and four tokens, over this thread's part of the keys. (What is read in loops is indexed by remainders,
// and all in one function: then the compiler sees that nothing needs to be checked.)
fn multiply_left(thread: u32) {
  let quad = own_quad(thread) % quads;
  let four = own_keys(thread) % (2u * fours);
  let part = own_keys(thread) / (2u * fours) % parts;
  var s0 = vec4<f32>(); var s1 = vec4<f32>(); var s2 = vec4<f32>(); var s3 = vec4<f32>();
  for (var n = 0u; n < 16u / parts; n++) {
    let keys = part * (16u / parts) + n;
    let i = keys * state_pitch + quad;
    let j = four * four_pitch + keys * 4u;
    let x = mat4x4<f32>(tile[j], tile[j + 1u], tile[j + 2u], tile[j + 3u]);
    s0 = add_product(s0, x, state_tile[i]);
    s1 = add_product(s1, x, state_tile[i + quads]);
    s2 = add_product(s2, x, state_tile[i + 2u * quads]);
    s3 = add_product(s3, x, state_tile[i + 3u * quads]);
  }
  let i = (part * 2u * fours + four) * rows + quad;
  sums[i] = s0;
  sums[i + quads] = s1;
  sums[i + 2u * quads] = s2;
  sums[i + 3u * quads] = s3;
}

// u, v and y of four tokens of a row.
fn complete(fetched: Fetched, first: u32, first_row: u32, thread: u32) {
  if (thread >= fours * rows) { return; }
  let y = fetched.y0 + take_sum(thread + fours * rows);
  sums[thread] = fetched.u0 + take_sum(thread);
  sums[thread + fours * rows] = fetched.v;
  let token = first + thread / rows * 4u;
  let i = token * sizes.columns + first_row + thread % rows;
  if (token < sizes.tokens) { out[i] = y.x; }
  if (token + 1u < sizes.tokens) { out[i + sizes.columns] = y.y; }
  if (token + 2u < sizes.tokens) { out[i + 2u * sizes.columns] = y.z; }
  if (token + 3u < sizes.tokens) { out[i + 3u * sizes.columns] = y.w; }
}

fn take_sum(at: u32) -> vec4<f32> {
  var sum = sums[at];
  for (var part = 1u; part < parts; part++) { sum += sums[part * 2u * fours * rows + at]; }
  return sum;
}

// The next state: decayed, and u Bᵀ + v Kᵀ added.
fn multiply_right(s: mat4x4<f32>, decay: vec4<f32>, thread: u32) -> mat4x4<f32> {
  let quad = own_quad(thread) % quads;
  let keys = own_keys(thread) % 16u;
  var s0 = s[0] * decay; var s1 = s[1] * decay; var s2 = s[2] * decay; var s3 = s[3] * decay;
  for (var four = 0u; four < 2u * fours; four++) {
    let i = four * rows + quad;
    let j = right_tile + four * 64u + keys;
    let x = mat4x4<f32>(tile[j], tile[j + 16u], tile[j + 32u], tile[j + 48u]);
    s0 = add_product(s0, x, sums[i]);
    s1 = add_product(s1, x, sums[i + quads]);
    s2 = add_product(s2, x, sums[i + 2u * quads]);
    s3 = add_product(s3, x, sums[i + 3u * quads]);
  }
  return mat4x4<f32>(s0, s1, s2, s3);
}
