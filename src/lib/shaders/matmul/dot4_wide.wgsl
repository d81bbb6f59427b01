//! As dot4, but x is rounded to 16 bits, two bytes a number: twice the products, an error 60,000 times smaller.
//! error: 8e-9 because x is rounded to 16 bits
//! formats: q4_k
//! let tiles: ceil(rows / tile_rows) * ceil(tokens / tile_tokens) * batch
//! let splits: max(1, min(floor(split_k_target / tiles), floor(columns / 256)))
//! scratch quants: batch * tokens * columns / 2
//! scratch scales: batch * tokens * columns / 16
//! scratch partial: min(splits - 1, 1) * splits * batch * tokens * rows
//! pass quantise: columns / 32 * tokens / 64, batch
//! pass multiply: rows / tile_rows, tokens / tile_tokens, batch * splits
//! pass add: min(splits - 1, 1) * rows / 256, tokens, batch
//! use: epilogue, splits, sums, tile_sums, eight_bits, q4_k_rows, q4_k_header

requires packed_4x8_integer_dot_product;

struct Sizes { rows: u32, columns: u32, tokens: u32, batch: u32, stride: u32, epilogue: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> weight: array<vec4<u32>>;     // batch × rows × columns, q4_K blocks of 9 vectors
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;          // batch × tokens × columns
@group(0) @binding(3) var<storage, read_write> out: array<f32>;        // batch × tokens × stride
@group(0) @binding(4) var<storage, read_write> quants: array<vec4<u32>>; // batch × tokens × columns, two bytes each
@group(0) @binding(5) var<storage, read_write> scales: array<vec2<f32>>; // batch × tokens × columns / 32: scale, sum of x
@group(0) @binding(6) var<storage, read_write> partial: array<f32>;    // splits × batch × tokens × rows

const row_threads = 8u;    // knob: 8 16
const token_threads = 16u; // knob: 8 16
const thread_tokens = 4u;  // the two bytes of more would not fit into registers
// Split-K: with fewer tiles than this, the columns are split, and a workgroup of its own sums each split.
const split_k_target = 640u; // knob: 1 256 512 640 1280

// A block of x as whole numbers, its largest 32512 = 127 · 256, in two signed bytes each: 256 · high + low. With weights up to 15
// a sub-block's sum stays below 2²⁴: f32 has it exactly.
const x_bytes = 2u;
const first_dot = 0;

@compute @workgroup_size(64)
fn quantise(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= sizes.tokens * sizes.columns / 32u) { return; }
  let block = id.y * sizes.tokens * sizes.columns / 32u + id.x;
  // Magnitudes are compared by their bits: among numbers max() drops a NaN, which then would never reach the logits.
  var largest = vec4<u32>();
  for (var i = 0u; i < 8u; i++) { largest = max(largest, bitcast<vec4<u32>>(x[block * 8u + i]) & vec4<u32>(0x7fffffffu)); }
  let scale = bitcast<f32>(max(max(largest.x, largest.y), max(largest.z, largest.w))) / 32512.0;
  let inverse = select(1.0 / scale, 0.0, scale == 0.0);
  var high: array<vec4<u32>, 2>;
  var low: array<vec4<u32>, 2>;
  var sum = vec4<i32>();
  for (var i = 0u; i < 8u; i++) {
    let q = vec4<i32>(round(x[block * 8u + i] * inverse));
    let rounded = (q + 128) >> vec4<u32>(8u);
    high[i / 4u][i % 4u] = pack4xI8(rounded);
    low[i / 4u][i % 4u] = pack4xI8(q - 256 * rounded);
    sum += q;
  }
  quants[block * 4u] = high[0];
  quants[block * 4u + 1u] = high[1];
  quants[block * 4u + 2u] = low[0];
  quants[block * 4u + 3u] = low[1];
  scales[block] = vec2<f32>(scale, scale * f32(sum.x + sum.y + sum.z + sum.w));
}

// Tokens past the end repeat the last one, and are not stored.
fn fetch_x(matrix: u32, first_token: u32, column: u32, i: u32) -> Piece {
  let token = matrix * sizes.tokens + min(first_token + i / 2u % tile_tokens, sizes.tokens - 1u);
  let block = (token * sizes.columns + column) / 32u + i % 2u;
  let at = 4u * block + i / (2u * tile_tokens) % 2u * 2u; // the high bytes or the low ones
  return Piece(Bytes(quants[at], quants[at + 1u]), scales[block]);
}

// Σ (scale · nibble − minimum) · x over the sub-block, with x = its scale · (256 · high + low).
fn add_row(sums: ptr<function, Sums>, w: Piece, high: Tokens, low: Tokens) {
  let products = 256 * dots(w.bytes, high) + dots(w.bytes, low);
  (*sums).a = fma(vec4<f32>(products), w.scale.x * high.scale, fma(vec4<f32>(-w.scale.y), high.sum, (*sums).a));
}

fn dots(w: Bytes, x: Tokens) -> vec4<i32> { return vec4<i32>(dot32(w, x.t0), dot32(w, x.t1), dot32(w, x.t2), dot32(w, x.t3)); }
