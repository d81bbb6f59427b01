//! Experimental: the GPU's matrix units multiply 16 × 16 blocks of f16 and sum in f32; four subgroups share a tile.
//! error: 2e-6 because weights and x are rounded to f16
//! formats: q4_k
//! let tiles: ceil(rows / tile) * ceil(tokens / tile) * batch
//! let most: min(max(floor(128 / tiles), 3 * min(1, floor(tokens / 512))), floor(columns / 256))
//! let splits: max(1, min(floor(split_k_target / tiles), most))
//! scratch halves: batch * tokens * columns / 2
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
@group(0) @binding(4) var<storage, read_write> halves: array<vec4<u32>>; // batch × tokens × columns, two f16 a word
@group(0) @binding(5) var<storage, read_write> scales: array<f32>;     // batch × tokens: what to multiply their halves by
@group(0) @binding(6) var<storage, read_write> partial: array<f32>;    // splits × batch × tokens × rows

const tile = 128u;        // knob: 64 128
// Split-K: with fewer tiles than this, the columns are split, and a workgroup of its own sums each split. `most` is what fills 128
// workgroups, or three from 512 tokens on: more cost more than they gain.
const split_k_target = 512u; // knob: 1 128 256 512

const threads = 128u;     // four subgroups of 32, each with a quarter of the tile
const quarter = tile / 2u;
const wide = tile == 128u; // a quarter has four blocks a side; of a tile of 64, two
// Sixteen bytes of a row are 16 columns of one sub-block in their low nibbles and 16 of the next in their high ones:
// those 32 are a step, four vectors of eight halves; one more keeps neighbouring rows in different banks.
const tile_k = 32u;
const pitch = 5u;
const x_vectors = tile * pitch; // tokens first, then rows
const tile_vectors = 2u * x_vectors;
const view = 64u * pitch; // of a quarter's tokens or rows; in a tile of 64 it reaches past them, unused
// At the end each subgroup passes its sums on through memory of its own, 16 tokens of its quarter's rows at a time.
const sums_pitch = quarter + 4u;

var<workgroup> memory: buffer<16u * (tile_vectors + view - quarter * pitch)>;
var<workgroup> largest: array<f32, threads>;

alias Tokens = subgroup_matrix_left<f16, 16, 16>;
alias Rows = subgroup_matrix_right<f16, 16, 16>;
alias Sums = subgroup_matrix_result<f32, 16, 16>;

struct Bytes { header: vec4<u32>, quants: vec4<u32> }
struct Fetched { weights: Bytes, x0: vec4<u32>, x1: vec4<u32>, x2: vec4<u32>, x3: vec4<u32> }
// The start of this thread's row in `weight`, and the first token of this workgroup's tile, counted through all matrices.
struct Place { row: u32, token: u32, last_token: u32 }

