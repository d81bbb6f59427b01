//! Experimental: every number is the sum of two f16, of whose four products the GPU's matrix units make three: nearly exact.
//! error: 1e-8 because matrix units cut their sums off
//! formats: q4_k
//! let tiles: ceil(rows / tile) * ceil(tokens / tile) * batch
//! let splits: max(1, min(floor(split_k_target / tiles), floor(columns / 256)))
//! scratch halves: batch * tokens * columns
//! scratch scales: batch * tokens
//! scratch partial: min(splits - 1, 1) * splits * batch * tokens * rows
//! pass halve: tokens, batch
//! pass multiply: tokens / tile, rows / tile, batch * splits
//! pass add: min(splits - 1, 1) * rows / 256, tokens, batch
//! use: epilogue, splits, q4_k_header

diagnostic(off, chromium.subgroup_matrix_uniformity);
enable f16;
enable subgroups;
enable chromium_experimental_subgroup_matrix;
requires buffer_view;

struct Sizes { rows: u32, columns: u32, tokens: u32, batch: u32, stride: u32, epilogue: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> weight: array<vec4<u32>>;     // batch × rows × columns, q4_K blocks of 9 vectors
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;          // batch × tokens × columns
@group(0) @binding(3) var<storage, read_write> out: array<f32>;        // batch × tokens × stride
@group(0) @binding(4) var<storage, read_write> halves: array<vec4<u32>>; // 2 × batch × tokens × columns: high parts, then low ones
@group(0) @binding(5) var<storage, read_write> scales: array<f32>;     // batch × tokens: what to multiply sums by
@group(0) @binding(6) var<storage, read_write> partial: array<f32>;    // splits × batch × tokens × rows

// Each has 64 rows of the tile, and 64 tokens, or 32 where there are eight.
const subgroups = 8u; // knob: 4 8
// Split-K: with fewer tiles than this, the columns are split, and a workgroup of its own sums each split.
const split_k_target = 512u; // knob: 1 128 256 512

const tile = 128u;        // rows, and tokens
const threads = 32u * subgroups;
const own_tokens = 256u / subgroups;
const tall = subgroups == 4u;
// Sixteen bytes of a row are 16 columns of one sub-block in their low nibbles and 16 of the next in their high ones:
// those 32 are a step, four vectors of eight halves; one more keeps neighbouring rows in different banks.
const tile_k = 32u;
const pitch = 5u;
const plane = tile * pitch; // tokens' high parts, their low ones, rows' high and low parts
const view = 64u * pitch; // of a subgroup's tokens or rows; of 32 tokens it reaches past them, unused
// Weights are multiplied by this, so that their low parts are not below the smallest f16.
const weight_scale = 64.0;
// At the end each subgroup passes its sums on through memory of its own, 16 tokens × 64 rows at a time.
const sums_pitch = 68u;
const sums_length = subgroups * 16u * sums_pitch;

var<workgroup> memory: buffer<16u * 4u * plane>;
var<workgroup> largest: array<u32, 128>;

alias Tokens = subgroup_matrix_left<f16, 16, 16>;
alias Rows = subgroup_matrix_right<f16, 16, 16>;
alias Sums = subgroup_matrix_result<f32, 16, 16>;

struct Xs { x0: vec4<u32>, x1: vec4<u32>, x2: vec4<u32>, x3: vec4<u32> }
struct Fetched { header: vec4<u32>, quants: vec4<u32>, high: Xs, low: Xs }
// The start of this thread's row in `weight`, and the first token of this workgroup's tile, counted through all matrices.
struct Place { row: u32, token: u32, last_token: u32 }

// x as two f16, each token multiplied by a power of two that makes its largest number some 16,000.
@compute @workgroup_size(128)
fn halve(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let token = group.y * sizes.tokens + group.x;
  let vectors = sizes.columns / 4u;
  var most = vec4<u32>();
  for (var c = thread; c < vectors; c += 128u) { most = max(most, bitcast<vec4<u32>>(x[token * vectors + c]) & vec4<u32>(0x7fffffffu)); }
  largest[thread] = max(max(most.x, most.y), max(most.z, most.w));
  for (var width = 64u; width > 0u; width /= 2u) {
    workgroupBarrier();
    if (thread < width) { largest[thread] = max(largest[thread], largest[thread + width]); }
  }
  workgroupBarrier();
  let power = clamp(largest[0] >> 23u, 27u, 227u); // an exponent
  let inverse = bitcast<f32>((267u - power) << 23u);
  if (thread == 0u) { scales[token] = bitcast<f32>((power - 13u) << 23u) / weight_scale; }
  for (var c = thread; c < vectors / 2u; c += 128u) {
    let a = x[token * vectors + 2u * c] * inverse;
    let b = x[token * vectors + 2u * c + 1u] * inverse;
    let at = token * vectors / 2u + c;
    halves[at] = eight(high_of(a), high_of(b));
    halves[at + low_halves()] = eight(a - high_of(a), b - high_of(b));
  }
}

fn low_halves() -> u32 { return sizes.batch * sizes.tokens * (sizes.columns / 8u); }

// The first eleven bits of each number, which an f16 holds exactly; infinity and not-a-number stay what they are.
fn high_of(v: vec4<f32>) -> vec4<f32> { return bitcast<vec4<f32>>(bitcast<vec4<u32>>(v) & vec4<u32>(0xffffe000u)); }

fn eight(a: vec4<f32>, b: vec4<f32>) -> vec4<u32> {
  return vec4<u32>(pack2x16float(a.xy), pack2x16float(a.zw), pack2x16float(b.xy), pack2x16float(b.zw));
}

@compute @workgroup_size(threads)
fn multiply(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
  @builtin(subgroup_id) subgroup: u32,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let matrix = group.z % sizes.batch;
  let splits = groups.z / sizes.batch;
  let split_columns = (sizes.columns + 64u * splits - 1u) / (64u * splits) * 64u;
  let first_column = group.z / sizes.batch * split_columns;
  let end_column = min(first_column + split_columns, sizes.columns);
  let staged_row = thread * tile / threads;
  let row = matrix * sizes.rows + min(group.y * tile + staged_row, sizes.rows - 1u);
  let place = Place(
    row * (sizes.columns / 256u) * 9u, matrix * sizes.tokens + group.x * tile, (matrix + 1u) * sizes.tokens - 1u,
  );
  let own_token = subgroup / 2u * own_tokens;
  let own_row = subgroup % 2u * 64u;
  // Views that begin at the subgroup's own part: offsets within them are constants, which is what a compiler needs.
  let tokens = bufferView<array<vec4<u32>, view>>(&memory, own_token * pitch * 16u);
  let low_tokens = bufferView<array<vec4<u32>, view>>(&memory, (plane + own_token * pitch) * 16u);
  let rows = bufferView<array<vec4<u32>, view>>(&memory, (2u * plane + own_row * pitch) * 16u);
  let low_rows = bufferView<array<vec4<u32>, view>>(&memory, (3u * plane + own_row * pitch) * 16u);

  // s<16 tokens><16 rows>
  var s00: Sums; var s01: Sums; var s02: Sums; var s03: Sums;
  var s10: Sums; var s11: Sums; var s12: Sums; var s13: Sums;
  var s20: Sums; var s21: Sums; var s22: Sums; var s23: Sums;
  var s30: Sums; var s31: Sums; var s32: Sums; var s33: Sums;
  var fetched = fetch(place, first_column, weight[place.row + first_column / 256u * 9u], thread);
  for (var column = first_column; column < end_column; column += tile_k) {
    workgroupBarrier();
    stage(fetched, column, thread);
    workgroupBarrier();
    let next_column = min(column + tile_k, sizes.columns - tile_k);
    var header = fetched.header; // once a block
    if (next_column % 256u == 0u) { header = weight[place.row + next_column / 256u * 9u]; }
    fetched = fetch(place, next_column, header, thread);
    {
      let r0 = subgroupMatrixLoad<Rows, col_major>(rows, 0u * pitch + 0u, pitch);
      let l0 = subgroupMatrixLoad<Rows, col_major>(low_rows, 0u * pitch + 0u, pitch);
      let r1 = subgroupMatrixLoad<Rows, col_major>(rows, 16u * pitch + 0u, pitch);
      let l1 = subgroupMatrixLoad<Rows, col_major>(low_rows, 16u * pitch + 0u, pitch);
      let r2 = subgroupMatrixLoad<Rows, col_major>(rows, 32u * pitch + 0u, pitch);
      let l2 = subgroupMatrixLoad<Rows, col_major>(low_rows, 32u * pitch + 0u, pitch);
      let r3 = subgroupMatrixLoad<Rows, col_major>(rows, 48u * pitch + 0u, pitch);
      let l3 = subgroupMatrixLoad<Rows, col_major>(low_rows, 48u * pitch + 0u, pitch);
      let t0 = subgroupMatrixLoad<Tokens, row_major>(tokens, 0u * pitch + 0u, pitch);
      let u0 = subgroupMatrixLoad<Tokens, row_major>(low_tokens, 0u * pitch + 0u, pitch);
      s00 = subgroupMatrixMultiplyAccumulate(u0, r0, s00);
      s01 = subgroupMatrixMultiplyAccumulate(u0, r1, s01);
      s02 = subgroupMatrixMultiplyAccumulate(u0, r2, s02);
      s03 = subgroupMatrixMultiplyAccumulate(u0, r3, s03);
      s00 = subgroupMatrixMultiplyAccumulate(t0, l0, s00);
      s01 = subgroupMatrixMultiplyAccumulate(t0, l1, s01);
      s02 = subgroupMatrixMultiplyAccumulate(t0, l2, s02);
      s03 = subgroupMatrixMultiplyAccumulate(t0, l3, s03);
      s00 = subgroupMatrixMultiplyAccumulate(t0, r0, s00);
      s01 = subgroupMatrixMultiplyAccumulate(t0, r1, s01);
      s02 = subgroupMatrixMultiplyAccumulate(t0, r2, s02);
      s03 = subgroupMatrixMultiplyAccumulate(t0, r3, s03);
      let t1 = subgroupMatrixLoad<Tokens, row_major>(tokens, 16u * pitch + 0u, pitch);
      let u1 = subgroupMatrixLoad<Tokens, row_major>(low_tokens, 16u * pitch + 0u, pitch);
      s10 = subgroupMatrixMultiplyAccumulate(u1, r0, s10);
      s11 = subgroupMatrixMultiplyAccumulate(u1, r1, s11);
      s12 = subgroupMatrixMultiplyAccumulate(u1, r2, s12);
      s13 = subgroupMatrixMultiplyAccumulate(u1, r3, s13);
      s10 = subgroupMatrixMultiplyAccumulate(t1, l0, s10);
      s11 = subgroupMatrixMultiplyAccumulate(t1, l1, s11);
      s12 = subgroupMatrixMultiplyAccumulate(t1, l2, s12);
      s13 = subgroupMatrixMultiplyAccumulate(t1, l3, s13);
      s10 = subgroupMatrixMultiplyAccumulate(t1, r0, s10);
      s11 = subgroupMatrixMultiplyAccumulate(t1, r1, s11);
      s12 = subgroupMatrixMultiplyAccumulate(t1, r2, s12);
      s13 = subgroupMatrixMultiplyAccumulate(t1, r3, s13);
      if (tall) {
        let t2 = subgroupMatrixLoad<Tokens, row_major>(tokens, 32u * pitch + 0u, pitch);
        let u2 = subgroupMatrixLoad<Tokens, row_major>(low_tokens, 32u * pitch + 0u, pitch);
        s20 = subgroupMatrixMultiplyAccumulate(u2, r0, s20);
        s21 = subgroupMatrixMultiplyAccumulate(u2, r1, s21);
        s22 = subgroupMatrixMultiplyAccumulate(u2, r2, s22);
        s23 = subgroupMatrixMultiplyAccumulate(u2, r3, s23);
        s20 = subgroupMatrixMultiplyAccumulate(t2, l0, s20);
        s21 = subgroupMatrixMultiplyAccumulate(t2, l1, s21);
        s22 = subgroupMatrixMultiplyAccumulate(t2, l2, s22);
        s23 = subgroupMatrixMultiplyAccumulate(t2, l3, s23);
        s20 = subgroupMatrixMultiplyAccumulate(t2, r0, s20);
        s21 = subgroupMatrixMultiplyAccumulate(t2, r1, s21);
        s22 = subgroupMatrixMultiplyAccumulate(t2, r2, s22);
        s23 = subgroupMatrixMultiplyAccumulate(t2, r3, s23);
        let t3 = subgroupMatrixLoad<Tokens, row_major>(tokens, 48u * pitch + 0u, pitch);
        let u3 = subgroupMatrixLoad<Tokens, row_major>(low_tokens, 48u * pitch + 0u, pitch);
        s30 = subgroupMatrixMultiplyAccumulate(u3, r0, s30);
        s31 = subgroupMatrixMultiplyAccumulate(u3, r1, s31);
        s32 = subgroupMatrixMultiplyAccumulate(u3, r2, s32);
        s33 = subgroupMatrixMultiplyAccumulate(u3, r3, s33);
        s30 = subgroupMatrixMultiplyAccumulate(t3, l0, s30);
        s31 = subgroupMatrixMultiplyAccumulate(t3, l1, s31);
        s32 = subgroupMatrixMultiplyAccumulate(t3, l2, s32);
        s33 = subgroupMatrixMultiplyAccumulate(t3, l3, s33);
        s30 = subgroupMatrixMultiplyAccumulate(t3, r0, s30);
        s31 = subgroupMatrixMultiplyAccumulate(t3, r1, s31);
        s32 = subgroupMatrixMultiplyAccumulate(t3, r2, s32);
        s33 = subgroupMatrixMultiplyAccumulate(t3, r3, s33);
      }
    }
    {
      let r0 = subgroupMatrixLoad<Rows, col_major>(rows, 0u * pitch + 2u, pitch);
      let l0 = subgroupMatrixLoad<Rows, col_major>(low_rows, 0u * pitch + 2u, pitch);
      let r1 = subgroupMatrixLoad<Rows, col_major>(rows, 16u * pitch + 2u, pitch);
      let l1 = subgroupMatrixLoad<Rows, col_major>(low_rows, 16u * pitch + 2u, pitch);
      let r2 = subgroupMatrixLoad<Rows, col_major>(rows, 32u * pitch + 2u, pitch);
      let l2 = subgroupMatrixLoad<Rows, col_major>(low_rows, 32u * pitch + 2u, pitch);
      let r3 = subgroupMatrixLoad<Rows, col_major>(rows, 48u * pitch + 2u, pitch);
      let l3 = subgroupMatrixLoad<Rows, col_major>(low_rows, 48u * pitch + 2u, pitch);
      let t0 = subgroupMatrixLoad<Tokens, row_major>(tokens, 0u * pitch + 2u, pitch);
      let u0 = subgroupMatrixLoad<Tokens, row_major>(low_tokens, 0u * pitch + 2u, pitch);
      s00 = subgroupMatrixMultiplyAccumulate(u0, r0, s00);
      s01 = subgroupMatrixMultiplyAccumulate(u0, r1, s01);
      s02 = subgroupMatrixMultiplyAccumulate(u0, r2, s02);
      s03 = subgroupMatrixMultiplyAccumulate(u0, r3, s03);
      s00 = subgroupMatrixMultiplyAccumulate(t0, l0, s00);
      s01 = subgroupMatrixMultiplyAccumulate(t0, l1, s01);
      s02 = subgroupMatrixMultiplyAccumulate(t0, l2, s02);
      s03 = subgroupMatrixMultiplyAccumulate(t0, l3, s03);
      s00 = subgroupMatrixMultiplyAccumulate(t0, r0, s00);
      s01 = subgroupMatrixMultiplyAccumulate(t0, r1, s01);
      s02 = subgroupMatrixMultiplyAccumulate(t0, r2, s02);
      s03 = subgroupMatrixMultiplyAccumulate(t0, r3, s03);
      let t1 = subgroupMatrixLoad<Tokens, row_major>(tokens, 16u * pitch + 2u, pitch);
      let u1 = subgroupMatrixLoad<Tokens, row_major>(low_tokens, 16u * pitch + 2u, pitch);
      s10 = subgroupMatrixMultiplyAccumulate(u1, r0, s10);
      s11 = subgroupMatrixMultiplyAccumulate(u1, r1, s11);
      s12 = subgroupMatrixMultiplyAccumulate(u1, r2, s12);
      s13 = subgroupMatrixMultiplyAccumulate(u1, r3, s13);
      s10 = subgroupMatrixMultiplyAccumulate(t1, l0, s10);
      s11 = subgroupMatrixMultiplyAccumulate(t1, l1, s11);
      s12 = subgroupMatrixMultiplyAccumulate(t1, l2, s12);
      s13 = subgroupMatrixMultiplyAccumulate(t1, l3, s13);
      s10 = subgroupMatrixMultiplyAccumulate(t1, r0, s10);
      s11 = subgroupMatrixMultiplyAccumulate(t1, r1, s11);
      s12 = subgroupMatrixMultiplyAccumulate(t1, r2, s12);
      s13 = subgroupMatrixMultiplyAccumulate(t1, r3, s13);
      if (tall) {
        let t2 = subgroupMatrixLoad<Tokens, row_major>(tokens, 32u * pitch + 2u, pitch);
        let u2 = subgroupMatrixLoad<Tokens, row_major>(low_tokens, 32u * pitch + 2u, pitch);
        s20 = subgroupMatrixMultiplyAccumulate(u2, r0, s20);
        s21 = subgroupMatrixMultiplyAccumulate(u2, r1, s21);
        s22 = subgroupMatrixMultiplyAccumulate(u2, r2, s22);
        s23 = subgroupMatrixMultiplyAccumulate(u2, r3, s23);
        s20 = subgroupMatrixMultiplyAccumulate(t2, l0, s20);
        s21 = subgroupMatrixMultiplyAccumulate(t2, l1, s21);
        s22 = subgroupMatrixMultiplyAccumulate(t2, l2, s22);
        s23 = subgroupMatrixMultiplyAccumulate(t2, l3, s23);
        s20 = subgroupMatrixMultiplyAccumulate(t2, r0, s20);
        s21 = subgroupMatrixMultiplyAccumulate(t2, r1, s21);
        s22 = subgroupMatrixMultiplyAccumulate(t2, r2, s22);
        s23 = subgroupMatrixMultiplyAccumulate(t2, r3, s23);
        let t3 = subgroupMatrixLoad<Tokens, row_major>(tokens, 48u * pitch + 2u, pitch);
        let u3 = subgroupMatrixLoad<Tokens, row_major>(low_tokens, 48u * pitch + 2u, pitch);
        s30 = subgroupMatrixMultiplyAccumulate(u3, r0, s30);
        s31 = subgroupMatrixMultiplyAccumulate(u3, r1, s31);
        s32 = subgroupMatrixMultiplyAccumulate(u3, r2, s32);
        s33 = subgroupMatrixMultiplyAccumulate(u3, r3, s33);
        s30 = subgroupMatrixMultiplyAccumulate(t3, l0, s30);
        s31 = subgroupMatrixMultiplyAccumulate(t3, l1, s31);
        s32 = subgroupMatrixMultiplyAccumulate(t3, l2, s32);
        s33 = subgroupMatrixMultiplyAccumulate(t3, l3, s33);
        s30 = subgroupMatrixMultiplyAccumulate(t3, r0, s30);
        s31 = subgroupMatrixMultiplyAccumulate(t3, r1, s31);
        s32 = subgroupMatrixMultiplyAccumulate(t3, r2, s32);
        s33 = subgroupMatrixMultiplyAccumulate(t3, r3, s33);
      }
    }
  }

  let own = Part(
    matrix, group.z, splits, group.y * tile + own_row + lane % 32u, group.x * tile + own_token, subgroup * 16u * sums_pitch, lane % 32u,
  );
  workgroupBarrier(); // the last step's tiles have been read
  put16(s00, s01, s02, s03, own, 0u);
  put16(s10, s11, s12, s13, own, 16u);
  if (tall) {
    put16(s20, s21, s22, s23, own, 32u);
    put16(s30, s31, s32, s33, own, 48u);
  }
}

// A lane's share of the result: its first row, its subgroup's first token, and memory for passing sums on.
struct Part { matrix: u32, product: u32, splits: u32, row: u32, token: u32, memory: u32, lane: u32 }

// Sixteen tokens of the part, from matrix units to `out`.
fn put16(s0: Sums, s1: Sums, s2: Sums, s3: Sums, own: Part, token: u32) {
  let sums = bufferView<array<f32, sums_length>>(&memory, 0u);
  subgroupMatrixStore<row_major>(sums, own.memory, s0, sums_pitch);
  subgroupMatrixStore<row_major>(sums, own.memory + 16u, s1, sums_pitch);
  subgroupMatrixStore<row_major>(sums, own.memory + 32u, s2, sums_pitch);
  subgroupMatrixStore<row_major>(sums, own.memory + 48u, s3, sums_pitch);
  workgroupBarrier();
  let count = min(16u, sizes.tokens - min(own.token + token, sizes.tokens));
  for (var t = 0u; t < count; t++) {
    let from_token = own.token + token + t;
    let scale = scales[own.matrix * sizes.tokens + from_token];
    let at = own.memory + t * sums_pitch + own.lane;
    if (own.row < sizes.rows) { store_one(own.product, own.splits, own.row, from_token, scale * (*sums)[at]); }
    if (own.row + 32u < sizes.rows) { store_one(own.product, own.splits, own.row + 32u, from_token, scale * (*sums)[at + 32u]); }
  }
  workgroupBarrier();
}

// Rows and tokens past the end repeat the last one, and are not stored.
fn fetch(place: Place, column: u32, header: vec4<u32>, thread: u32) -> Fetched {
  let quants = weight[place.row + column / 256u * 9u + 1u + column % 256u / tile_k];
  return Fetched(header, quants, fetch_xs(place, column, 0u, thread), fetch_xs(place, column, low_halves(), thread));
}

fn fetch_xs(place: Place, column: u32, first: u32, thread: u32) -> Xs {
  var xs: Xs;
  xs.x0 = halves[first + x_at(place, column, thread)];
  xs.x1 = halves[first + x_at(place, column, thread + threads)];
  if (tall) {
    xs.x2 = halves[first + x_at(place, column, thread + 2u * threads)];
    xs.x3 = halves[first + x_at(place, column, thread + 3u * threads)];
  }
  return xs;
}

// The i-th vector of the tile: columns 64·pair + 16·half + 0 … 15, then those 32 after them. Eight neighbouring threads have
// tokens 0 and 4, whose places lie in different banks.
fn x_at(place: Place, column: u32, i: u32) -> u32 {
  let token = min(place.token + token_of(i), place.last_token);
  let k = column / 64u * 64u + column % 64u / 2u + i % 4u / 2u * 32u + i % 2u * 8u;
  return (token * sizes.columns + k) / 8u;
}

fn token_of(i: u32) -> u32 { return i / 32u % (tile / 8u) * 8u + i / 4u % 2u * 4u + i / 8u % 4u; }

fn stage(fetched: Fetched, column: u32, thread: u32) {
  stage_xs(fetched.high, 0u, thread);
  stage_xs(fetched.low, plane, thread);
  // A row, or the low or the high nibbles of one.
  let pair = column % 256u / 64u;
  let row = thread * tile / threads % tile;
  if (tall) {
    stage_weights(fetched.quants, sub_block_scale(fetched.header, 2u * pair), row * pitch);
    stage_weights(fetched.quants >> vec4<u32>(4u), sub_block_scale(fetched.header, 2u * pair + 1u), row * pitch + 2u);
  } else {
    let half = thread % 2u;
    stage_weights(fetched.quants >> vec4<u32>(4u * half), sub_block_scale(fetched.header, 2u * pair + half), row * pitch + 2u * half);
  }
}

fn stage_xs(xs: Xs, first: u32, thread: u32) {
  let tiles = bufferView<array<vec4<u32>, 4u * plane>>(&memory, 0u);
  let at = first + thread % 4u;
  (*tiles)[at + token_of(thread) * pitch] = xs.x0;
  (*tiles)[at + token_of(thread + threads) * pitch] = xs.x1;
  if (tall) {
    (*tiles)[at + token_of(thread + 2u * threads) * pitch] = xs.x2;
    (*tiles)[at + token_of(thread + 3u * threads) * pitch] = xs.x3;
  }
}

// Sixteen weights: the low nibbles of each byte.
fn stage_weights(quants: vec4<u32>, scale: vec2<f32>, at: u32) {
  let tiles = bufferView<array<vec4<u32>, 4u * plane>>(&memory, 0u);
  let s = scale * weight_scale;
  let a = s.x * nibbles(quants.x) - s.y;
  let b = s.x * nibbles(quants.y) - s.y;
  let c = s.x * nibbles(quants.z) - s.y;
  let d = s.x * nibbles(quants.w) - s.y;
  (*tiles)[2u * plane + at] = eight(high_of(a), high_of(b));
  (*tiles)[2u * plane + at + 1u] = eight(high_of(c), high_of(d));
  (*tiles)[3u * plane + at] = eight(a - high_of(a), b - high_of(b));
  (*tiles)[3u * plane + at + 1u] = eight(c - high_of(c), d - high_of(d));
}

fn nibbles(bytes: u32) -> vec4<f32> {
  return vec4<f32>((vec4<u32>(bytes) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(15u));
}
