//! Each thread keeps a tile of sums in registers; a weight is dequantised once per tile, into workgroup memory.
//! grid: rows / tile_rows, tokens / tile_tokens, batch
//! use: format, epilogue

struct Sizes { rows: u32, columns: u32, tokens: u32, batch: u32, stride: u32, epilogue: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> weight: array<u32>;           // batch × rows × columns
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;          // batch × tokens × columns
@group(0) @binding(3) var<storage, read_write> out: array<f32>;        // batch × tokens × stride

const row_threads = 8u;   // knob: 8 16
const token_threads = 8u; // knob: 8 16
const thread_rows = 8u;   // knob: 4 8
const thread_tokens = 8u; // knob: 4 8
const step = 32u;         // knob: 16 32

const threads = row_threads * token_threads;
const tile_rows = row_threads * thread_rows;
const tile_tokens = token_threads * thread_tokens;
const vectors = step / 4u;   // along the columns
const pitch = vectors + 1u;  // one more than a row needs, so that neighbouring rows lie in different banks

var<workgroup> weight_tile: array<vec4<f32>, tile_rows * pitch>;
var<workgroup> x_tile: array<vec4<f32>, tile_tokens * pitch>;

@compute @workgroup_size(threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let first_row = group.x * tile_rows;
  let first_token = group.y * tile_tokens;
  let row_thread = thread % row_threads;
  let token_thread = thread / row_threads;

  var sums: array<array<f32, thread_tokens>, thread_rows>;
  for (var column = 0u; column < sizes.columns; column += step) {
    workgroupBarrier();
    stage_weights(group.z, first_row, column, thread);
    stage_x(group.z, first_token, column, thread);
    workgroupBarrier();
    for (var v = 0u; v < vectors; v++) {
      var xs: array<vec4<f32>, thread_tokens>;
      for (var t = 0u; t < thread_tokens; t++) { xs[t] = x_tile[(t * token_threads + token_thread) * pitch + v]; }
      for (var r = 0u; r < thread_rows; r++) {
        let w = weight_tile[(r * row_threads + row_thread) * pitch + v];
        for (var t = 0u; t < thread_tokens; t++) {
          sums[r][t] = fma(w.x, xs[t].x, fma(w.y, xs[t].y, fma(w.z, xs[t].z, fma(w.w, xs[t].w, sums[r][t]))));
        }
      }
    }
  }

  for (var t = 0u; t < thread_tokens; t++) {
    let token = first_token + t * token_threads + token_thread;
    for (var r = 0u; r < thread_rows; r++) {
      let row = first_row + r * row_threads + row_thread;
      if (token < sizes.tokens && row < sizes.rows) {
        finish(sums[r][t], (group.z * sizes.tokens + token) * sizes.stride + row);
      }
    }
  }
}

// Rows past the end repeat the last row, and are not stored; columns past the end are zero.
fn stage_weights(matrix: u32, first_row: u32, column: u32, thread: u32) {
  for (var i = thread; i < tile_rows * step / 16u; i += threads) {
    let row = i / (step / 16u);
    let part = i % (step / 16u);
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
  for (var i = thread; i < tile_tokens * vectors; i += threads) {
    let token = min(first_token + i / vectors, sizes.tokens - 1u);
    let k = column + 4u * (i % vectors);
    var value = vec4<f32>();
    if (k < sizes.columns) { value = x[((matrix * sizes.tokens + token) * sizes.columns + k) / 4u]; }
    x_tile[(i / vectors) * pitch + i % vectors] = value;
  }
}
