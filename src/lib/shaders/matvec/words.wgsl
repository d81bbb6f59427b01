//! Lanes take 32 weights of several rows at a time, in pairs of words that neighbours continue; x serves all the rows.
//! grid: rows / group_rows, batch
//! use: epilogue, lane_sums
//! formats: q6_k

struct Sizes { rows: u32, columns: u32, batch: u32, epilogue: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> weight: array<u32>;           // batch × rows × columns, q6_K blocks of 53 words
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;          // batch × columns
@group(0) @binding(3) var<storage, read_write> out: array<f32>;        // batch × rows

const lanes = 16u;     // knob: 8 16 32
const lane_rows = 4u;  // knob: 2 4
const teams = 8u;      // knob: 4 8
const threads = lanes * teams;
const group_rows = lane_rows * teams;

// Of a half of a block (see q6_k.wgsl): words of lower bits of its first and its last 64 bytes, upper bits, scales; the block's scale.
struct Unit { first: vec2<u32>, last: vec2<u32>, upper: vec2<u32>, scales: vec2<u32>, scale: u32 }
// The same columns of the rows that a lane has: two, or four.
struct Units { row0: Unit, row1: Unit, row2: Unit, row3: Unit }
// Eight columns each of the half's four quarters of 32.
struct Columns { q0: mat2x4<f32>, q1: mat2x4<f32>, q2: mat2x4<f32>, q3: mat2x4<f32> }

@compute @workgroup_size(threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let lane = thread % lanes;
  let units = sizes.columns / 32u;
  // Rows past the end repeat the last one, and are not stored.
  let rows = min(vec4<u32>(group.x * group_rows + thread / lanes * lane_rows) + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(sizes.rows - 1u));
  let starts = (group.y * sizes.rows + rows) * (units / 8u * 53u);
  var sums = vec4<f32>();
  var next = fetch_units(starts, min(lane, units - 1u));
  for (var unit = lane; unit < units; unit += lanes) {
    let now = next;
    let columns = columns_of(group.y * units / 8u, unit);
    next = fetch_units(starts, min(unit + lanes, units - 1u));
    sums.x += products(now.row0, unit, columns);
    sums.y += products(now.row1, unit, columns);
    if (lane_rows > 2u) {
      sums.z += products(now.row2, unit, columns);
      sums.w += products(now.row3, unit, columns);
    }
  }
  finish_lanes(sums, group, thread);
}

fn fetch_units(starts: vec4<u32>, unit: u32) -> Units {
  var units = Units();
  units.row0 = fetch_unit(starts.x, unit);
  units.row1 = fetch_unit(starts.y, unit);
  if (lane_rows > 2u) {
    units.row2 = fetch_unit(starts.z, unit);
    units.row3 = fetch_unit(starts.w, unit);
  }
  return units;
}

fn fetch_unit(start: u32, unit: u32) -> Unit {
  let block = start + unit / 8u * 53u;
  let half = unit / 4u % 2u;
  let lower = block + 16u * half + unit % 4u * 2u;
  let upper = block + 32u + 8u * half + unit % 4u * 2u;
  let scales = block + 48u + 2u * half;
  return Unit(
    vec2<u32>(weight[lower], weight[lower + 1u]), vec2<u32>(weight[lower + 8u], weight[lower + 9u]),
    vec2<u32>(weight[upper], weight[upper + 1u]), vec2<u32>(weight[scales], weight[scales + 1u]), weight[block + 52u],
  );
}

fn columns_of(first_block: u32, unit: u32) -> Columns {
  let at = first_block * 64u + unit / 4u * 32u + unit % 4u * 2u;
  return Columns(
    mat2x4<f32>(x[at], x[at + 1u]), mat2x4<f32>(x[at + 8u], x[at + 9u]),
    mat2x4<f32>(x[at + 16u], x[at + 17u]), mat2x4<f32>(x[at + 24u], x[at + 25u]),
  );
}

// Σ scale · (quant − 32) · x over the unit. Each quarter has a scale, the byte of 16 columns.
fn products(w: Unit, unit: u32, x: Columns) -> f32 {
  let four = vec2<u32>(4u);
  let sums = vec4<f32>(
    quarter(w.first, w.upper << four, x.q0),
    quarter(w.last, w.upper << vec2<u32>(2u), x.q1),
    quarter(w.first >> four, w.upper, x.q2),
    quarter(w.last >> four, w.upper >> vec2<u32>(2u), x.q3),
  );
  let bytes = bitcast<vec4<i32>>(w.scales.xxyy << (vec4<u32>(24u, 8u, 24u, 8u) - 8u * (unit / 2u % 2u)));
  return unpack2x16float(w.scale).x * dot(vec4<f32>(bytes >> vec4<u32>(24u)), sums);
}

// Four lower bits of each byte, and the two above them.
fn quarter(lower: vec2<u32>, upper: vec2<u32>, x: mat2x4<f32>) -> f32 {
  let mask = vec2<u32>(0x0f0f0f0fu);
  let bytes = (lower & mask) | (upper & ~mask);
  let sums = fma(quants(bytes.x), x[0], quants(bytes.y) * x[1]);
  return (sums.x + sums.y) + (sums.z + sums.w);
}

// Six bits at bit b of the mantissa of 2^(23 − b) make the float 2^(23 − b) + quant: exact, and cheaper than shift, mask and
// conversion. Bits up to 16 serve, so only the last byte is shifted.
fn quants(bytes: u32) -> vec4<f32> {
  let bits = vec4<u32>(bytes, bytes, bytes, bytes >> 8u) & vec4<u32>(0x0000003fu, 0x00003f00u, 0x003f0000u, 0x003f0000u);
  return bitcast<vec4<f32>>(bits | vec4<u32>(0x4b000000u, 0x47000000u, 0x43000000u, 0x43000000u))
    - vec4<f32>(8388640.0, 32800.0, 160.0, 160.0); // 2^(23 − b) + 32
}
