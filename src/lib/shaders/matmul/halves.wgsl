//! Weights wait as f16 in rows of their own, two a word; otherwise tiles in workgroup memory, x and sums in f32.
//! error: 1e-6 because weights are rounded to f16
//! formats: q4_k q8_0
//! resident halves: batch * rows * columns / 2
//! load repack: columns / 256, rows / 16, batch
//! let tiles: ceil(rows / tile_rows) * ceil(tokens / tile_tokens) * batch
//! let splits: max(1, min(floor(split_k_target / tiles), floor(columns / 128)))
//! scratch partial: min(splits - 1, 1) * splits * batch * tokens * rows
//! pass multiply: rows / tile_rows, tokens / tile_tokens, batch * splits
//! pass add: min(splits - 1, 1) * rows / 256, tokens, batch
//! use: format, epilogue, splits, sums, tile_sums, accumulate

struct Sizes { rows: u32, columns: u32, tokens: u32, batch: u32, stride: u32, epilogue: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> weight: array<u32>;           // batch × rows × columns
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;          // batch × tokens × columns
@group(0) @binding(3) var<storage, read_write> out: array<f32>;        // batch × tokens × stride
@group(0) @binding(4) var<storage, read> halves: array<vec4<u32>>;     // batch × rows × columns, eight a vector
@group(0) @binding(4) var<storage, read_write> loaded_halves: array<vec4<u32>>;
@group(0) @binding(5) var<storage, read_write> partial: array<f32>;    // splits × batch × tokens × rows

const row_threads = 16u;  // knob: 8 16
const token_threads = 8u; // knob: 8 16
const tile_k = 16u;       // knob: 16 32
// Split-K: with fewer tiles than this, the columns are split, and a workgroup of its own sums each split.
const split_k_target = 512u; // knob: 1 512 1024

const threads = row_threads * token_threads;
const tile_rows = 8u * row_threads;
const tile_tokens = 8u * token_threads;
const vectors = tile_k / 4u; // along the columns
const pitch = vectors + 1u; // one more than a row needs, so that neighbouring rows lie in different banks
const x_next = token_threads * pitch;
// Vectors that a thread fetches for the next step while it works on this one: eight weights each, or four of x.
const weight_loads = tile_k / token_threads;
const x_loads = 2u * tile_k / row_threads;
const_assert weight_loads <= 4u;
const_assert x_loads <= 4u;

var<workgroup> weight_tile: array<vec4<f32>, tile_rows * pitch>;
var<workgroup> x_tile: array<vec4<f32>, tile_tokens * pitch>;

struct Weights { a: vec4<u32>, b: vec4<u32>, c: vec4<u32>, d: vec4<u32> }
struct Tokens { a: vec4<f32>, b: vec4<f32>, c: vec4<f32>, d: vec4<f32> }

@compute @workgroup_size(16, 16)
fn repack(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= sizes.columns / 16u || id.y >= sizes.rows) { return; }
  let row = id.z * sizes.rows + id.y;
  let w = weights16(row * row_words(sizes.columns), id.x);
  let at = row * (sizes.columns / 8u) + 2u * id.x;
  loaded_halves[at] = vec4<u32>(halves4(w[0]), halves4(w[1]));
  loaded_halves[at + 1u] = vec4<u32>(halves4(w[2]), halves4(w[3]));
}

fn halves4(w: vec4<f32>) -> vec2<u32> { return vec2<u32>(pack2x16float(w.xy), pack2x16float(w.zw)); }

