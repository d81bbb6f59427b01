//! Tiles of 8-bit integer products: x is rounded to 8 bits in blocks of 32, weights keep their 4 bits.
//! error: 4e-4 because x is rounded to 8 bits
//! formats: q4_k
//! let tiles: ceil(rows / tile_rows) * ceil(tokens / tile_tokens) * batch
//! let splits: max(1, min(floor(split_k_target / tiles), floor(columns / 256)))
//! scratch quants: batch * tokens * columns / 4
//! scratch scales: batch * tokens * columns / 16
//! scratch partial: min(splits - 1, 1) * splits * batch * tokens * rows
//! pass quantise: columns / 32 * tokens / 64, batch
//! pass multiply: rows / tile_rows, tokens / tile_tokens, batch * splits
//! pass add: min(splits - 1, 1) * rows / 256, tokens, batch
//! use: epilogue, splits, sums, tile_sums, rounded_bytes, x_one_byte, eight_bits, q4_k_rows, q4_k_header

requires packed_4x8_integer_dot_product;

struct Sizes { rows: u32, columns: u32, tokens: u32, batch: u32, stride: u32, epilogue: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> weight: array<vec4<u32>>;     // batch × rows × columns, q4_K blocks of 9 vectors
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;          // batch × tokens × columns
@group(0) @binding(3) var<storage, read_write> out: array<f32>;        // batch × tokens × stride
@group(0) @binding(4) var<storage, read_write> quants: array<vec4<u32>>; // batch × tokens × columns, one byte each
@group(0) @binding(5) var<storage, read_write> scales: array<vec2<f32>>; // batch × tokens × columns / 32: scale, sum of x
@group(0) @binding(6) var<storage, read_write> partial: array<f32>;    // splits × batch × tokens × rows

const row_threads = 8u;    // knob: 8 16
const token_threads = 16u; // knob: 8 16
const thread_tokens = 4u;  // knob: 4 8
// Split-K: with fewer tiles than this, the columns are split, and a workgroup of its own sums each split.
const split_k_target = 640u; // knob: 1 256 512 640 1280
