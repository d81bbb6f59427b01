//! Integer products: a pass of its own rounds x to 8 bits in blocks of 32; lanes take 32 weights of several rows as words, for all tokens.
//! error: 4e-4 because x is rounded to 8 bits
//! scratch quants: batch * tokens * columns / 4
//! scratch scales: batch * tokens * columns / 32
//! pass quantise: tokens * columns / 32 / 64, batch
//! pass multiply: rows / group_rows, batch
//! use: epilogue, q6_k_words, rounded_bytes, x_rounded, token_sums
//! formats: q6_k
//! unroll: written_out
//! sizes: known_sizes

requires packed_4x8_integer_dot_product;

struct Sizes { rows: u32, columns: u32, tokens: u32, batch: u32, stride: u32, epilogue: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> weight: array<u32>;           // batch × rows × columns, q6_K blocks of 53 words
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;          // batch × tokens × columns
@group(0) @binding(3) var<storage, read_write> out: array<f32>;        // batch × tokens × stride
@group(0) @binding(4) var<storage, read_write> quants: array<vec2<u32>>; // batch × tokens × columns, one byte each
@group(0) @binding(5) var<storage, read_write> scales: array<vec4<f32>>; // batch × tokens × columns / 32, of four blocks each

const lanes = 8u;     // knob: 8 16 32
const lane_rows = 4u; // knob: 2 4
const teams = 4u;     // knob: 4 8 16
const written_out = 8u; // knob: 1 8
const known_sizes = 1u; // knob: 0 1
const threads = lanes * teams;
const group_rows = lane_rows * teams;
const_assert threads <= 256u;

fn keep_bytes(block: u32, found: vec4<u32>, half: u32) {
  quants[4u * block + 2u * half] = found.xy;
  quants[4u * block + 2u * half + 1u] = found.zw;
}

fn keep_scale(block: u32, found: vec2<f32>) { scales[block / 4u][block % 4u] = found.x; }

// Eight columns of each quarter of half a block of weights.
struct Columns { q0: vec2<u32>, q1: vec2<u32>, q2: vec2<u32>, q3: vec2<u32>, scales: vec4<f32> }

fn fetch_x(first_unit: u32, unit: u32) -> Columns {
  let half = (first_unit + unit) / 4u;
  let at = 16u * half + unit % 4u;
  return Columns(quants[at], quants[at + 4u], quants[at + 8u], quants[at + 12u], scales[half]);
}

@compute @workgroup_size(threads)
fn multiply(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let units = sizes.columns / 32u;
  // Rows past the end repeat the last one, and are not stored.
  let rows = min(vec4<u32>(group.x * group_rows + thread / lanes * lane_rows) + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(sizes.rows - 1u));
  let starts = (group.y * sizes.rows + rows) * (units / 8u * 53u);
  var sums: TokenSums;
  var next = fetch_units(starts, min(thread % lanes, units - 1u), lane_rows);
  for (var unit = thread % lanes; unit < units; unit += lanes) {
    let now = next;
    next = fetch_units(starts, min(unit + lanes, units - 1u), lane_rows);
    for (var t = 0u; t < most_tokens; t++) {
      if (t < sizes.tokens) { sums[t] = with_products(sums[t], now, unit, fetch_x((group.y * sizes.tokens + t) * units, unit)); }
    }
  }
  finish_tokens(sums, group, thread);
}

// Adds the products of the rows that a lane has.
fn with_products(sums: vec4<f32>, w: Units, unit: u32, x: Columns) -> vec4<f32> {
  var found = sums;
  found.x += product(w.row0, unit, x);
  found.y += product(w.row1, unit, x);
  if (lane_rows > 2u) {
    found.z += product(w.row2, unit, x);
    found.w += product(w.row3, unit, x);
  }
  return found;
}

// Σ scale · (quant − 32) · x over the unit, with x = its scale · byte.
fn product(w: Unit, unit: u32, x: Columns) -> f32 {
  let quants = quarters_of(w);
  let sums = vec4<i32>(dot8(quants.q0, x.q0), dot8(quants.q1, x.q1), dot8(quants.q2, x.q2), dot8(quants.q3, x.q3));
  return dot(unit_scales(w, unit), fma(bitcast<vec4<f32>>(sums), x.scales, -whole * x.scales));
}

fn dot8(w: vec2<u32>, x: vec2<u32>) -> i32 {
  let signed = less_32(w);
  return whole_bits + dot4I8Packed(signed.x, x.x) + dot4I8Packed(signed.y, x.y);
}

// Six bits of each byte, less 32: the top bit keeps bytes from borrowing of each other.
fn less_32(w: vec2<u32>) -> vec2<u32> {
  let top = vec2<u32>(0x80808080u);
  return (((w & vec2<u32>(0x3f3f3f3fu)) | top) - vec2<u32>(0x20202020u)) ^ top;
}
