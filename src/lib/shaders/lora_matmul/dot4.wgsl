//! Tiles of 8-bit integer products: x, the weights and what is between the ways are rounded to 8 bits in blocks of 32.
//! error: 6e-4 because x, the weights and what is between the ways are rounded to 8 bits
//! let ranks: decay + learning_rate + value + gate
//! let rank_blocks: ceil(decay / 32) + ceil(learning_rate / 32) + ceil(value / 32) + ceil(gate / 32)
//! let tiles: ceil(decay / 64) + ceil(learning_rate / 64) + ceil(value / 64) + ceil(gate / 64)
//! let planes: 2 + min(value, 1)
//! let most: min(floor(columns / 128), floor(planes * columns / ranks))
//! let splits: max(1, min(floor(split_k_target / (tiles * ceil(tokens / tile_tokens))), most))
//! let x_blocks: 4 * tokens * columns / 32
//! let weight_blocks: ranks * columns / 32 + columns * rank_blocks
//! scratch x_rounded: 8 * x_blocks
//! scratch x_scales: x_blocks
//! scratch rounded: 8 * (weight_blocks + tokens * rank_blocks)
//! scratch scales: weight_blocks + tokens * rank_blocks
//! pass round: (x_blocks + weight_blocks) / 512, 16
//! pass down: tiles, tokens / tile_tokens, splits
//! pass add: tokens * rank_blocks / 32
//! pass up: columns / 64, tokens / tile_tokens, 4
//! use: sums, lora, rounded_bytes

requires packed_4x8_integer_dot_product;

