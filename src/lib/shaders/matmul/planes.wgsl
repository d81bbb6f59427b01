//! As dot4, but weights wait in planes, nibbles apart from scales, so that the rows of a tile lie side by side.
//! error: 1e-4 because x is rounded to 8 bits
//! formats: q4_k
//! resident nibbles: batch * rows * columns / 8
//! resident weight_scales: batch * rows * columns / 32
//! load repack: rows / 64, columns / 64, batch
//! let tiles: ceil(rows / tile_rows) * ceil(tokens / tile_tokens) * batch
//! let parts: max(1, min(floor(workgroups / tiles), floor(columns / 256)))
//! scratch quants: batch * tokens * columns / 4
//! scratch scales: batch * tokens * columns / 16
//! scratch partial: min(parts - 1, 1) * parts * batch * tokens * rows
//! pass quantise: columns / 32 * tokens / 64, batch
//! pass multiply: rows / tile_rows, tokens / tile_tokens, batch * parts
//! pass add: min(parts - 1, 1) * rows / 64, tokens, batch
//! use: epilogue, parts, tile_sums, eight_bits, q4_k_header

requires packed_4x8_integer_dot_product;

struct Sizes { rows: u32, columns: u32, tokens: u32, batch: u32, stride: u32, epilogue: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> weight: array<vec4<u32>>;     // batch × rows × columns, q4_K blocks of 9 vectors
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;          // batch × tokens × columns
@group(0) @binding(3) var<storage, read_write> out: array<f32>;        // batch × tokens × stride
@group(0) @binding(4) var<storage, read_write> quants: array<vec4<u32>>; // batch × tokens × columns, one byte each
@group(0) @binding(5) var<storage, read_write> scales: array<vec2<f32>>; // batch × tokens × columns / 32: scale, sum of x
@group(0) @binding(6) var<storage, read_write> partial: array<f32>;    // parts × batch × tokens × rows
// batch × columns / 64 × 2 × rows: of 64 columns the first half of all rows' nibbles, then the second; low nibbles are one
// sub-block of 32, high ones the next. Their scales and minima as f16: batch × columns / 64 × rows.
@group(0) @binding(7) var<storage, read> nibbles: array<vec4<u32>>;
@group(0) @binding(8) var<storage, read> weight_scales: array<vec2<u32>>;
@group(0) @binding(7) var<storage, read_write> loaded_nibbles: array<vec4<u32>>;
@group(0) @binding(8) var<storage, read_write> loaded_scales: array<vec2<u32>>;

const row_threads = 16u;  // knob: 8 16
const token_threads = 8u; // knob: 8 16
// Where the tiles are fewer than this, the columns are cut into parts, each summed by a workgroup of its own.
const workgroups = 512u;  // knob: 1 512 1024

const threads = row_threads * token_threads;
const tile_rows = 8u * row_threads;
const tile_tokens = 8u * token_threads;
const step = 64u; // a pair of sub-blocks of 32, whose nibbles share bytes
const pitch = 5u; // vectors of a row of a tile: four, and one so that neighbouring rows lie in different banks
const w_next = row_threads * pitch;
const x_next = token_threads * pitch;
// A thread fetches at most one row of weights and two sub-blocks of x a step, while the last ones are multiplied.
const x_blocks = 2u * tile_tokens;
const_assert tile_rows <= threads;
const_assert x_blocks <= 2u * threads;

var<workgroup> weight_tile: array<vec4<u32>, tile_rows * pitch>;
var<workgroup> scale_tile: array<vec2<f32>, tile_rows * 2u>; // scale and minimum of each sub-block
var<workgroup> x_tile: array<vec4<u32>, tile_tokens * pitch>;
var<workgroup> x_scales: array<vec2<f32>, tile_tokens * 2u>;

// What a thread fetches of a row for a step.
struct Fetched { nibbles: Bytes, scales: vec2<u32> }

// A thread takes 64 columns of a row.
@compute @workgroup_size(64)
fn repack(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= sizes.rows) { return; }
  let block = ((id.z * sizes.rows + id.x) * (sizes.columns / 256u) + id.y / 4u) * 9u;
  let pair = id.y % 4u;
  let header = weight[block];
  let group = id.z * (sizes.columns / 64u) + id.y;
  loaded_nibbles[2u * group * sizes.rows + id.x] = weight[block + 1u + 2u * pair];
  loaded_nibbles[(2u * group + 1u) * sizes.rows + id.x] = weight[block + 2u + 2u * pair];
  loaded_scales[group * sizes.rows + id.x] = vec2<u32>(
    pack2x16float(sub_block_scale(header, 2u * pair)), pack2x16float(sub_block_scale(header, 2u * pair + 1u)),
  );
}

