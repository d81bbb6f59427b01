//! Chunks of tokens as matrix products: all that needs no state is done for every chunk at once, the rest chunk by chunk.
//! let chunks: ceil(tokens / chunk)
//! scratch prepared: chunks * columns * (5 * chunk + 1)
//! pass prepare: chunks, columns / 64
//! pass scan: columns / rows
//! pass output: columns / 64, tokens / 4
//! use: wkv_output

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

struct Sizes { columns: u32, tokens: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> inputs: array<vec4<f32>>;     // 6 × tokens × columns: r k v w a b
@group(0) @binding(2) var<storage, read> gate: array<vec4<f32>>;       // tokens × columns
@group(0) @binding(3) var<storage, read> norm_weight: array<vec4<f32>>; // columns
@group(0) @binding(4) var<storage, read> norm_bias: array<vec4<f32>>;  // columns
@group(0) @binding(5) var<storage, read> bonus: array<vec4<f32>>;      // columns
@group(0) @binding(6) var<storage, read_write> state: array<vec4<f32>>; // heads × 64 × 64
@group(0) @binding(7) var<storage, read_write> out: array<vec4<f32>>;  // tokens × columns; between the passes, y0 and then y
@group(0) @binding(8) var<storage, read_write> prepared: array<vec4<f32>>; // heads × chunks × record

const chunk = 16u; // knob: 8 16
const half_chunk = chunk / 2u;
const rows = chunk; // of the state in a workgroup of `scan`: then every thread stages four vectors of each plane

// A record: chunk × 64 each of W, Q, B·p_end, K·p_end and u0, then the 64 of p_end. Lengths and places in vectors.
const plane = chunk * 16u;
const record = 5u * plane + 16u;

// Workgroup memory serves both passes. Rows of 64 keys are a vector longer than they need be: neighbours lie in different banks.
const pitch = 17u;
const a_rows = 0u;         // A, then W
const r_rows = chunk;      // R; Q in `scan`
const b_rows = 2u * chunk; // B; times p_end in `scan`, as K is
const k_rows = 3u * chunk; // K
const state_pitch = rows + 1u;
var<workgroup> tile: array<vec4<f32>, 4u * chunk * pitch>;
var<workgroup> sums: array<vec4<f32>, plane>;                // v; in `scan` S W and S Q, then u and v
var<workgroup> solved: array<vec4<f32>, 16u * state_pitch>;  // the decays, then u0; in `scan` the state
var<workgroup> pairs: array<vec4<f32>, chunk * chunk>;       // of tokens t and s: A_t·K_s, A_t·B_s, R_t·K_s, R_t·B_s
var<workgroup> decay_end: array<vec4<f32>, 16>;              // p_end

fn chunk_count() -> u32 { return (sizes.tokens + chunk - 1u) / chunk; }

// ---- prepare: a chunk of a head ----

const prepare_threads = 64u;

@compute @workgroup_size(prepare_threads)
fn prepare(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let first = group.x * chunk;
  let head = group.y;
  let at = (head * chunk_count() + group.x) * record;
  stage_decays(first, head, thread);
  workgroupBarrier();
  stage_keys(first, head, thread);
  workgroupBarrier();
  write_keys(at, thread);
  multiply_pairs(thread);
  workgroupBarrier();
  // Columns of values and columns of keys are solved by different subgroups, where these have 32 threads.
  let count = min(chunk, sizes.tokens - first);
  if (thread < 16u) {
    solve_values(first, count, head, at, thread);
  } else if (thread >= 32u && thread < 48u) {
    solve_keys(count, at, thread - 32u);
  }
}

// A vector of a token of the chunk. Tokens past the end change nothing: w = 1, all else zero.
fn input(input_plane: u32, token: u32, head: u32, vector: u32) -> vec4<f32> {
  let i = (input_plane * sizes.tokens + min(token, sizes.tokens - 1u)) * (sizes.columns / 4u) + head * 16u + vector;
  return select(vec4<f32>(f32(input_plane == 3u)), inputs[i], token < sizes.tokens);
}

fn stage_decays(first: u32, head: u32, thread: u32) {
  for (var n = 0u; n < plane / prepare_threads; n++) {
    let i = n * prepare_threads + thread;
    solved[i] = input(3u, first + i / 16u, head, i % 16u);
    sums[i] = input(2u, first + i / 16u, head, i % 16u);
  }
}

// Four channels of a quarter of the tokens.
fn stage_keys(first: u32, head: u32, thread: u32) {
  let vector = thread % 16u;
  let begin = thread / 16u * (chunk / 4u);
  var decay = vec4<f32>(1.0);
  for (var t = 0u; t < begin; t++) { decay *= solved[t * 16u + vector]; }
  for (var n = 0u; n < chunk / 4u; n++) {
    let t = begin + n;
    let i = t * pitch + vector;
    tile[a_rows * pitch + i] = input(4u, first + t, head, vector) * decay;
    decay *= solved[t * 16u + vector];
    tile[r_rows * pitch + i] = input(0u, first + t, head, vector) * decay;
    tile[k_rows * pitch + i] = input(1u, first + t, head, vector) / decay;
    tile[b_rows * pitch + i] = input(5u, first + t, head, vector) / decay;
  }
  if (thread >= 48u) { decay_end[vector] = decay; }
}

fn write_keys(at: u32, thread: u32) {
  let decay = decay_end[thread % 16u];
  for (var n = 0u; n < plane / prepare_threads; n++) {
    let i = n * prepare_threads + thread;
    let key = i / 16u * pitch + i % 16u;
    prepared[at + 2u * plane + i] = tile[b_rows * pitch + key] * decay;
    prepared[at + 3u * plane + i] = tile[k_rows * pitch + key] * decay;
  }
  if (thread < 16u) { prepared[at + 5u * plane + thread] = decay; }
}

// Each thread has two tokens t and two tokens s, half a chunk apart.
fn multiply_pairs(thread: u32) {
  if (thread >= half_chunk * half_chunk) { return; }
  let t = thread / half_chunk;
  let s = thread % half_chunk;
  var p00 = vec4<f32>(); var p01 = vec4<f32>(); var p10 = vec4<f32>(); var p11 = vec4<f32>();
  for (var n = 0u; n < 16u; n++) {
    let a0 = tile[(a_rows + t) * pitch + n]; let a1 = tile[(a_rows + t + half_chunk) * pitch + n];
    let r0 = tile[(r_rows + t) * pitch + n]; let r1 = tile[(r_rows + t + half_chunk) * pitch + n];
    let k0 = tile[(k_rows + s) * pitch + n]; let k1 = tile[(k_rows + s + half_chunk) * pitch + n];
    let b0 = tile[(b_rows + s) * pitch + n]; let b1 = tile[(b_rows + s + half_chunk) * pitch + n];
    p00 += vec4<f32>(dot(a0, k0), dot(a0, b0), dot(r0, k0), dot(r0, b0));
    p01 += vec4<f32>(dot(a0, k1), dot(a0, b1), dot(r0, k1), dot(r0, b1));
    p10 += vec4<f32>(dot(a1, k0), dot(a1, b0), dot(r1, k0), dot(r1, b0));
    p11 += vec4<f32>(dot(a1, k1), dot(a1, b1), dot(r1, k1), dot(r1, b1));
  }
  pairs[t * chunk + s] = p00;
  pairs[t * chunk + s + half_chunk] = p01;
  pairs[(t + half_chunk) * chunk + s] = p10;
  pairs[(t + half_chunk) * chunk + s + half_chunk] = p11;
}

// Four channels of u0 and y0, token by token; zero where there is none.
fn solve_values(first: u32, count: u32, head: u32, at: u32, vector: u32) {
  for (var t = 0u; t < count; t++) {
    var u = vec4<f32>();
    var y = vec4<f32>();
    for (var s = 0u; s < t; s++) {
      let pair = pairs[t * chunk + s];
      let v_s = sums[s * 16u + vector];
      let u_s = solved[s * 16u + vector];
      u = fma(vec4<f32>(pair.x), v_s, fma(vec4<f32>(pair.y), u_s, u));
      y = fma(vec4<f32>(pair.z), v_s, fma(vec4<f32>(pair.w), u_s, y));
    }
    let pair = pairs[t * chunk + t];
    y += pair.z * sums[t * 16u + vector] + pair.w * u;
    solved[t * 16u + vector] = u;
    prepared[at + 4u * plane + t * 16u + vector] = u;
    out[(first + t) * (sizes.columns / 4u) + head * 16u + vector] = y;
  }
  for (var t = count; t < chunk; t++) { prepared[at + 4u * plane + t * 16u + vector] = vec4<f32>(); }
}

// Four channels of W and Q, token by token; without tokens W is zero, and what Q gives is not used.
fn solve_keys(count: u32, at: u32, vector: u32) {
  for (var t = 0u; t < count; t++) {
    var w = tile[(a_rows + t) * pitch + vector];
    var q = tile[(r_rows + t) * pitch + vector];
    for (var s = 0u; s < t; s++) {
      let pair = pairs[t * chunk + s];
      let w_s = tile[(a_rows + s) * pitch + vector];
      w = fma(vec4<f32>(pair.y), w_s, w);
      q = fma(vec4<f32>(pair.w), w_s, q);
    }
    tile[(a_rows + t) * pitch + vector] = w;
    prepared[at + t * 16u + vector] = w;
    prepared[at + plane + t * 16u + vector] = fma(vec4<f32>(pairs[t * chunk + t].w), w, q);
  }
  for (var t = count; t < chunk; t++) { prepared[at + t * 16u + vector] = vec4<f32>(); }
}

// ---- scan: some rows of a head's state, through all chunks ----

const scan_threads = 4u * chunk;
const quads = rows / 4u;
// The products with W and Q: tiles of four tokens and four rows, and the keys in as many parts as there are threads for.
const tiles = 2u * chunk / 4u * quads;
const parts = scan_threads / tiles;
const_assert parts * 2u * chunk * quads == plane;

@compute @workgroup_size(scan_threads)
fn scan(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let head = group.x * rows / 64u;
  let chunks = chunk_count();
  let from_record = head * chunks * record;
  // In the state's product with the keys, a thread has four keys of four rows: a column of the matrix is one key.
  let keys = thread % 16u;
  let quad = thread / 16u;
  let own = (group.x * rows + quad * 4u) * 16u + keys;
  var s = transpose(mat4x4<f32>(state[own], state[own + 16u], state[own + 32u], state[own + 48u]));
  // Where u, v and y are complete, a thread has four rows of one token.
  let token = thread / quads;
  let channels = group.x * quads + thread % quads;

  var w = four_vectors(from_record, thread);
  var q = four_vectors(from_record + plane, thread);
  var b = four_vectors(from_record + 2u * plane, thread);
  var k = four_vectors(from_record + 3u * plane, thread);
  for (var n = 0u; n < chunks; n++) {
    let this_record = from_record + n * record;
    let next_record = from_record + min(n + 1u, chunks - 1u) * record;
    // All that is fetched here is used after the first product.
    let last_token = min(n * chunk + token, sizes.tokens - 1u);
    let y0 = out[last_token * (sizes.columns / 4u) + channels];
    let v = inputs[(2u * sizes.tokens + last_token) * (sizes.columns / 4u) + channels];
    let u0 = prepared[this_record + 4u * plane + min(token, chunk - 1u) * 16u + channels % 16u];
    let decay = prepared[this_record + 5u * plane + keys];

    stage(w, a_rows, thread);
    stage(q, r_rows, thread);
    stage_state(s, keys, quad);
    workgroupBarrier(); // and everybody is done with the last chunk's u, v, B and K
    w = four_vectors(next_record, thread);
    q = four_vectors(next_record + plane, thread);
    stage(b, b_rows, thread);
    stage(k, k_rows, thread);
    multiply_left(thread);
    workgroupBarrier();
    b = four_vectors(next_record + 2u * plane, thread);
    k = four_vectors(next_record + 3u * plane, thread);
    if (token < chunk) {
      let y = y0 + take_sum(thread + chunk * quads);
      if (n * chunk + token < sizes.tokens) { out[last_token * (sizes.columns / 4u) + channels] = y; }
      sums[thread] = u0 + take_sum(thread);
      sums[thread + chunk * quads] = v;
    }
    workgroupBarrier();
    s = multiply_right(s, decay, keys, quad);
  }
  let own_rows = transpose(s);
  state[own] = own_rows[0];
  state[own + 16u] = own_rows[1];
  state[own + 32u] = own_rows[2];
  state[own + 48u] = own_rows[3];
}

// This thread's share of a plane of a record.
fn four_vectors(at: u32, thread: u32) -> mat4x4<f32> {
  let i = at + thread;
  return mat4x4<f32>(prepared[i], prepared[i + scan_threads], prepared[i + 2u * scan_threads], prepared[i + 3u * scan_threads]);
}

fn stage(share: mat4x4<f32>, first_row: u32, thread: u32) {
  let between = scan_threads / 16u * pitch;
  let i = (first_row + thread / 16u) * pitch + thread % 16u;
  tile[i] = share[0];
  tile[i + between] = share[1];
  tile[i + 2u * between] = share[2];
  tile[i + 3u * between] = share[3];
}

fn stage_state(s: mat4x4<f32>, keys: u32, quad: u32) {
  let i = keys * state_pitch + quad;
  solved[i] = s[0];
  solved[i + quads] = s[1];
  solved[i + 2u * quads] = s[2];
  solved[i + 3u * quads] = s[3];
}

// S W and S Q: a tile of four rows and four tokens, half a chunk apart, over this thread's part of the keys.
fn multiply_left(thread: u32) {
  let token = thread % half_chunk;
  let quad = thread % tiles / half_chunk;
  let part = thread / tiles;
  var t0 = vec4<f32>(); var t1 = vec4<f32>(); var t2 = vec4<f32>(); var t3 = vec4<f32>();
  for (var n = 0u; n < 16u / parts; n++) {
    let keys = part * (16u / parts) + n;
    let at = keys * state_pitch + quad;
    let s = mat4x4<f32>(solved[at], solved[at + quads], solved[at + 2u * quads], solved[at + 3u * quads]);
    t0 = fma_rows(s, tile[token * pitch + keys], t0);
    t1 = fma_rows(s, tile[(token + half_chunk) * pitch + keys], t1);
    t2 = fma_rows(s, tile[(token + 2u * half_chunk) * pitch + keys], t2);
    t3 = fma_rows(s, tile[(token + 3u * half_chunk) * pitch + keys], t3);
  }
  let i = (part * 2u * chunk + token) * quads + quad;
  sums[i] = t0;
  sums[i + half_chunk * quads] = t1;
  sums[i + 2u * half_chunk * quads] = t2;
  sums[i + 3u * half_chunk * quads] = t3;
}

fn fma_rows(s: mat4x4<f32>, x: vec4<f32>, sum: vec4<f32>) -> vec4<f32> {
  return fma(s[0], vec4<f32>(x.x), fma(s[1], vec4<f32>(x.y), fma(s[2], vec4<f32>(x.z), fma(s[3], vec4<f32>(x.w), sum))));
}

fn take_sum(at: u32) -> vec4<f32> {
  var sum = sums[at];
  for (var part = 1u; part < parts; part++) { sum += sums[part * 2u * chunk * quads + at]; }
  return sum;
}

// The next state: decayed, and u Bᵀ + v Kᵀ added.
fn multiply_right(s: mat4x4<f32>, decay: vec4<f32>, keys: u32, quad: u32) -> mat4x4<f32> {
  var k0 = s[0] * decay.x; var k1 = s[1] * decay.y; var k2 = s[2] * decay.z; var k3 = s[3] * decay.w;
  for (var t = 0u; t < 2u * chunk; t++) {
    let four_rows = sums[t * quads + quad];
    let four_keys = tile[(b_rows + t) * pitch + keys];
    k0 = fma(four_rows, vec4<f32>(four_keys.x), k0);
    k1 = fma(four_rows, vec4<f32>(four_keys.y), k1);
    k2 = fma(four_rows, vec4<f32>(four_keys.z), k2);
    k3 = fma(four_rows, vec4<f32>(four_keys.w), k3);
  }
  return mat4x4<f32>(k0, k1, k2, k3);
}

// ---- output: four tokens of a head ----

const output_threads = 64u;

@compute @workgroup_size(output_threads)
fn output(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let token = group.y * 4u + thread / head_lanes;
  let last = min(token, sizes.tokens - 1u);
  let i = last * (sizes.columns / 4u) + group.x * 16u + thread % head_lanes;
  let result = head_output(out[i], group.x, last, thread);
  if (token < sizes.tokens) { out[i] = result; }
}