// x as f16, each token divided by its largest number: squares of channel mix may be larger than an f16 can be.
@compute @workgroup_size(threads)
fn halve(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let token = group.y * sizes.tokens + group.x;
  let vectors = sizes.columns / 4u;
  var most = vec4<f32>();
  for (var c = thread; c < vectors; c += threads) { most = max(most, abs(x[token * vectors + c])); }
  largest[thread] = max(max(most.x, most.y), max(most.z, most.w));
  for (var width = threads / 2u; width > 0u; width /= 2u) {
    workgroupBarrier();
    if (thread < width) { largest[thread] = max(largest[thread], largest[thread + width]); }
  }
  workgroupBarrier();
  let scale = max(largest[0], 1e-30);
  if (thread == 0u) { scales[token] = scale; }
  for (var c = thread; c < vectors / 2u; c += threads) {
    let a = x[token * vectors + 2u * c] / scale;
    let b = x[token * vectors + 2u * c + 1u] / scale;
    // In the order in which dequantise() leaves the weights.
    halves[token * vectors / 2u + c] = vec4<u32>(
      pack2x16float(a.xz), pack2x16float(a.yw), pack2x16float(b.xz), pack2x16float(b.yw),
    );
  }
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
  let fetched_row = matrix * sizes.rows + min(group.y * tile + thread % tile, sizes.rows - 1u);
  let place = Place(
    fetched_row * (sizes.columns / 256u) * 9u, matrix * sizes.tokens + group.x * tile, (matrix + 1u) * sizes.tokens - 1u,
  );
  let own_token = subgroup % 2u * quarter;
  let own_row = subgroup / 2u * quarter;
  // Views that begin at the subgroup's own quarter: offsets within them are constants, which is what a compiler needs.
  let tokens = bufferView<array<vec4<u32>, view>>(&memory, own_token * pitch * 16u);
  let rows = bufferView<array<vec4<u32>, view>>(&memory, (x_vectors + own_row * pitch) * 16u);

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
    var header = fetched.weights.header; // fetched once a block
    if (next_column % 256u == 0u) { header = weight[place.row + next_column / 256u * 9u]; }
    fetched = fetch(place, next_column, header, thread);
    {
      let r0 = subgroupMatrixLoad<Rows, col_major>(rows, 0u, pitch);
      let r1 = subgroupMatrixLoad<Rows, col_major>(rows, 16u * pitch + 0u, pitch);
      let t0 = subgroupMatrixLoad<Tokens, row_major>(tokens, 0u, pitch);
      s00 = subgroupMatrixMultiplyAccumulate(t0, r0, s00);
      s01 = subgroupMatrixMultiplyAccumulate(t0, r1, s01);
      let t1 = subgroupMatrixLoad<Tokens, row_major>(tokens, 16u * pitch + 0u, pitch);
      s10 = subgroupMatrixMultiplyAccumulate(t1, r0, s10);
      s11 = subgroupMatrixMultiplyAccumulate(t1, r1, s11);
      if (wide) {
        let r2 = subgroupMatrixLoad<Rows, col_major>(rows, 32u * pitch + 0u, pitch);
        let r3 = subgroupMatrixLoad<Rows, col_major>(rows, 48u * pitch + 0u, pitch);
        s02 = subgroupMatrixMultiplyAccumulate(t0, r2, s02);
        s03 = subgroupMatrixMultiplyAccumulate(t0, r3, s03);
        s12 = subgroupMatrixMultiplyAccumulate(t1, r2, s12);
        s13 = subgroupMatrixMultiplyAccumulate(t1, r3, s13);
        let t2 = subgroupMatrixLoad<Tokens, row_major>(tokens, 32u * pitch + 0u, pitch);
        s20 = subgroupMatrixMultiplyAccumulate(t2, r0, s20);
        s21 = subgroupMatrixMultiplyAccumulate(t2, r1, s21);
        s22 = subgroupMatrixMultiplyAccumulate(t2, r2, s22);
        s23 = subgroupMatrixMultiplyAccumulate(t2, r3, s23);
        let t3 = subgroupMatrixLoad<Tokens, row_major>(tokens, 48u * pitch + 0u, pitch);
        s30 = subgroupMatrixMultiplyAccumulate(t3, r0, s30);
        s31 = subgroupMatrixMultiplyAccumulate(t3, r1, s31);
        s32 = subgroupMatrixMultiplyAccumulate(t3, r2, s32);
        s33 = subgroupMatrixMultiplyAccumulate(t3, r3, s33);
      }
    }
    {
      let r0 = subgroupMatrixLoad<Rows, col_major>(rows, 2u, pitch);
      let r1 = subgroupMatrixLoad<Rows, col_major>(rows, 16u * pitch + 2u, pitch);
      let t0 = subgroupMatrixLoad<Tokens, row_major>(tokens, 2u, pitch);
      s00 = subgroupMatrixMultiplyAccumulate(t0, r0, s00);
      s01 = subgroupMatrixMultiplyAccumulate(t0, r1, s01);
      let t1 = subgroupMatrixLoad<Tokens, row_major>(tokens, 16u * pitch + 2u, pitch);
      s10 = subgroupMatrixMultiplyAccumulate(t1, r0, s10);
      s11 = subgroupMatrixMultiplyAccumulate(t1, r1, s11);
      if (wide) {
        let r2 = subgroupMatrixLoad<Rows, col_major>(rows, 32u * pitch + 2u, pitch);
        let r3 = subgroupMatrixLoad<Rows, col_major>(rows, 48u * pitch + 2u, pitch);
        s02 = subgroupMatrixMultiplyAccumulate(t0, r2, s02);
        s03 = subgroupMatrixMultiplyAccumulate(t0, r3, s03);
        s12 = subgroupMatrixMultiplyAccumulate(t1, r2, s12);
        s13 = subgroupMatrixMultiplyAccumulate(t1, r3, s13);
        let t2 = subgroupMatrixLoad<Tokens, row_major>(tokens, 32u * pitch + 2u, pitch);
        s20 = subgroupMatrixMultiplyAccumulate(t2, r0, s20);
        s21 = subgroupMatrixMultiplyAccumulate(t2, r1, s21);
        s22 = subgroupMatrixMultiplyAccumulate(t2, r2, s22);
        s23 = subgroupMatrixMultiplyAccumulate(t2, r3, s23);
        let t3 = subgroupMatrixLoad<Tokens, row_major>(tokens, 48u * pitch + 2u, pitch);
        s30 = subgroupMatrixMultiplyAccumulate(t3, r0, s30);
        s31 = subgroupMatrixMultiplyAccumulate(t3, r1, s31);
        s32 = subgroupMatrixMultiplyAccumulate(t3, r2, s32);
        s33 = subgroupMatrixMultiplyAccumulate(t3, r3, s33);
      }
    }
  }

  let own = Quarter(
    matrix, group.z, splits, group.y * tile + own_row + lane % 32u, group.x * tile + own_token, subgroup * 16u * sums_pitch, lane % 32u,
  );
  workgroupBarrier(); // the last step's tiles have been read
  put16(s00, s01, s02, s03, own, 0u);
  put16(s10, s11, s12, s13, own, 16u);
  if (wide) {
    put16(s20, s21, s22, s23, own, 32u);
    put16(s30, s31, s32, s33, own, 48u);
  }
}

