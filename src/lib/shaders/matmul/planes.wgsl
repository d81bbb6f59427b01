//! As dot4, but weights wait in planes, nibbles apart from scales, so that the rows of a tile lie side by side.
//! error: 4e-4 because x is rounded to 8 bits
//! formats: q4_k
//! resident nibbles: batch * rows * columns / 8
//! resident weight_scales: batch * rows * columns / 32
//! load repack: rows / 64, columns / 64, batch
//! let tiles: ceil(rows / tile_rows) * ceil(tokens / tile_tokens) * batch
//! let splits: max(1, min(floor(split_k_target / tiles), floor(columns / 256)))
//! scratch quants: batch * tokens * columns / 4
//! scratch scales: batch * tokens * columns / 16
//! scratch partial: min(splits - 1, 1) * splits * batch * tokens * rows
//! pass quantise: columns / 32 * tokens / 64, batch
//! pass multiply: rows / tile_rows, tokens / tile_tokens, batch * splits
//! pass add: min(splits - 1, 1) * rows / 256, tokens, batch
//! use: epilogue, splits, sums, tile_sums, rounded_bytes, x_one_byte, eight_bits, q4_k_header

requires packed_4x8_integer_dot_product;

struct Sizes { rows: u32, columns: u32, tokens: u32, batch: u32, stride: u32, epilogue: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> weight: array<vec4<u32>>;     // batch × rows × columns, q4_K blocks of 9 vectors
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;          // batch × tokens × columns
@group(0) @binding(3) var<storage, read_write> out: array<f32>;        // batch × tokens × stride
@group(0) @binding(4) var<storage, read_write> quants: array<vec4<u32>>; // batch × tokens × columns, one byte each
@group(0) @binding(5) var<storage, read_write> scales: array<vec2<f32>>; // batch × tokens × columns / 32: scale, sum of x
@group(0) @binding(6) var<storage, read_write> partial: array<f32>;    // splits × batch × tokens × rows
// batch × columns / 64 × 2 × rows: of 64 columns the first half of all rows' nibbles, then the second; low nibbles are one
// sub-block of 32, high ones the next. Their scales and minima as f16: batch × columns / 64 × rows.
@group(0) @binding(7) var<storage, read> nibbles: array<vec4<u32>>;
@group(0) @binding(8) var<storage, read> weight_scales: array<vec2<u32>>;
@group(0) @binding(7) var<storage, read_write> loaded_nibbles: array<vec4<u32>>;
@group(0) @binding(8) var<storage, read_write> loaded_scales: array<vec2<u32>>;

const row_threads = 8u;    // knob: 8 16
const token_threads = 16u; // knob: 8 16
const thread_tokens = 4u;  // knob: 4 8
// Split-K: with fewer tiles than this, the columns are split, and a workgroup of its own sums each split.
const split_k_target = 640u; // knob: 1 256 512 640 1280

// The part of a row that a thread fetches for a step.
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

// Rows past the end repeat the last one, and are not stored.
fn fetch_weights(matrix: u32, first_row: u32, column: u32, thread: u32) -> Fetched {
  let row = min(first_row + thread, sizes.rows - 1u);
  let group = (matrix * sizes.columns + column) / 64u;
  let at = 2u * group * sizes.rows + row;
  return Fetched(Bytes(nibbles[at], nibbles[at + sizes.rows]), weight_scales[group * sizes.rows + row]);
}

fn stage_weights(weights: Fetched, column: u32, thread: u32) {
  stage_nibbles(weights.nibbles, unpack2x16float(weights.scales.x), unpack2x16float(weights.scales.y), thread);
}