@compute @workgroup_size(threads)
fn multiply(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let matrix = group.z % sizes.batch;
  let splits = groups.z / sizes.batch;
  let split_columns = (sizes.columns + tile_k * splits - 1u) / (tile_k * splits) * tile_k;
  let first_column = group.z / sizes.batch * split_columns;
  let end_column = min(first_column + split_columns, sizes.columns);
  let first_row = group.x * tile_rows;
  let first_token = group.y * tile_tokens;
  let row = thread % row_threads;     // and every row_threads-th after it
  let token = thread / row_threads;   // and every token_threads-th after it

  var s0 = Sums(); var s1 = Sums(); var s2 = Sums(); var s3 = Sums();
  var s4 = Sums(); var s5 = Sums(); var s6 = Sums(); var s7 = Sums();
  var weights = fetch_weights(matrix, first_row, first_column, thread);
  var xs = fetch_x(matrix, first_token, first_column, thread);
  for (var column = first_column; column < end_column; column += tile_k) {
    workgroupBarrier();
    stage_weights(weights, thread);
    stage_x(xs, thread);
    workgroupBarrier();
    weights = fetch_weights(matrix, first_row, column + tile_k, thread);
    xs = fetch_x(matrix, first_token, column + tile_k, thread);
    // Indices are written out here, not in functions: only so a compiler sees that they stay within the tiles.
    for (var v = 0u; v < vectors; v++) {
      let at = token * pitch + v;
      let xa = transpose(mat4x4<f32>(x_tile[at], x_tile[at + x_next], x_tile[at + 2u * x_next], x_tile[at + 3u * x_next]));
      let xb = transpose(mat4x4<f32>(x_tile[at + 4u * x_next], x_tile[at + 5u * x_next], x_tile[at + 6u * x_next], x_tile[at + 7u * x_next]));
      let w = row * pitch + v;
      let next = row_threads * pitch;
      let w0 = weight_tile[w];             s0.a = accumulate(s0.a, w0, xa); s0.b = accumulate(s0.b, w0, xb);
      let w1 = weight_tile[w + next];      s1.a = accumulate(s1.a, w1, xa); s1.b = accumulate(s1.b, w1, xb);
      let w2 = weight_tile[w + 2u * next]; s2.a = accumulate(s2.a, w2, xa); s2.b = accumulate(s2.b, w2, xb);
      let w3 = weight_tile[w + 3u * next]; s3.a = accumulate(s3.a, w3, xa); s3.b = accumulate(s3.b, w3, xb);
      let w4 = weight_tile[w + 4u * next]; s4.a = accumulate(s4.a, w4, xa); s4.b = accumulate(s4.b, w4, xb);
      let w5 = weight_tile[w + 5u * next]; s5.a = accumulate(s5.a, w5, xa); s5.b = accumulate(s5.b, w5, xb);
      let w6 = weight_tile[w + 6u * next]; s6.a = accumulate(s6.a, w6, xa); s6.b = accumulate(s6.b, w6, xb);
      let w7 = weight_tile[w + 7u * next]; s7.a = accumulate(s7.a, w7, xa); s7.b = accumulate(s7.b, w7, xb);
    }
  }

  let from_row = first_row + row;
  let from_token = first_token + token;
  for (var i = 0u; i < min(8u, sizes.rows); i++) {
    let sums = nth(i, s0, s1, s2, s3, s4, s5, s6, s7);
    store4(group.z, splits, from_row + i * row_threads, from_token, sums.a);
    store4(group.z, splits, from_row + i * row_threads, from_token + 4u * token_threads, sums.b);
  }
}

fn fetch_weights(matrix: u32, first_row: u32, column: u32, thread: u32) -> Weights {
  var w: Weights;
  w.a = eight_weights(matrix, first_row, column, thread);
  if (weight_loads > 1u) { w.b = eight_weights(matrix, first_row, column, thread + threads); }
  if (weight_loads > 2u) { w.c = eight_weights(matrix, first_row, column, thread + 2u * threads); }
  if (weight_loads > 3u) { w.d = eight_weights(matrix, first_row, column, thread + 3u * threads); }
  return w;
}

// The i-th vector of a tile. Rows past the end repeat the last one, and are not stored; columns past the end are zero.
fn eight_weights(matrix: u32, first_row: u32, column: u32, i: u32) -> vec4<u32> {
  let row = matrix * sizes.rows + min(first_row + i / (tile_k / 8u), sizes.rows - 1u);
  let k = column + 8u * (i % (tile_k / 8u));
  return select(vec4<u32>(), halves[(row * sizes.columns + min(k, sizes.columns - 8u)) / 8u], k < sizes.columns);
}

fn stage_weights(w: Weights, thread: u32) {
  unpack_weights(w.a, thread);
  if (weight_loads > 1u) { unpack_weights(w.b, thread + threads); }
  if (weight_loads > 2u) { unpack_weights(w.c, thread + 2u * threads); }
  if (weight_loads > 3u) { unpack_weights(w.d, thread + 3u * threads); }
}

fn unpack_weights(w: vec4<u32>, i: u32) {
  let at = i / (tile_k / 8u) % tile_rows * pitch + 2u * (i % (tile_k / 8u));
  weight_tile[at] = vec4<f32>(unpack2x16float(w.x), unpack2x16float(w.y));
  weight_tile[at + 1u] = vec4<f32>(unpack2x16float(w.z), unpack2x16float(w.w));
}

fn fetch_x(matrix: u32, first_token: u32, column: u32, thread: u32) -> Tokens {
  var xs: Tokens;
  xs.a = four_of_x(matrix, first_token, column, thread);
  if (x_loads > 1u) { xs.b = four_of_x(matrix, first_token, column, thread + threads); }
  if (x_loads > 2u) { xs.c = four_of_x(matrix, first_token, column, thread + 2u * threads); }
  if (x_loads > 3u) { xs.d = four_of_x(matrix, first_token, column, thread + 3u * threads); }
  return xs;
}

// Past the end x is whatever comes last: the weights there are zero.
fn four_of_x(matrix: u32, first_token: u32, column: u32, i: u32) -> vec4<f32> {
  let token = matrix * sizes.tokens + min(first_token + i / vectors, sizes.tokens - 1u);
  let k = min(column + 4u * (i % vectors), sizes.columns - 4u);
  return x[(token * sizes.columns + k) / 4u];
}

fn stage_x(xs: Tokens, thread: u32) {
  put_x(xs.a, thread);
  if (x_loads > 1u) { put_x(xs.b, thread + threads); }
  if (x_loads > 2u) { put_x(xs.c, thread + 2u * threads); }
  if (x_loads > 3u) { put_x(xs.d, thread + 3u * threads); }
}

fn put_x(value: vec4<f32>, i: u32) { x_tile[i / vectors % tile_tokens * pitch + i % vectors] = value; }