struct Sizes { columns: u32, tokens: u32, decay: u32, learning_rate: u32, value: u32, gate: u32, wide: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> weight: array<vec4<u32>>;       // see shared/lora.wgsl
@group(0) @binding(2) var<storage, read> shifted: array<vec4<f32>>;      // 6 × tokens × columns: r k v w a g
@group(0) @binding(3) var<storage, read_write> inputs: array<f32>;       // 6 × tokens × columns: planes 3, 4 and 5 are written
@group(0) @binding(4) var<storage, read_write> gate: array<f32>;         // tokens × columns
// Blocks of 32 numbers in two vectors of bytes, each with a scale: of x (v w a g × tokens × columns), and of the weights of the way
// down (ranks × columns), up (columns × ranks), and what is between the ways (tokens × ranks). The ranks of each LoRA begin a block,
// and zeros fill its last one. Weights are rounded anew each time: in a layout of their own they would take more memory than time.
@group(0) @binding(5) var<storage, read_write> x_rounded: array<vec4<u32>>;
@group(0) @binding(6) var<storage, read_write> x_scales: array<f32>;
@group(0) @binding(7) var<storage, read_write> rounded: array<vec4<u32>>;
@group(0) @binding(8) var<storage, read_write> scales: array<f32>;

// Split-K: with fewer tiles than this on the way down, the columns are split, and a workgroup of its own sums each split. The sums wait
// for the pass `add` in the planes that the way up writes, of which the last is the value's: splits × tokens × all ranks.
const split_k_target = 640u; // knob: 256 640 1280
const token_threads = 16u;   // knob: 8 16

const tile_rows = 64u;
const tile_tokens = 4u * token_threads;
const threads = 8u * token_threads;
// A step covers two blocks. A row or a token of a tile has the bytes of the first, of the second, and then both scales: five
// vectors, so that neighbouring rows lie in different banks. Words of tokens lie in pairs the other way round, as in shared/eight_bits.wgsl.
const pitch = 5u;
const w_next = 8u * pitch;
const x_next = token_threads * pitch;
const round_threads = 256u;

var<workgroup> weight_tile: array<vec4<u32>, tile_rows * pitch>;
var<workgroup> x_tile: array<vec4<u32>, tile_tokens * pitch>;
var<workgroup> widths: array<u32, round_threads>;

struct Block { a: vec4<u32>, b: vec4<u32>, scale: f32 }
struct Tokens { t0: Block, t1: Block, t2: Block, t3: Block }

// ---- rounding ----

fn column_blocks() -> u32 { return sizes.columns / 32u; }
fn blocks_of(rank: u32) -> u32 { return (rank + 31u) / 32u; }
fn all_rank_blocks() -> u32 { return rank_blocks_before(4u); }
fn rank_blocks_before(index: u32) -> u32 {
  let blocks = (vec4<u32>(sizes.decay, sizes.learning_rate, sizes.value, sizes.gate) + 31u) / 32u;
  return sum_of(select(vec4<u32>(), blocks, vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(index)));
}
fn lora_of_block(block: u32) -> u32 {
  return u32(block >= rank_blocks_before(1u)) + u32(block >= rank_blocks_before(2u)) + u32(block >= rank_blocks_before(3u));
}
fn first_up() -> u32 { return all_ranks() * column_blocks(); }
fn first_hidden() -> u32 { return first_up() + sizes.columns * all_rank_blocks(); }

@compute @workgroup_size(round_threads)
fn round(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let x_blocks = 4u * sizes.tokens * column_blocks();
  let i = (group.x * 16u + group.y) * 32u + thread / 8u;
  let of_x = i < x_blocks;
  let block = select(i - x_blocks, i, of_x);
  let part = thread % 8u * 4u;
  var numbers = vec4<f32>();
  if (of_x) {
    numbers = shifted[sizes.tokens * sizes.columns / 2u + block * 8u + part / 4u]; // the planes after r and k
  } else if (block < first_up()) {
    let row = block / column_blocks();
    let own = lora(lora_of(row));
    numbers = weights4(own, own.first, (row - own.before) * sizes.columns + block % column_blocks() * 32u + part);
  } else if (block < first_hidden()) {
    let channel = (block - first_up()) / all_rank_blocks();
    let rank_block = (block - first_up()) % all_rank_blocks();
    let index = lora_of_block(rank_block);
    let own = lora(index);
    let rank = (rank_block - rank_blocks_before(index)) * 32u + part;
    if (rank < own.rank) { numbers = weights4(own, way_vectors() + own.first, channel * own.rank + rank); }
  }
  let found = round_block(numbers, thread);
  if (of_x) {
    x_rounded[block * 2u + thread % 8u / 4u][thread % 4u] = found.bytes;
    if (thread % 8u == 0u) { x_scales[block] = found.scale; }
  } else if (block < first_hidden()) {
    keep_block(found, block, thread);
  }
}

fn keep_block(found: Rounded, block: u32, thread: u32) {
  rounded[block * 2u + thread % 8u / 4u][thread % 4u] = found.bytes;
  if (thread % 8u == 0u) { scales[block] = found.scale; }
}

// Four weights of a LoRA, from the i-th on.
fn weights4(own: Lora, first: u32, i: u32) -> vec4<f32> {
  if (own.wide) { return bitcast<vec4<f32>>(weight[first + i / 4u]); }
  let eight = weight[first + i / 8u];
  return halves4(select(eight.xy, eight.zw, i % 8u >= 4u));
}

struct Rounded { bytes: u32, scale: f32 }

// Eight threads side by side have a block: a block's largest is 127, and its scale says what that is worth.
fn round_block(numbers: vec4<f32>, thread: u32) -> Rounded {
  let m = magnitude(numbers);
  widths[thread % round_threads] = max(max(m.x, m.y), max(m.z, m.w));
  workgroupBarrier();
  var widest = 0u;
  for (var n = 0u; n < 8u; n++) { widest = max(widest, widths[thread % round_threads / 8u * 8u + n]); }
  // With the last two bits zero, `whole` times the scale is exact.
  let scale = bitcast<f32>(bitcast<u32>(bitcast<f32>(widest) / 127.0) & 0xfffffffcu);
  let inverse = select(1.0 / scale, 0.0, scale == 0.0);
  return Rounded(bytes(numbers * inverse), scale);
}

// The sums of the splits, through the function between the ways.
@compute @workgroup_size(round_threads)
fn add(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let block = group.x * 32u + thread / 8u;
  let token = min(block / all_rank_blocks(), sizes.tokens - 1u);
  let i = block % all_rank_blocks();
  let index = lora_of_block(i);
  let own = lora(index);
  let rank = (i - rank_blocks_before(index)) * 32u + thread % 8u * 4u;
  var numbers = vec4<f32>();
  if (rank < own.rank) {
    let splits = split_count();
    var sum = vec4<f32>();
    for (var split = 0u; split < splits; split += 2u) { // two do not wait for one another
      let second = four_sums(min(split + 1u, splits - 1u), token, own.before + rank);
      sum += four_sums(split, token, own.before + rank) + select(vec4<f32>(), second, split + 1u < splits);
    }
    numbers = vec4<f32>(inner(index, sum.x), inner(index, sum.y), inner(index, sum.z), inner(index, sum.w));
  }
  let found = round_block(numbers, thread);
  if (block < sizes.tokens * all_rank_blocks()) { keep_block(found, first_hidden() + block, thread); }
}

fn four_sums(split: u32, token: u32, rank: u32) -> vec4<f32> {
  let at = sum_place(split, token, rank);
  return vec4<f32>(inputs[at], inputs[at + 1u], inputs[at + 2u], inputs[at + 3u]);
}

fn sum_place(split: u32, token: u32, rank: u32) -> u32 {
  return 3u * sizes.tokens * sizes.columns + (split * sizes.tokens + token) * all_ranks() + rank;
}

// As `splits` in the header.
fn split_count() -> u32 {
  let rows = (vec4<u32>(sizes.decay, sizes.learning_rate, sizes.value, sizes.gate) + tile_rows - 1u) / tile_rows;
  let tiles = sum_of(rows) * ((sizes.tokens + tile_tokens - 1u) / tile_tokens);
  let planes = 2u + min(sizes.value, 1u);
  return max(1u, min(split_k_target / tiles, min(sizes.columns / 128u, planes * sizes.columns / all_ranks())));
}

// ---- products ----

// One tile of a product; lengths and places are in blocks.
struct Product {
  lora: u32, up: bool, rows: u32, first_row: u32, first_token: u32, first_block: u32, end_block: u32,
  w_first: u32, w_stride: u32, x_first: u32, x_stride: u32, split: u32,
}

@compute @workgroup_size(threads)
fn down(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  var index = 0u;
  var tile = group.x;
  loop { // which LoRA's tile this is
    let tiles = (lora(index).rank + tile_rows - 1u) / tile_rows;
    if (tile < tiles || index == 3u) { break; }
    tile -= tiles;
    index++;
  }
  let own = lora(index);
  let columns = column_blocks();
  let splits = split_count();
  let split_blocks = (columns + 2u * splits - 1u) / (2u * splits) * 2u;
  let first_block = group.z * split_blocks;
  multiply(Product(
    index, false, own.rank, tile * tile_rows, group.y * tile_tokens, first_block, min(first_block + split_blocks, columns),
    own.before * columns, columns, (own.plane - 2u) * sizes.tokens * columns, columns, group.z,
  ), thread);
}

@compute @workgroup_size(threads)
fn up(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let index = 3u - group.z; // the gate first: its rank is the highest, and what takes longest should not be last
  let rank = lora(index).rank;
  if (rank == 0u) { return; }
  let stride = all_rank_blocks();
  let before = rank_blocks_before(index);
  multiply(Product(
    index, true, sizes.columns, group.x * tile_rows, group.y * tile_tokens, 0u, blocks_of(rank),
    first_up() + before, stride, first_hidden() + before, stride, 0u,
  ), thread);
}

fn multiply(p: Product, thread_index: u32) {
  let thread = thread_index % threads; // the remainder shows a compiler that indices stay within the tiles
  // Eight rows by four tokens to 32 threads that run together; threads one apart share rows, and threads two apart tokens.
  let row = thread / 2u % 8u; // and every eighth after it
  let token = thread % 2u + thread / 16u % 2u * 2u + thread / 32u * 4u; // and every token_threads-th after it
  let wt = row * pitch;
  let xt = token * pitch;
  // A thread has four tokens, so that only `a` of its sums is used.
  var s0 = Sums(); var s1 = Sums(); var s2 = Sums(); var s3 = Sums();
  var s4 = Sums(); var s5 = Sums(); var s6 = Sums(); var s7 = Sums();
  var w0 = fetch_weights(p, p.first_block, thread);
  var w1 = fetch_weights(p, p.first_block, thread + threads);
  var x = fetch_x(p, p.first_block, thread);
  for (var block = p.first_block; block < p.end_block; block += 2u) {
    workgroupBarrier();
    stage_weights(w0, thread);
    if (token_threads == 8u) { stage_weights(w1, thread + threads); }
    let at = thread / 2u * pitch + thread % 2u * 2u;
    x_tile[at] = x.a.yxwz;
    x_tile[at + 1u] = x.b.yxwz;
    x_tile[thread / 2u * pitch + 4u][thread % 2u] = bitcast<u32>(x.scale);
    workgroupBarrier();
    let next = min(block + 2u, p.end_block - 1u);
    w0 = fetch_weights(p, next, thread);
    if (token_threads == 8u) { w1 = fetch_weights(p, next, thread + threads); }
    x = fetch_x(p, next, thread);
    for (var half = 0u; half < min(2u, p.end_block - block); half++) {
      let i = xt + half % 2u * 2u;
      let xs = Tokens(
        Block(x_tile[i], x_tile[i + 1u], scale_of(x_tile[xt + 4u], half)),
        Block(x_tile[i + x_next], x_tile[i + x_next + 1u], scale_of(x_tile[xt + x_next + 4u], half)),
        Block(x_tile[i + 2u * x_next], x_tile[i + 2u * x_next + 1u], scale_of(x_tile[xt + 2u * x_next + 4u], half)),
        Block(x_tile[i + 3u * x_next], x_tile[i + 3u * x_next + 1u], scale_of(x_tile[xt + 3u * x_next + 4u], half)),
      );
      let j = wt + half % 2u * 2u;
      s0.a = add_products(s0.a, Block(weight_tile[j], weight_tile[j + 1u], scale_of(weight_tile[wt + 4u], half)), xs);
      s1.a = add_products(s1.a, Block(weight_tile[j + w_next], weight_tile[j + w_next + 1u], scale_of(weight_tile[wt + w_next + 4u], half)), xs);
      s2.a = add_products(s2.a, Block(weight_tile[j + 2u * w_next], weight_tile[j + 2u * w_next + 1u], scale_of(weight_tile[wt + 2u * w_next + 4u], half)), xs);
      s3.a = add_products(s3.a, Block(weight_tile[j + 3u * w_next], weight_tile[j + 3u * w_next + 1u], scale_of(weight_tile[wt + 3u * w_next + 4u], half)), xs);
      s4.a = add_products(s4.a, Block(weight_tile[j + 4u * w_next], weight_tile[j + 4u * w_next + 1u], scale_of(weight_tile[wt + 4u * w_next + 4u], half)), xs);
      s5.a = add_products(s5.a, Block(weight_tile[j + 5u * w_next], weight_tile[j + 5u * w_next + 1u], scale_of(weight_tile[wt + 5u * w_next + 4u], half)), xs);
      s6.a = add_products(s6.a, Block(weight_tile[j + 6u * w_next], weight_tile[j + 6u * w_next + 1u], scale_of(weight_tile[wt + 6u * w_next + 4u], half)), xs);
      s7.a = add_products(s7.a, Block(weight_tile[j + 7u * w_next], weight_tile[j + 7u * w_next + 1u], scale_of(weight_tile[wt + 7u * w_next + 4u], half)), xs);
    }
  }
  for (var i = 0u; i < min(8u, sizes.columns); i++) {
    put(p, p.first_row + row + i * 8u, p.first_token + token, nth(i, s0, s1, s2, s3, s4, s5, s6, s7).a);
  }
}

fn scale_of(both: vec4<u32>, half: u32) -> f32 { return bitcast<f32>(select(both.x, both.y, half == 1u)); }

// Rows, tokens and blocks past the end repeat the last one, and are not used.
fn fetch_weights(p: Product, block: u32, i: u32) -> Block {
  let row = min(p.first_row + i / 2u, p.rows - 1u);
  return fetch(p.w_first + row * p.w_stride + min(block + i % 2u, p.end_block - 1u));
}

fn fetch_x(p: Product, block: u32, i: u32) -> Block {
  let token = min(p.first_token + i / 2u, sizes.tokens - 1u);
  let at = p.x_first + token * p.x_stride + min(block + i % 2u, p.end_block - 1u);
  if (p.up) { return fetch(at); }
  return Block(x_rounded[2u * at], x_rounded[2u * at + 1u], x_scales[at]);
}

fn fetch(block: u32) -> Block { return Block(rounded[2u * block], rounded[2u * block + 1u], scales[block]); }

fn stage_weights(w: Block, i: u32) {
  let at = i / 2u % tile_rows * pitch;
  weight_tile[at + i % 2u * 2u] = w.a;
  weight_tile[at + i % 2u * 2u + 1u] = w.b;
  weight_tile[at + 4u][i % 2u] = bitcast<u32>(w.scale);
}

// The first operation makes a sum a number, takes `whole` away and multiplies it by the scale of x.
fn add_products(sum: vec4<f32>, w: Block, x: Tokens) -> vec4<f32> {
  let dots = vec4<i32>(dot32(w, x.t0), dot32(w, x.t1), dot32(w, x.t2), dot32(w, x.t3));
  let scale = vec4<f32>(x.t0.scale, x.t1.scale, x.t2.scale, x.t3.scale);
  return fma(vec4<f32>(w.scale), fma(bitcast<vec4<f32>>(dots), scale, -whole * scale), sum);
}

fn dot32(w: Block, x: Block) -> i32 {
  return whole_bits + dot4I8Packed(w.a.x, x.a.y) + dot4I8Packed(w.a.y, x.a.x) + dot4I8Packed(w.a.z, x.a.w) + dot4I8Packed(w.a.w, x.a.z)
    + dot4I8Packed(w.b.x, x.b.y) + dot4I8Packed(w.b.y, x.b.x) + dot4I8Packed(w.b.z, x.b.w) + dot4I8Packed(w.b.w, x.b.z);
}

// A row's sums for four tokens.
fn put(p: Product, row: u32, first_token: u32, sums: vec4<f32>) {
  if (row >= p.rows) { return; }
  for (var t = 0u; t < 4u; t++) {
    let token = first_token + t * token_threads;
    if (token >= sizes.tokens) { return; }
    if (!p.up) { inputs[sum_place(p.split, token, lora(p.lora).before + row)] = sums[t]; }
    else if (p.lora == 3u) { gate[token * sizes.columns + row] = sums[t]; }
    else { inputs[((3u + p.lora) * sizes.tokens + token) * sizes.columns + row] = sums[t]; }
  }
}
