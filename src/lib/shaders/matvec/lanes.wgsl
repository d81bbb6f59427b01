//! Several lanes share a row, sixteen weights at a time, and add up their sums in workgroup memory.
//! grid: rows / group_rows, batch
//! use: format, epilogue
//! unroll: written_out

struct Sizes { rows: u32, columns: u32, batch: u32, epilogue: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> weight: array<u32>;           // batch × rows × columns
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;          // batch × columns
@group(0) @binding(3) var<storage, read_write> out: array<f32>;        // batch × rows

const lanes = 32u;     // knob: 8 16 32 64
const group_rows = 4u; // knob: 2 4 8 16
const written_out = 1u; // knob: 1 32
const_assert lanes * group_rows <= 256u;

var<workgroup> partial_sums: array<f32, lanes * group_rows>;

@compute @workgroup_size(lanes * group_rows)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let row = group.x * group_rows + thread / lanes;
  let lane = thread % lanes;
  let row_word = (group.y * sizes.rows + min(row, sizes.rows - 1u)) * row_words(sizes.columns);
  var sum = 0.0;
  for (var part = lane; part < sizes.columns / 16u; part += lanes) {
    let w = weights16(row_word, part);
    let k = (group.y * sizes.columns) / 4u + 4u * part;
    sum += dot(w[0], x[k]) + dot(w[1], x[k + 1u]) + dot(w[2], x[k + 2u]) + dot(w[3], x[k + 3u]);
  }
  partial_sums[thread] = sum;
  for (var width = lanes / 2u; width > 0u; width /= 2u) {
    workgroupBarrier();
    if (lane < width) { partial_sums[thread] += partial_sums[thread + width]; }
  }
  if (lane == 0u && row < sizes.rows) { finish(partial_sums[thread], group.y * sizes.rows + row); }
}