@compute @workgroup_size(threads)
fn multiply(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let matrix = group.z % sizes.batch;
  let parts = groups.z / sizes.batch;
  let part_columns = (sizes.columns + step * parts - 1u) / (step * parts) * step;
  let first_column = group.z / sizes.batch * part_columns;
  let end_column = min(first_column + part_columns, sizes.columns);
  let first_row = group.x * tile_rows;
  let first_token = group.y * tile_tokens;
  let row = thread % row_threads;     // and every row_threads-th after it
  let token = thread / row_threads;   // and every token_threads-th after it

  // s<row><tokens a: 0 to 3, b: 4 to 7>
  var s0a = vec4<f32>(); var s1a = vec4<f32>(); var s2a = vec4<f32>(); var s3a = vec4<f32>();
  var s4a = vec4<f32>(); var s5a = vec4<f32>(); var s6a = vec4<f32>(); var s7a = vec4<f32>();
  var s0b = vec4<f32>(); var s1b = vec4<f32>(); var s2b = vec4<f32>(); var s3b = vec4<f32>();
  var s4b = vec4<f32>(); var s5b = vec4<f32>(); var s6b = vec4<f32>(); var s7b = vec4<f32>();
  var weights = fetch_weights(matrix, first_row, first_column, thread);
  var x0 = fetch_x(matrix, first_token, first_column, thread);
  var x1 = fetch_x(matrix, first_token, first_column, thread + threads);
  for (var column = first_column; column < end_column; column += step) {
    workgroupBarrier();
    stage_weights(weights, thread);
    stage_x(x0, thread);
    if (x_blocks > threads) { stage_x(x1, thread + threads); }
    workgroupBarrier();
    let next_column = min(column + step, sizes.columns - step);
    weights = fetch_weights(matrix, first_row, next_column, thread);
    x0 = fetch_x(matrix, first_token, next_column, thread);
    if (x_blocks > threads) { x1 = fetch_x(matrix, first_token, next_column, thread + threads); }
    // Indices are written out here, not in functions: only so a compiler sees that they stay within the tiles.
    for (var half = 0u; half < 2u; half++) {
      let xt = token * pitch + 2u * half;
      let xs = token * 2u + half;
      let xa = Tokens(
        Bytes(x_tile[xt], x_tile[xt + 1u]),
        Bytes(x_tile[xt + 1u * x_next], x_tile[xt + 1u * x_next + 1u]),
        Bytes(x_tile[xt + 2u * x_next], x_tile[xt + 2u * x_next + 1u]),
        Bytes(x_tile[xt + 3u * x_next], x_tile[xt + 3u * x_next + 1u]),
        vec4<f32>(x_scales[xs].x, x_scales[xs + 2u * token_threads].x, x_scales[xs + 4u * token_threads].x, x_scales[xs + 6u * token_threads].x),
        vec4<f32>(x_scales[xs].y, x_scales[xs + 2u * token_threads].y, x_scales[xs + 4u * token_threads].y, x_scales[xs + 6u * token_threads].y),
      );
      let xb = Tokens(
        Bytes(x_tile[xt + 4u * x_next], x_tile[xt + 4u * x_next + 1u]),
        Bytes(x_tile[xt + 5u * x_next], x_tile[xt + 5u * x_next + 1u]),
        Bytes(x_tile[xt + 6u * x_next], x_tile[xt + 6u * x_next + 1u]),
        Bytes(x_tile[xt + 7u * x_next], x_tile[xt + 7u * x_next + 1u]),
        vec4<f32>(x_scales[xs + 8u * token_threads].x, x_scales[xs + 10u * token_threads].x, x_scales[xs + 12u * token_threads].x, x_scales[xs + 14u * token_threads].x),
        vec4<f32>(x_scales[xs + 8u * token_threads].y, x_scales[xs + 10u * token_threads].y, x_scales[xs + 12u * token_threads].y, x_scales[xs + 14u * token_threads].y),
      );
      let wt = row * pitch + 2u * half;
      let ws = row * 2u + half;
      let w0 = Weights(Bytes(weight_tile[wt], weight_tile[wt + 1u]), scale_tile[ws]);
      s0a = add_products(s0a, w0, xa); s0b = add_products(s0b, w0, xb);
      let w1 = Weights(Bytes(weight_tile[wt + 1u * w_next], weight_tile[wt + 1u * w_next + 1u]), scale_tile[ws + 2u * row_threads]);
      s1a = add_products(s1a, w1, xa); s1b = add_products(s1b, w1, xb);
      let w2 = Weights(Bytes(weight_tile[wt + 2u * w_next], weight_tile[wt + 2u * w_next + 1u]), scale_tile[ws + 4u * row_threads]);
      s2a = add_products(s2a, w2, xa); s2b = add_products(s2b, w2, xb);
      let w3 = Weights(Bytes(weight_tile[wt + 3u * w_next], weight_tile[wt + 3u * w_next + 1u]), scale_tile[ws + 6u * row_threads]);
      s3a = add_products(s3a, w3, xa); s3b = add_products(s3b, w3, xb);
      let w4 = Weights(Bytes(weight_tile[wt + 4u * w_next], weight_tile[wt + 4u * w_next + 1u]), scale_tile[ws + 8u * row_threads]);
      s4a = add_products(s4a, w4, xa); s4b = add_products(s4b, w4, xb);
      let w5 = Weights(Bytes(weight_tile[wt + 5u * w_next], weight_tile[wt + 5u * w_next + 1u]), scale_tile[ws + 10u * row_threads]);
      s5a = add_products(s5a, w5, xa); s5b = add_products(s5b, w5, xb);
      let w6 = Weights(Bytes(weight_tile[wt + 6u * w_next], weight_tile[wt + 6u * w_next + 1u]), scale_tile[ws + 12u * row_threads]);
      s6a = add_products(s6a, w6, xa); s6b = add_products(s6b, w6, xb);
      let w7 = Weights(Bytes(weight_tile[wt + 7u * w_next], weight_tile[wt + 7u * w_next + 1u]), scale_tile[ws + 14u * row_threads]);
      s7a = add_products(s7a, w7, xa); s7b = add_products(s7b, w7, xb);
    }
  }

  let from_row = first_row + row;
  let from_token = first_token + token;
  store(group.z, parts, from_row, from_token, s0a, s0b);
  store(group.z, parts, from_row + row_threads, from_token, s1a, s1b);
  store(group.z, parts, from_row + 2u * row_threads, from_token, s2a, s2b);
  store(group.z, parts, from_row + 3u * row_threads, from_token, s3a, s3b);
  store(group.z, parts, from_row + 4u * row_threads, from_token, s4a, s4b);
  store(group.z, parts, from_row + 5u * row_threads, from_token, s5a, s5b);
  store(group.z, parts, from_row + 6u * row_threads, from_token, s6a, s6b);
  store(group.z, parts, from_row + 7u * row_threads, from_token, s7a, s7b);
}

// Rows and tokens past the end repeat the last one, and are not stored.
fn fetch_weights(matrix: u32, first_row: u32, column: u32, thread: u32) -> Fetched {
  let row = min(first_row + thread, sizes.rows - 1u);
  let group = (matrix * sizes.columns + column) / 64u;
  let at = 2u * group * sizes.rows + row;
  return Fetched(Bytes(nibbles[at], nibbles[at + sizes.rows]), weight_scales[group * sizes.rows + row]);
}

fn stage_weights(weights: Fetched, thread: u32) {
  if (thread >= tile_rows) { return; }
  let mask = vec4<u32>(0x0f0f0f0fu);
  let at = thread % tile_rows * pitch;
  weight_tile[at] = weights.nibbles.a & mask;
  weight_tile[at + 1u] = weights.nibbles.b & mask;
  weight_tile[at + 2u] = (weights.nibbles.a >> vec4<u32>(4u)) & mask;
  weight_tile[at + 3u] = (weights.nibbles.b >> vec4<u32>(4u)) & mask;
  scale_tile[thread % tile_rows * 2u] = unpack2x16float(weights.scales.x);
  scale_tile[thread % tile_rows * 2u + 1u] = unpack2x16float(weights.scales.y);
}
