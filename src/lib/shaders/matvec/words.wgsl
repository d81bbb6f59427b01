//! Lanes take 32 weights of several rows at a time, in pairs of words that neighbours continue; x serves all the rows.
//! grid: rows / group_rows, batch
//! use: epilogue, q6_k_words, lane_sums
//! formats: q6_k
//! unroll: written_out

struct Sizes { rows: u32, columns: u32, batch: u32, epilogue: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> weight: array<u32>;           // batch × rows × columns, q6_K blocks of 53 words
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;          // batch × columns
@group(0) @binding(3) var<storage, read_write> out: array<f32>;        // batch × rows

const lanes = 16u;     // knob: 8 16 32
const lane_rows = 4u;  // knob: 2 4
const teams = 8u;      // knob: 4 8
const written_out = 1u; // knob: 1 32
const threads = lanes * teams;
const group_rows = lane_rows * teams;

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
  var next = fetch_units(starts, min(lane, units - 1u), lane_rows);
  for (var unit = lane; unit < units; unit += lanes) {
    let now = next;
    let columns = columns_of(group.y * units / 8u, unit);
    next = fetch_units(starts, min(unit + lanes, units - 1u), lane_rows);
    sums.x += products(now.row0, unit, columns);
    sums.y += products(now.row1, unit, columns);
    if (lane_rows > 2u) {
      sums.z += products(now.row2, unit, columns);
      sums.w += products(now.row3, unit, columns);
    }
  }
  finish_lanes(sums, group, thread);
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
  let bits = quarters_of(w);
  let sums = vec4<f32>(quarter(bits.q0, x.q0), quarter(bits.q1, x.q1), quarter(bits.q2, x.q2), quarter(bits.q3, x.q3));
  return dot(unit_scales(w, unit), sums);
}

fn quarter(bytes: vec2<u32>, x: mat2x4<f32>) -> f32 {
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
