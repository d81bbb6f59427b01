//! Tiles of f16, half the bytes to move; products are summed in f16 for so many columns, and these sums in f32.
//! error: 4e-5 because weights, x and sums of 32 columns are rounded to f16
//! formats: q4_k
//! let tiles: ceil(rows / tile_rows) * ceil(tokens / tile_tokens) * batch
//! let splits: max(1, min(floor(split_k_target / tiles), floor(columns / 256)))
//! scratch halves: batch * tokens * columns / 2
//! scratch scales: batch * tokens
//! scratch partial: min(splits - 1, 1) * splits * batch * tokens * rows
//! pass halve: tokens, batch
//! pass multiply: rows / tile_rows, tokens / tile_tokens, batch * splits
//! pass add: min(splits - 1, 1) * rows / 256, tokens, batch
//! use: epilogue, splits, sums, tile_sums, accumulate, q4_k_header
//! unroll: written_out

enable f16;

struct Sizes { rows: u32, columns: u32, tokens: u32, batch: u32, stride: u32, epilogue: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> weight: array<vec4<u32>>;     // batch × rows × columns, q4_K blocks of 9 vectors
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;          // batch × tokens × columns
@group(0) @binding(3) var<storage, read_write> out: array<f32>;        // batch × tokens × stride
@group(0) @binding(4) var<storage, read_write> halves: array<vec4<f16>>; // batch × tokens × columns: x / scale
@group(0) @binding(5) var<storage, read_write> scales: array<f32>;     // batch × tokens
@group(0) @binding(6) var<storage, read_write> partial: array<f32>;    // splits × batch × tokens × rows

const token_threads = 8u; // knob: 8 16
// Columns whose products are summed in f16 before the sum goes to f32. With 0, f16 is only how the tiles are kept.
const flush = 32u;        // knob: 0 32
// Split-K: with fewer tiles than this, the columns are split, and a workgroup of its own sums each split.
const split_k_target = 512u; // knob: 1 512 1024

const written_out = 1u;   // knob: 1 8

const row_threads = 16u;
const threads = row_threads * token_threads;
const tile_rows = 8u * row_threads;
const tile_tokens = 8u * token_threads;
// Sixteen bytes of a row are 16 columns of one sub-block in their low nibbles and 16 of the next in their high ones:
// those 32 are a step. A tile has them as eight vectors a row, and one more that keeps neighbouring rows in different banks.
const tile_k = 32u;
const pitch = 9u;
const x_next = token_threads * pitch;
const round_vectors = select(flush, tile_k, flush == 0u) / 4u; // vectors from one flush to the next
// A thread dequantises the low or the high nibbles of so many rows, as many rows apart, and stages four vectors of x.
const weight_loads = 2u * tile_rows / threads;
const half_rows = threads / 2u;
// A token with a number above this is scaled down to it: the hidden state of channel mix is a square, and may be beyond
// f16's 65504. Halves of 32 products stay below that too, for weights below 8.
const largest_x = 256.0;

var<workgroup> weight_tile: array<vec4<f16>, tile_rows * pitch>;
var<workgroup> x_tile: array<vec4<f16>, tile_tokens * pitch>;
var<workgroup> largest: array<f32, 64>;

// Halves of a row and four tokens: over the columns since the last flush, and over those before.
struct Halves { recent: vec4<f16>, flushed: vec4<f32> }
struct Bytes { header: vec4<u32>, quants: vec4<u32> }
// The data that a thread fetches for a step; `weight_loads` says how many of the weights.
struct Fetched {
  w0: Bytes, w1: Bytes, w2: Bytes, w3: Bytes,
  x0: vec4<f16>, x1: vec4<f16>, x2: vec4<f16>, x3: vec4<f16>,
}
// First row and token of this workgroup's tile, counted through all matrices.
struct Place { row: u32, last_row: u32, token: u32, last_token: u32 }

// A token's x as f16, by a workgroup.
@compute @workgroup_size(64)
fn halve(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let token = group.y * sizes.tokens + group.x;
  let first = token * (sizes.columns / 4u);
  let end = first + sizes.columns / 4u;
  var most = vec4<f32>();
  for (var v = first + thread; v < end; v += 64u) { most = max(most, abs(x[v])); }
  largest[thread] = max(max(most.x, most.y), max(most.z, most.w));
  for (var others = 32u; others > 0u; others /= 2u) {
    workgroupBarrier();
    if (thread < others) { largest[thread] = max(largest[thread], largest[thread + others]); }
  }
  workgroupBarrier();
  let scale = max(1.0, largest[0] / largest_x);
  for (var v = first + thread; v < end; v += 64u) { halves[v] = vec4<f16>(x[v] / scale); }
  if (thread == 0u) { scales[token] = scale; }
}

@compute @workgroup_size(threads)
fn multiply(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let matrix = group.z % sizes.batch;
  let splits = groups.z / sizes.batch;
  let split_columns = (sizes.columns + 64u * splits - 1u) / (64u * splits) * 64u;
  let first_column = group.z / sizes.batch * split_columns;
  let end_column = min(first_column + split_columns, sizes.columns);
  let place = Place(
    matrix * sizes.rows + group.x * tile_rows, (matrix + 1u) * sizes.rows - 1u,
    matrix * sizes.tokens + group.y * tile_tokens, (matrix + 1u) * sizes.tokens - 1u,
  );
  let row = thread % row_threads;     // and every row_threads-th after it
  let token = thread / row_threads;   // and every token_threads-th after it

  // s<row><tokens a: 0 to 3, b: 4 to 7>
  var s0a = Halves(); var s1a = Halves(); var s2a = Halves(); var s3a = Halves();
  var s4a = Halves(); var s5a = Halves(); var s6a = Halves(); var s7a = Halves();
  var s0b = Halves(); var s1b = Halves(); var s2b = Halves(); var s3b = Halves();
  var s4b = Halves(); var s5b = Halves(); var s6b = Halves(); var s7b = Halves();
  var fetched = fetch(place, first_column, thread);
  for (var column = first_column; column < end_column; column += tile_k) {
    workgroupBarrier();
    stage(fetched, column, thread);
    workgroupBarrier();
    fetched = fetch(place, min(column + tile_k, sizes.columns - tile_k), thread);
    // Indices are written out here, not in functions: only so a compiler sees that they stay within the tiles.
    for (var first = 0u; first < tile_k / 4u; first += round_vectors) {
      for (var n = 0u; n < round_vectors; n++) {
        let v = first + n;
        let at = token * pitch + v;
        let xa = transpose(mat4x4<f16>(x_tile[at], x_tile[at + x_next], x_tile[at + 2u * x_next], x_tile[at + 3u * x_next]));
        let xb = transpose(mat4x4<f16>(x_tile[at + 4u * x_next], x_tile[at + 5u * x_next], x_tile[at + 6u * x_next], x_tile[at + 7u * x_next]));
        let w = row * pitch + v;
        let next = row_threads * pitch;
        let w0 = weight_tile[w];             s0a = add_products(s0a, w0, xa); s0b = add_products(s0b, w0, xb);
        let w1 = weight_tile[w + next];      s1a = add_products(s1a, w1, xa); s1b = add_products(s1b, w1, xb);
        let w2 = weight_tile[w + 2u * next]; s2a = add_products(s2a, w2, xa); s2b = add_products(s2b, w2, xb);
        let w3 = weight_tile[w + 3u * next]; s3a = add_products(s3a, w3, xa); s3b = add_products(s3b, w3, xb);
        let w4 = weight_tile[w + 4u * next]; s4a = add_products(s4a, w4, xa); s4b = add_products(s4b, w4, xb);
        let w5 = weight_tile[w + 5u * next]; s5a = add_products(s5a, w5, xa); s5b = add_products(s5b, w5, xb);
        let w6 = weight_tile[w + 6u * next]; s6a = add_products(s6a, w6, xa); s6b = add_products(s6b, w6, xb);
        let w7 = weight_tile[w + 7u * next]; s7a = add_products(s7a, w7, xa); s7b = add_products(s7b, w7, xb);
      }
      s0a = flushed(s0a); s1a = flushed(s1a); s2a = flushed(s2a); s3a = flushed(s3a);
      s4a = flushed(s4a); s5a = flushed(s5a); s6a = flushed(s6a); s7a = flushed(s7a);
      s0b = flushed(s0b); s1b = flushed(s1b); s2b = flushed(s2b); s3b = flushed(s3b);
      s4b = flushed(s4b); s5b = flushed(s5b); s6b = flushed(s6b); s7b = flushed(s7b);
    }
  }

  let from_row = group.x * tile_rows + row;
  let from_token = group.y * tile_tokens + token;
  let scale_a = scales_of(place, token);
  let scale_b = scales_of(place, token + 4u * token_threads);
  for (var i = 0u; i < min(8u, sizes.rows); i++) {
    let sums = nth(
      i, Sums(s0a.flushed, s0b.flushed), Sums(s1a.flushed, s1b.flushed), Sums(s2a.flushed, s2b.flushed), Sums(s3a.flushed, s3b.flushed),
      Sums(s4a.flushed, s4b.flushed), Sums(s5a.flushed, s5b.flushed), Sums(s6a.flushed, s6b.flushed), Sums(s7a.flushed, s7b.flushed),
    );
    store4(group.z, splits, from_row + i * row_threads, from_token, sums.a * scale_a);
    store4(group.z, splits, from_row + i * row_threads, from_token + 4u * token_threads, sums.b * scale_b);
  }
}

// Rows and tokens past the end repeat the last one, and are not stored.
fn fetch(place: Place, column: u32, thread: u32) -> Fetched {
  var fetched: Fetched;
  fetched.w0 = fetch_weights(place, column, thread / 2u);
  if (weight_loads > 1u) { fetched.w1 = fetch_weights(place, column, thread / 2u + half_rows); }
  if (weight_loads > 2u) {
    fetched.w2 = fetch_weights(place, column, thread / 2u + 2u * half_rows);
    fetched.w3 = fetch_weights(place, column, thread / 2u + 3u * half_rows);
  }
  fetched.x0 = fetch_x(place, column, thread);
  fetched.x1 = fetch_x(place, column, thread + threads);
  fetched.x2 = fetch_x(place, column, thread + 2u * threads);
  fetched.x3 = fetch_x(place, column, thread + 3u * threads);
  return fetched;
}

fn fetch_weights(place: Place, column: u32, row: u32) -> Bytes {
  let block = (min(place.row + row, place.last_row) * (sizes.columns / 256u) + column / 256u) * 9u;
  return Bytes(weight[block], weight[block + 1u + column % 256u / tile_k]);
}

// The i-th vector of the tile: columns 64·pair + 16·half + 0 … 15, then those 32 after them.
fn fetch_x(place: Place, column: u32, i: u32) -> vec4<f16> {
  let token = min(place.token + i / 8u, place.last_token);
  let k = column / 64u * 64u + column % 64u / 2u + i % 8u / 4u * 32u + i % 4u * 4u;
  return halves[(token * sizes.columns + k) / 4u];
}

fn stage(fetched: Fetched, column: u32, thread: u32) {
  stage_weights(fetched.w0, column, thread);
  if (weight_loads > 1u) { stage_weights(fetched.w1, column, thread + threads); }
  if (weight_loads > 2u) {
    stage_weights(fetched.w2, column, thread + 2u * threads);
    stage_weights(fetched.w3, column, thread + 3u * threads);
  }
  stage_x(fetched.x0, thread);
  stage_x(fetched.x1, thread + threads);
  stage_x(fetched.x2, thread + 2u * threads);
  stage_x(fetched.x3, thread + 3u * threads);
}

// Row i / 2's low or high nibbles.
fn stage_weights(bytes: Bytes, column: u32, i: u32) {
  let half = i % 2u;
  let scale = sub_block_scale(bytes.header, column % 256u / 64u * 2u + half);
  let quants = bytes.quants >> vec4<u32>(4u * half);
  let at = i / 2u % tile_rows * pitch + 4u * half;
  weight_tile[at] = vec4<f16>(scale.x * nibbles(quants.x) - scale.y);
  weight_tile[at + 1u] = vec4<f16>(scale.x * nibbles(quants.y) - scale.y);
  weight_tile[at + 2u] = vec4<f16>(scale.x * nibbles(quants.z) - scale.y);
  weight_tile[at + 3u] = vec4<f16>(scale.x * nibbles(quants.w) - scale.y);
}

fn stage_x(value: vec4<f16>, i: u32) { x_tile[i / 8u % tile_tokens * pitch + i % 8u] = value; }

fn nibbles(bytes: u32) -> vec4<f32> {
  return vec4<f32>((vec4<u32>(bytes) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(15u));
}

fn add_products(sums: Halves, w: vec4<f16>, x: mat4x4<f16>) -> Halves {
  if (flush == 0u) {
    let xs = mat4x4<f32>(vec4<f32>(x[0]), vec4<f32>(x[1]), vec4<f32>(x[2]), vec4<f32>(x[3]));
    return Halves(sums.recent, accumulate(sums.flushed, vec4<f32>(w), xs));
  }
  return Halves(fma(w.xxxx, x[0], fma(w.yyyy, x[1], fma(w.zzzz, x[2], fma(w.wwww, x[3], sums.recent)))), sums.flushed);
}

fn flushed(sums: Halves) -> Halves {
  if (flush == 0u) { return sums; }
  return Halves(vec4<f16>(), sums.flushed + vec4<f32>(sums.recent));
}

// For four tokens, token_threads apart.
fn scales_of(place: Place, token: u32) -> vec4<f32> {
  let tokens = min(vec4<u32>(place.token + token) + vec4<u32>(0u, 1u, 2u, 3u) * token_threads, vec4<u32>(place.last_token));
  return vec4<f32>(scales[tokens.x], scales[tokens.y], scales[tokens.z], scales[tokens.w]);
}