// A lane's share of the result: its first row, its quarter's first token, and the subgroup's memory for passing sums on.
struct Quarter { matrix: u32, product: u32, splits: u32, row: u32, token: u32, memory: u32, lane: u32 }

// Sixteen tokens of the quarter, from matrix units to `out`.
fn put16(s0: Sums, s1: Sums, s2: Sums, s3: Sums, own: Quarter, token: u32) {
  let sums = bufferView<array<f32, 4u * 16u * sums_pitch + 32u>>(&memory, 0u);
  subgroupMatrixStore<row_major>(sums, own.memory, s0, sums_pitch);
  subgroupMatrixStore<row_major>(sums, own.memory + 16u, s1, sums_pitch);
  if (wide) {
    subgroupMatrixStore<row_major>(sums, own.memory + 32u, s2, sums_pitch);
    subgroupMatrixStore<row_major>(sums, own.memory + 48u, s3, sums_pitch);
  }
  workgroupBarrier();
  let there = min(16u, sizes.tokens - min(own.token + token, sizes.tokens));
  for (var t = 0u; t < there; t++) {
    let from_token = own.token + token + t;
    let scale = scales[own.matrix * sizes.tokens + from_token];
    let at = own.memory + t * sums_pitch + own.lane;
    if (own.row < sizes.rows) { store_one(own.product, own.splits, own.row, from_token, scale * (*sums)[at]); }
    if (wide && own.row + 32u < sizes.rows) {
      store_one(own.product, own.splits, own.row + 32u, from_token, scale * (*sums)[at + 32u]);
    }
  }
  workgroupBarrier();
}

// Rows and tokens past the end repeat the last one, and are not stored.
fn fetch(place: Place, column: u32, header: vec4<u32>, thread: u32) -> Fetched {
  var fetched: Fetched;
  fetched.weights = Bytes(header, weight[place.row + column / 256u * 9u + 1u + column % 256u / tile_k]);
  fetched.x0 = fetch_x(place, column, thread);
  fetched.x1 = fetch_x(place, column, thread + threads);
  if (wide) {
    fetched.x2 = fetch_x(place, column, thread + 2u * threads);
    fetched.x3 = fetch_x(place, column, thread + 3u * threads);
  }
  return fetched;
}

// The i-th vector of the tile: columns 64·pair + 16·half + 0 … 15, then those 32 after them.
fn fetch_x(place: Place, column: u32, i: u32) -> vec4<u32> {
  let token = min(place.token + token_of(i), place.last_token);
  let k = column / 64u * 64u + column % 64u / 2u + i % 4u / 2u * 32u + i % 2u * 8u;
  return halves[(token * sizes.columns + k) / 8u];
}

// Eight neighbouring threads have tokens that are four apart, whose places in the tile lie in different banks.
fn token_of(i: u32) -> u32 { return i / 32u % (tile / 8u) * 8u + i / 4u % 2u * 4u + i / 8u % 4u; }

fn stage(fetched: Fetched, column: u32, thread: u32) {
  let tiles = bufferView<array<vec4<u32>, tile_vectors>>(&memory, 0u);
  if (thread < tile) {
    let pair = column % 256u / 64u;
    let low = sub_block_scale(fetched.weights.header, 2u * pair);
    let high = sub_block_scale(fetched.weights.header, 2u * pair + 1u);
    let quants = fetched.weights.quants;
    let at = x_vectors + thread * pitch;
    (*tiles)[at] = vec4<u32>(dequantise(quants.x, low), dequantise(quants.y, low));
    (*tiles)[at + 1u] = vec4<u32>(dequantise(quants.z, low), dequantise(quants.w, low));
    (*tiles)[at + 2u] = vec4<u32>(dequantise(quants.x >> 4u, high), dequantise(quants.y >> 4u, high));
    (*tiles)[at + 3u] = vec4<u32>(dequantise(quants.z >> 4u, high), dequantise(quants.w >> 4u, high));
  }
  (*tiles)[token_of(thread) * pitch + thread % 4u] = fetched.x0;
  (*tiles)[token_of(thread + threads) * pitch + thread % 4u] = fetched.x1;
  if (wide) {
    (*tiles)[token_of(thread + 2u * threads) * pitch + thread % 4u] = fetched.x2;
    (*tiles)[token_of(thread + 3u * threads) * pitch + thread % 4u] = fetched.x3;
  }
}

// The low nibbles of four bytes as f16 weights, bytes 0 2 1 3. A nibble in the low bits of 0x6400 is 1024 and the nibble.
fn dequantise(bytes: u32, scale: vec2<f32>) -> vec2<u32> {
  let even = bitcast<vec2<f16>>((bytes & 0x000f000fu) | 0x64006400u) - 1024.0h;
  let odd = bitcast<vec2<f16>>(((bytes >> 8u) & 0x000f000fu) | 0x64006400u) - 1024.0h;
  let s = vec2<f16>(scale);
  return vec2<u32>(bitcast<u32>(fma(even, s.xx, -s.yy)), bitcast<u32>(fma(odd, s.xx, -s.yy)));
}
