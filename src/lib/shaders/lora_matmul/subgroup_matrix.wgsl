//! Experimental: both ways on the GPU's matrix units, in 16 × 16 blocks of f16 summed in f32; x is rounded on its way in.
//! error: 2e-6 because weights, x and what is between the ways are rounded to f16
//! let tiles: ceil(decay / 64) + ceil(learning_rate / 64) + ceil(value / 64) + ceil(gate / 64)
//! let splits: max(1, min(floor(split_k_target / (tiles * ceil(tokens / 64))), floor(columns / 128)))
//! let ranks: decay + learning_rate + value + gate
//! scratch hidden: tokens * ranks
//! scratch partial: min(splits - 1, 1) * splits * tokens * ranks
//! pass down: tiles, tokens / 64, splits
//! pass add: min(splits - 1, 1) * ranks / 256, tokens
//! pass up: columns / 64, tokens / 64, 4
//! use: lora, lora_result, lora_tiles, lora_fetch, split_sum

diagnostic(off, chromium.subgroup_matrix_uniformity);
enable f16;
enable subgroups;
enable chromium_experimental_subgroup_matrix;
requires buffer_view;

struct Sizes { columns: u32, tokens: u32, decay: u32, learning_rate: u32, value: u32, gate: u32, wide: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> weight: array<vec4<u32>>;       // see shared/lora.wgsl
@group(0) @binding(2) var<storage, read> shifted: array<vec4<f32>>;      // 6 × tokens × columns: r k v w a g
@group(0) @binding(3) var<storage, read_write> inputs: array<f32>;       // 6 × tokens × columns: planes 3, 4 and 5 are written
@group(0) @binding(4) var<storage, read_write> gate: array<f32>;         // tokens × columns
@group(0) @binding(5) var<storage, read_write> hidden: array<vec4<f32>>; // tokens × all ranks
@group(0) @binding(6) var<storage, read_write> partial: array<f32>;      // splits × tokens × all ranks

// Split-K: with fewer tiles than this on the way down, the columns are split, and a workgroup of its own sums each split.
const split_k_target = 512u; // knob: 1 256 512

const tile = 64u;         // rows, and tokens
const threads = 128u;     // four subgroups of 32, each with a quarter of the tile: two blocks by two
const tile_k = 32u;       // columns; of a row four vectors of eight halves, and one more so that neighbours lie in different banks
const pitch = 5u;
const x_vectors = tile * pitch; // tokens first, then rows
const view = 32u * pitch; // of a quarter's tokens or rows
const sums_pitch = 36u;   // at the end each subgroup passes 16 tokens × 32 rows on at a time

var<workgroup> memory: buffer<16u * 2u * x_vectors>;

alias Tokens = subgroup_matrix_left<f16, 16, 16>;
alias Rows = subgroup_matrix_right<f16, 16, 16>;
alias Sums = subgroup_matrix_result<f32, 16, 16>;

// A thread's half of a row and of a token, sixteen columns each.
struct Fetched { weights: SixteenWeights, x: mat4x4<f32> }

@compute @workgroup_size(threads)
fn down(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
  @builtin(subgroup_id) subgroup: u32,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  multiply(down_product(group, groups.z, tile, tile), thread, subgroup, lane);
}

@compute @workgroup_size(threads)
fn up(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) thread: u32,
  @builtin(subgroup_id) subgroup: u32,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let p = up_product(group, tile, tile);
  if (p.columns == 0u) { return; }
  multiply(p, thread, subgroup, lane);
}

fn multiply(p: Product, thread: u32, subgroup: u32, lane: u32) {
  let own_token = subgroup % 2u * 32u;
  let own_row = subgroup / 2u * 32u;
  // Views that begin at the subgroup's own quarter: offsets within them are constants, which is what a compiler needs.
  let tokens = bufferView<array<vec4<u32>, view>>(&memory, own_token * pitch * 16u);
  let rows = bufferView<array<vec4<u32>, view>>(&memory, (x_vectors + own_row * pitch) * 16u);
  var s00: Sums; var s01: Sums; var s10: Sums; var s11: Sums; // s<16 tokens><16 rows>
  var fetched = fetch(p, p.first_column, thread);
  for (var column = p.first_column; column < p.end_column; column += tile_k) {
    workgroupBarrier();
    stage(fetched, p, column, thread);
    workgroupBarrier();
    fetched = fetch(p, column + tile_k, thread);
    for (var k = 0u; k < 4u; k += 2u) {
      let r0 = subgroupMatrixLoad<Rows, col_major>(rows, k, pitch);
      let r1 = subgroupMatrixLoad<Rows, col_major>(rows, 16u * pitch + k, pitch);
      let t0 = subgroupMatrixLoad<Tokens, row_major>(tokens, k, pitch);
      s00 = subgroupMatrixMultiplyAccumulate(t0, r0, s00);
      s01 = subgroupMatrixMultiplyAccumulate(t0, r1, s01);
      let t1 = subgroupMatrixLoad<Tokens, row_major>(tokens, 16u * pitch + k, pitch);
      s10 = subgroupMatrixMultiplyAccumulate(t1, r0, s10);
      s11 = subgroupMatrixMultiplyAccumulate(t1, r1, s11);
    }
  }
  workgroupBarrier(); // the last step's tiles have been read
  let sums = subgroup * 16u * sums_pitch;
  put16(p, s00, s01, p.first_row + own_row, p.first_token + own_token, sums, lane);
  put16(p, s10, s11, p.first_row + own_row, p.first_token + own_token + 16u, sums, lane);
}

