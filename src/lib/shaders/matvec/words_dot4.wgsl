//! Integer products: as words, with x rounded to 8 bits in blocks of 16 by each workgroup.
//! error: 4e-4 because x is rounded to 8 bits
//! grid: rows / group_rows, batch
//! use: epilogue, q6_k_words, rounded_bytes, lane_sums
//! formats: q6_k

requires packed_4x8_integer_dot_product;

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
// So many halves of a block, 128 columns of x, are in workgroup memory: sixteen times eight bytes, and four times eight to keep
// neighbours in different banks.
const section = 24u;
const pitch = 20u;
const_assert 4u * section % lanes == 0u;

var<workgroup> x_bytes: array<vec2<u32>, section * pitch>;
var<workgroup> x_scales: array<f32, section * 8u>;

// Eight columns of each quarter of the half.
struct Columns { q0: vec2<u32>, q1: vec2<u32>, q2: vec2<u32>, q3: vec2<u32>, scales: vec4<f32>, sums: vec4<i32> }

@compute @workgroup_size(threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let lane = thread % lanes;
  let units = sizes.columns / 32u;
  // Rows past the end repeat the last one, and are not stored.
  let rows = min(vec4<u32>(group.x * group_rows + thread / lanes * lane_rows) + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(sizes.rows - 1u));
  let starts = (group.y * sizes.rows + rows) * (units / 8u * 53u);
  var sums = vec4<f32>();
  var next = fetch_units(starts, min(lane, units - 1u), lane_rows);
  for (var first = 0u; first < units; first += lanes) {
    let now = next;
    next = fetch_units(starts, min(first + lanes + lane, units - 1u), lane_rows);
    if (first % (4u * section) == 0u) {
      workgroupBarrier();
      stage_x(group.y * units / 4u, first / 4u, thread);
      workgroupBarrier();
    }
    let unit = first + lane;
    let columns = staged_x(unit % (4u * section));
    sums.x += products(now.row0, unit, columns);
    sums.y += products(now.row1, unit, columns);
    if (lane_rows > 2u) {
      sums.z += products(now.row2, unit, columns);
      sums.w += products(now.row3, unit, columns);
    }
  }
  finish_lanes(sums, group, thread);
}

// Sixteen columns at a time. Past the last half x is zero, whatever the weights.
fn stage_x(start: u32, first_half: u32, thread: u32) {
  for (var i = thread; i < 8u * section; i += threads) {
    var v = mat4x4<f32>();
    if (first_half + i / 8u < sizes.columns / 128u) {
      let at = 4u * (8u * (start + first_half) + i);
      v = mat4x4<f32>(x[at], x[at + 1u], x[at + 2u], x[at + 3u]);
    }
    let largest = max(max(magnitude(v[0]), magnitude(v[1])), max(magnitude(v[2]), magnitude(v[3])));
    let scale = bitcast<f32>(max(max(largest.x, largest.y), max(largest.z, largest.w))) / 127.0;
    let inverse = select(1.0 / scale, 0.0, scale == 0.0);
    let at = i / 8u * pitch + i % 8u * 2u;
    x_bytes[at] = vec2<u32>(bytes(v[0] * inverse), bytes(v[1] * inverse));
    x_bytes[at + 1u] = vec2<u32>(bytes(v[2] * inverse), bytes(v[3] * inverse));
    x_scales[i] = scale;
  }
}

fn staged_x(unit: u32) -> Columns {
  let at = unit / 4u * pitch + unit % 4u;
  let scale = unit / 4u * 8u + unit % 4u / 2u;
  let scales = vec4<f32>(x_scales[scale], x_scales[scale + 2u], x_scales[scale + 4u], x_scales[scale + 6u]);
  let ones = vec2<u32>(0x01010101u);
  let sums = vec4<i32>(dot8(ones, x_bytes[at]), dot8(ones, x_bytes[at + 4u]), dot8(ones, x_bytes[at + 8u]), dot8(ones, x_bytes[at + 12u]));
  return Columns(x_bytes[at], x_bytes[at + 4u], x_bytes[at + 8u], x_bytes[at + 12u], scales, sums);
}

// Σ scale · (quant − 32) · x over the unit, with x = its scale · byte.
fn products(w: Unit, unit: u32, x: Columns) -> f32 {
  let quants = quarters_of(w);
  let mask = vec2<u32>(0x3f3f3f3fu);
  let dots = vec4<i32>(
    dot8(quants.q0 & mask, x.q0), dot8(quants.q1 & mask, x.q1),
    dot8(quants.q2 & mask, x.q2), dot8(quants.q3 & mask, x.q3),
  );
  return dot(unit_scales(w, unit), x.scales * vec4<f32>(dots - x.sums * 32));
}

fn dot8(w: vec2<u32>, x: vec2<u32>) -> i32 { return dot4I8Packed(w.x, x.x) + dot4I8Packed(w.y, x.y); }
