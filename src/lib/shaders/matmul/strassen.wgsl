//! Exact, for large chunks: seven products of half the size in place of eight (Strassen), so an eighth fewer multiplications.
//! formats: q4_k
//! let row_half: rows / 2
//! let token_half: tokens / 2
//! let tiles: ceil(row_half / tile_rows) * ceil(token_half / tile_tokens) * batch * products
//! let splits: max(1, min(floor(split_k_target / tiles), floor(columns / 512)))
//! scratch operands: batch * products * token_half * columns / 2
//! scratch partial: splits * batch * products * token_half * row_half
//! pass combine: columns / 8 / 64, token_half, batch
//! pass multiply: token_half / tile_tokens, row_half / tile_rows, products * batch * splits
//! pass add: row_half / 256, token_half, batch
//! use: epilogue, sums, accumulate, f32_tiles, q4_k_header

// Rows, columns and tokens are halved: W = (W11 W12; W21 W22), X = (X11 X12; X21 X22), columns by tokens. The seven products are
//
//   1  (W11 + W22)(X11 + X22)      4  W22 (X21 − X11)             7  (W12 − W22)(X21 + X22)
//   2  (W21 + W22) X11             5  (W11 + W12) X22
//   3  W11 (X12 − X22)             6  (W21 − W11)(X11 + X12)
//
// and the result is (1 + 4 − 5 + 7, 3 + 5; 2 + 4, 1 − 2 + 3 + 6). Weights are added as they are dequantised, x before. Rounding
// errors are relative to the whole matrix and not to each row: a row of small weights gets those of the row half a matrix away.
// The second half of an odd number is filled up with zeros. A token that is not a number makes the token half a chunk away one too.