// Rows and tokens past the end repeat the last one, and are not stored; columns past the end are staged as zeros.
fn fetch(p: Product, column: u32, thread: u32) -> Fetched {
  let k = min(column + thread % 2u * 16u, p.columns - 16u);
  let row = min(p.first_row + place_of(thread), p.rows - 1u);
  let token = min(p.first_token + place_of(thread), sizes.tokens - 1u);
  let at = (p.x_first + token * p.x_stride + k) / 4u;
  var fetched: Fetched;
  fetched.weights = fetch16(p.first, p.wide, row * p.columns + k);
  if (p.up) { fetched.x = mat4x4<f32>(hidden[at], hidden[at + 1u], hidden[at + 2u], hidden[at + 3u]); }
  else { fetched.x = mat4x4<f32>(shifted[at], shifted[at + 1u], shifted[at + 2u], shifted[at + 3u]); }
  return fetched;
}

// The row, and the token, of which a thread has half. Those of eight neighbours lie in different banks: 0, 1, 4 and 5, then 2, 3, 6 and 7.
// The remainder shows a compiler that all stays within the tiles.
fn place_of(thread: u32) -> u32 {
  let i = thread % threads / 2u;
  return i / 8u * 8u + i % 2u + i / 2u % 2u * 4u + i / 4u % 2u * 2u;
}

fn stage(fetched: Fetched, p: Product, column: u32, thread: u32) {
  let tiles = bufferView<array<vec4<u32>, 2u * x_vectors>>(&memory, 0u);
  let there = column + thread % 2u * 16u < p.end_column;
  let at = place_of(thread) * pitch + thread % 2u * 2u;
  (*tiles)[at] = select(vec4<u32>(), eight(fetched.x[0], fetched.x[1]), there);
  (*tiles)[at + 1u] = select(vec4<u32>(), eight(fetched.x[2], fetched.x[3]), there);
  var low = fetched.weights.a;
  var high = fetched.weights.b;
  if (p.wide) {
    low = eight(bitcast<vec4<f32>>(fetched.weights.a), bitcast<vec4<f32>>(fetched.weights.b));
    high = eight(bitcast<vec4<f32>>(fetched.weights.c), bitcast<vec4<f32>>(fetched.weights.d));
  }
  (*tiles)[x_vectors + at] = select(vec4<u32>(), low, there);
  (*tiles)[x_vectors + at + 1u] = select(vec4<u32>(), high, there);
}

fn eight(a: vec4<f32>, b: vec4<f32>) -> vec4<u32> {
  return vec4<u32>(pack2x16float(a.xy), pack2x16float(a.zw), pack2x16float(b.xy), pack2x16float(b.zw));
}

// Sixteen tokens of a quarter, from matrix units to where they belong.
fn put16(p: Product, s0: Sums, s1: Sums, first_row: u32, first_token: u32, memory_at: u32, lane: u32) {
  let sums = bufferView<array<f32, 4u * 16u * sums_pitch + 32u>>(&memory, 0u);
  subgroupMatrixStore<row_major>(sums, memory_at, s0, sums_pitch);
  subgroupMatrixStore<row_major>(sums, memory_at + 16u, s1, sums_pitch);
  workgroupBarrier();
  for (var t = 0u; t < 16u; t++) {
    let row = first_row + lane % 32u;
    let token = first_token + t;
    if (row < p.rows && token < sizes.tokens) { put_one(p, row, token, (*sums)[memory_at + t * sums_pitch + lane % 32u]); }
  }
  workgroupBarrier();
}

fn put_one(p: Product, row: u32, token: u32, sum: f32) {
  let at = token * p.out_stride + p.out_first + row;
  if (p.up) { put_result(p.lora, token, row, sum); }
  else if (p.splits == 1u) { hidden[at / 4u][at % 4u] = between(p.lora, sum); }
  else { partial[p.split * sizes.tokens * p.out_stride + at] = sum; }
}

// The values between the two projections have to fit an f16; a NaN, which clamp() drops, stays one.
fn between(index: u32, sum: f32) -> f32 {
  let value = inner(index, sum);
  let is_nan = (bitcast<u32>(value) & 0x7fffffffu) > 0x7f800000u;
  return select(clamp(value, -65504.0, 65504.0), value, is_nan);
}

@compute @workgroup_size(256)
fn add(@builtin(global_invocation_id) id: vec3u) {
  let ranks = all_ranks();
  if (id.x >= ranks) { return; }
  let at = id.y * ranks + id.x;
  let sum = sum_of_splits(at, sizes.tokens * ranks);
  hidden[at / 4u][at % 4u] = between(lora_of(id.x), sum);
}
