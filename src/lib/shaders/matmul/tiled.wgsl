//! Each thread keeps 8 rows × 8 tokens of sums in registers; a weight is dequantised once per tile, into workgroup memory.
//! let tiles: ceil(rows / tile_rows) * ceil(tokens / tile_tokens) * batch
//! let splits: max(1, min(floor(split_k_target / tiles), floor(columns / 128)))
//! scratch partial: min(splits - 1, 1) * splits * batch * tokens * rows
//! pass multiply: rows / tile_rows, tokens / tile_tokens, batch * splits
//! pass add: min(splits - 1, 1) * rows / 256, tokens, batch
//! use: format, epilogue, splits, sums, tile_sums, accumulate
//! unroll: written_out

struct Sizes { rows: u32, columns: u32, tokens: u32, batch: u32, stride: u32, epilogue: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> weight: array<u32>;           // batch × rows × columns
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;          // batch × tokens × columns
@group(0) @binding(3) var<storage, read_write> out: array<f32>;        // batch × tokens × stride
@group(0) @binding(4) var<storage, read_write> partial: array<f32>;    // splits × batch × tokens × rows

const row_threads = 16u;  // knob: 8 16
const token_threads = 8u; // knob: 4 8 16
const tile_k = 16u;       // knob: 16 32
// Split-K: with fewer tiles than this, the columns are split, and a workgroup of its own sums each split.
const split_k_target = 640u; // knob: 1 256 512 640 1280
const written_out = 1u; // knob: 1 32

const threads = row_threads * token_threads;
const tile_rows = 8u * row_threads;
const tile_tokens = 8u * token_threads;
const vectors = tile_k / 4u; // along the columns
const_assert tile_rows * tile_k / 16u % threads == 0u; // each thread stages as many weights as the others
const pitch = vectors + 1u;  // one more than a row needs, so that neighbouring rows lie in different banks

const x_next = token_threads * pitch;

var<workgroup> weight_tile: array<vec4<f32>, tile_rows * pitch>;
var<workgroup> x_tile: array<vec4<f32>, tile_tokens * pitch>;

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
  for (var column = first_column; column < end_column; column += tile_k) {
    workgroupBarrier();
    stage_weights(matrix, first_row, column, thread);
    stage_x(matrix, first_token, column, thread);
    workgroupBarrier();
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

// Rows past the end repeat the last row, and are not stored; columns past the end are zero.
fn stage_weights(matrix: u32, first_row: u32, column: u32, thread: u32) {
  for (var n = 0u; n < tile_rows * tile_k / 16u / threads; n++) { // unrolled: all loads are on their way at once
    let i = n * threads + thread;
    let row = i / (tile_k / 16u);
    let part = i % (tile_k / 16u);
    let at = row * pitch + 4u * part;
    var w = mat4x4<f32>();
    if (column + 16u * part < sizes.columns) {
      let source = matrix * sizes.rows + min(first_row + row, sizes.rows - 1u);
      w = weights16(source * row_words(sizes.columns), column / 16u + part);
    }
    weight_tile[at] = w[0];
    weight_tile[at + 1u] = w[1];
    weight_tile[at + 2u] = w[2];
    weight_tile[at + 3u] = w[3];
  }
}

fn stage_x(matrix: u32, first_token: u32, column: u32, thread: u32) {
  for (var n = 0u; n < tile_tokens * vectors / threads; n++) {
    let i = n * threads + thread;
    let token = min(first_token + i / vectors, sizes.tokens - 1u);
    let k = column + 4u * (i % vectors);
    var value = vec4<f32>();
    if (k < sizes.columns) { value = x[((matrix * sizes.tokens + token) * sizes.columns + k) / 4u]; }
    x_tile[(i / vectors) * pitch + i % vectors] = value;
  }
}