struct Sizes { rows: u32, columns: u32, tokens: u32, batch: u32, stride: u32, epilogue: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> weight: array<vec4<u32>>;     // batch × rows × columns, q4_K blocks of 9 vectors
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;          // batch × tokens × columns
@group(0) @binding(3) var<storage, read_write> out: array<f32>;        // batch × tokens × stride
@group(0) @binding(4) var<storage, read_write> operands: array<vec4<f32>>; // batch × products × tokens / 2 × columns / 2
@group(0) @binding(5) var<storage, read_write> partial: array<f32>;    // splits × batch × products × tokens / 2 × rows / 2

const token_threads = 8u; // knob: 4 8 16
// Split-K: with fewer tiles than this, the columns are split, and a workgroup of its own sums each split.
const split_k_target = 2240u; // knob: 1 640 1280 2240

const products = 7u;
const column_parts = 2u;

fn bit(bits: u32, product: u32) -> u32 { return (bits >> product) & 1u; }

fn halved(n: u32) -> u32 { return (n + 1u) / 2u; }

// The x of the seven products.
@compute @workgroup_size(64)
fn combine(@builtin(global_invocation_id) id: vec3u) {
  let columns = sizes.columns / 8u; // in vectors of four, of one half
  if (id.x >= columns) { return; }
  let token_half = halved(sizes.tokens);
  let first = (id.z * sizes.tokens + id.y) * 2u * columns + id.x;
  let second = first + token_half * 2u * columns;
  let x11 = x[first];
  let x21 = x[first + columns];
  var x12 = vec4<f32>();
  var x22 = vec4<f32>();
  if (id.y + token_half < sizes.tokens) {
    x12 = x[second];
    x22 = x[second + columns];
  }
  let apart = token_half * columns;
  let at = id.z * products * apart + id.y * columns + id.x;
  operands[at] = x11 + x22;
  operands[at + apart] = x11;
  operands[at + 2u * apart] = x12 - x22;
  operands[at + 3u * apart] = x21 - x11;
  operands[at + 4u * apart] = x22;
  operands[at + 5u * apart] = x11 + x12;
  operands[at + 6u * apart] = x21 + x22;
}

struct Bytes { header: vec4<u32>, quants: vec4<u32>, second_header: vec4<u32>, second_quants: vec4<u32> }
// Rows of weights: the first, how many of this workgroup's tile there are, and the first column.
struct Part { row: u32, rows: u32, column: u32 }
// `sign` of the second part: 1, −1, or 0 where the product has but one.
struct Place { first: Part, second: Part, sign: f32, token: u32, last_token: u32 }

fn place_of(group: vec3u) -> Place {
  // A bit for each product, the first one's the lowest: in the first and the second part of W ± W, is it the second half of the
  // rows, of the columns?
  let first_rows = 0x2au;
  let first_columns = 0x48u;
  let second_rows = 0x43u;
  let second_columns = 0x53u;
  let has_second = 0x73u;
  let is_difference = 0x60u;
  let product = group.z % products;
  let matrix = group.z / products % sizes.batch;
  let token_half = halved(sizes.tokens);
  let plane = (matrix * products + product) * token_half;
  return Place(
    part_of(matrix, group.y * tile_rows, bit(first_rows, product), bit(first_columns, product)),
    part_of(matrix, group.y * tile_rows, bit(second_rows, product), bit(second_columns, product)),
    f32(bit(has_second, product)) - 2.0 * f32(bit(is_difference, product)),
    plane + group.x * tile_tokens, plane + token_half - 1u,
  );
}

fn part_of(matrix: u32, row: u32, row_half: u32, column_half: u32) -> Part {
  let first = row_half * halved(sizes.rows) + row;
  return Part(matrix * sizes.rows + first, sizes.rows - min(first, sizes.rows), column_half * (sizes.columns / 2u));
}

// Headers are fetched where a block begins in either part.
fn fetch_weights(place: Place, column: u32, row: u32, before: Bytes, first: bool) -> Bytes {
  var bytes = before;
  let at = block_of(place.first, column, row);
  let second_at = block_of(place.second, column, row);
  let in_block = (place.first.column + column) % 256u;
  let in_second = (place.second.column + column) % 256u;
  if (first || in_block == 0u || in_second == 0u) {
    bytes.header = weight[at];
    bytes.second_header = weight[second_at];
  }
  bytes.quants = weight[at + 1u + in_block / tile_k];
  bytes.second_quants = weight[second_at + 1u + in_second / tile_k];
  return bytes;
}

// Rows past the end repeat the last one of the matrix.
fn block_of(part: Part, column: u32, row: u32) -> u32 {
  let clamped = part.row + row - select(0u, row + 1u - part.rows, row >= part.rows);
  return (clamped * (sizes.columns / 256u) + (part.column + column) / 256u) * 9u;
}

fn fetch_x(place: Place, column: u32, i: u32) -> vec4<f32> {
  let token = min(place.token + i / 8u, place.last_token);
  return operands[(token * (sizes.columns / 2u) + x_column(column, i)) / 4u];
}

fn stage_weights(place: Place, bytes: Bytes, column: u32, i: u32) {
  let row = i / 2u % tile_rows;
  let first = select(vec2<f32>(), scale_of(bytes.header, place.first.column + column, i), row < place.first.rows);
  let second = select(vec2<f32>(), scale_of(bytes.second_header, place.second.column + column, i), row < place.second.rows) * place.sign;
  let q = bytes.quants >> shift_of(i);
  let r = bytes.second_quants >> shift_of(i);
  let minimum = first.y + second.y;
  stage_row(mat4x4<f32>(
    first.x * nibbles(q.x) + (second.x * nibbles(r.x) - minimum), first.x * nibbles(q.y) + (second.x * nibbles(r.y) - minimum),
    first.x * nibbles(q.z) + (second.x * nibbles(r.z) - minimum), first.x * nibbles(q.w) + (second.x * nibbles(r.w) - minimum),
  ), i);
}

fn store4(product: u32, splits: u32, row: u32, token: u32, sums: vec4<f32>) {
  let row_half = halved(sizes.rows);
  let token_half = halved(sizes.tokens);
  if (row >= row_half) { return; }
  for (var t = 0u; t < 4u; t++) {
    let at = token + t * token_threads;
    if (at < token_half) { partial[(product * token_half + at) * row_half + row] = sums[t]; }
  }
}

@compute @workgroup_size(256)
fn add(@builtin(global_invocation_id) id: vec3u) {
  let row_half = halved(sizes.rows);
  let token_half = halved(sizes.tokens);
  if (id.x >= row_half) { return; }
  let apart = token_half * row_half;
  var p: array<f32, 7>;
  for (var at = id.z * products * apart + id.y * row_half + id.x; at < arrayLength(&partial); at += sizes.batch * products * apart) {
    for (var i = 0u; i < products; i++) { p[i] += partial[at + i * apart]; }
  }
  finish_one(id, 0u, 0u, p[0] + p[3] - p[4] + p[6]);
  finish_one(id, 0u, token_half, p[2] + p[4]);
  finish_one(id, row_half, 0u, p[1] + p[3]);
  finish_one(id, row_half, token_half, p[0] - p[1] + p[2] + p[5]);
}

fn finish_one(id: vec3u, first_row: u32, first_token: u32, sum: f32) {
  let row = first_row + id.x;
  let token = first_token + id.y;
  if (row < sizes.rows && token < sizes.tokens) { finish(sum, (id.z * sizes.tokens + token) * sizes.stride + row); }
}
