//! Integer products: a pass of its own rounds x to 8 bits in blocks of 32; lanes take 64 weights of several rows at a time.
//! error: 4e-4 because x is rounded to 8 bits
//! scratch quants: batch * tokens * columns / 4
//! scratch scales: batch * tokens * columns / 16
//! pass quantise: tokens * columns / 32 / 64, batch
//! pass multiply: rows / group_rows, batch
//! use: epilogue, q4_k_pair, rounded_bytes, x_rounded, token_parts
//! formats: q4_k
//! unroll: written_out
//! sizes: known_sizes

requires packed_4x8_integer_dot_product;

struct Sizes { rows: u32, columns: u32, tokens: u32, batch: u32, stride: u32, epilogue: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> weight: array<vec4<u32>>;     // batch × rows × columns, q4_K blocks of 9 vectors
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;          // batch × tokens × columns
@group(0) @binding(3) var<storage, read_write> out: array<f32>;        // batch × tokens × stride
// Four planes for each token, with the first, second, third and last 16 columns of every 64, so that neighbouring lanes read neighbours.
@group(0) @binding(4) var<storage, read_write> quants: array<vec4<u32>>;
@group(0) @binding(5) var<storage, read_write> scales: array<vec2<f32>>; // scale, sum of x: planes of the first and the last 32 of every 64

const lanes = 40u;    // knob: 8 16 20 40
const lane_rows = 4u; // knob: 2 4
const teams = 3u;     // knob: 1 2 3 6 8
const at_once = 2u;   // knob: 1 2 4
const written_out = 4u; // knob: 1 4
const known_sizes = 0u; // knob: 0 1
const threads = lanes * teams;
const group_rows = lane_rows * teams;
const_assert threads <= 128u; // with more, the sums exceed the memory that every workgroup has

fn keep_bytes(block: u32, found: vec4<u32>, half: u32) {
  let pairs = sizes.columns / 64u;
  let token = block / (2u * pairs);
  quants[(4u * token + block % 2u * 2u + half) * pairs + block / 2u % pairs] = found;
}

fn keep_scale(block: u32, found: vec2<f32>) {
  let pairs = sizes.columns / 64u;
  scales[(2u * (block / (2u * pairs)) + block % 2u) * pairs + block / 2u % pairs] = found;
}

struct XPair { b0: vec4<u32>, b1: vec4<u32>, b2: vec4<u32>, b3: vec4<u32>, even: vec2<f32>, odd: vec2<f32> }

fn fetch_x(token: u32, pair: u32, pairs: u32) -> XPair {
  let at = 4u * token * pairs + pair;
  let scale = 2u * token * pairs + pair;
  return XPair(quants[at], quants[at + pairs], quants[at + 2u * pairs], quants[at + 3u * pairs], scales[scale], scales[scale + pairs]);
}

@compute @workgroup_size(threads)
fn multiply(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let pairs = sizes.columns / 64u;
  // Rows past the end repeat the last one, and are not stored.
  let rows = min(vec4<u32>(group.x * group_rows + thread / lanes * lane_rows) + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(sizes.rows - 1u));
  let starts = (group.y * sizes.rows + rows) * (pairs / 4u * 9u);
  for (var pair = thread % lanes; pair < pairs; pair += lanes) {
    let now = fetch_pairs(starts, pair, lane_rows);
    let w0 = row_of(now.row0, pair);
    let w1 = row_of(now.row1, pair);
    let w2 = row_of(now.row2, pair);
    let w3 = row_of(now.row3, pair);
    // Sums are in workgroup memory, so that this loop need not be written out for all tokens: a GPU would take longer to fetch the code
    // than to run it (docs/results.md).
    for (var first = 0u; first < sizes.tokens; first += at_once) {
      var columns: array<XPair, at_once>;
      for (var i = 0u; i < at_once; i++) { columns[i] = fetch_x(group.y * sizes.tokens + min(first + i, sizes.tokens - 1u), pair, pairs); }
      for (var i = 0u; i < at_once; i++) {
        var found = vec4<f32>(product(w0, columns[i]), product(w1, columns[i]), 0.0, 0.0);
        if (lane_rows > 2u) {
          found.z = product(w2, columns[i]);
          found.w = product(w3, columns[i]);
        }
        if (first + i < sizes.tokens) { partial_sums[(first + i) % most_tokens * threads + thread % lanes * teams + thread / lanes] += found; }
      }
    }
  }
  finish_parts(group, thread);
}

// Low and high nibbles as bytes; scales and minima of the two sub-blocks.
struct Row { a_low: vec4<u32>, b_low: vec4<u32>, a_high: vec4<u32>, b_high: vec4<u32>, factors: vec4<f32> }

fn row_of(w: Pair, pair: u32) -> Row {
  let mask = vec4<u32>(0x0f0f0f0fu);
  let four = vec4<u32>(4u);
  return Row(w.a & mask, w.b & mask, (w.a >> four) & mask, (w.b >> four) & mask, pair_scales(w.header, pair % 4u));
}

// Σ (scale · nibble − minimum) · x over the pair, with x = its scale · byte.
fn product(w: Row, x: XPair) -> f32 {
  let even = number(dot16(dot16(whole_bits, w.a_low, x.b0), w.b_low, x.b1), x.even.x);
  let odd = number(dot16(dot16(whole_bits, w.a_high, x.b2), w.b_high, x.b3), x.odd.x);
  return fma(w.factors.x, even, fma(w.factors.y, odd, -fma(w.factors.z, x.even.y, w.factors.w * x.odd.y)));
}

fn dot16(sum: i32, w: vec4<u32>, x: vec4<u32>) -> i32 {
  return sum + dot4I8Packed(w.x, x.x) + dot4I8Packed(w.y, x.y) + dot4I8Packed(w.z, x.z) + dot4I8Packed(w.w, x.w);
}
