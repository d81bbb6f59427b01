//! Lanes take sixteen bytes, 32 weights, of two rows at a time: weights come as vectors, and x serves both rows.
//! grid: rows / group_rows, batch
//! use: epilogue, q4_k_header
//! formats: q4_k

struct Sizes { rows: u32, columns: u32, batch: u32, epilogue: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> weight: array<vec4<u32>>;     // batch × rows × columns, q4_K blocks of 9 vectors
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;          // batch × columns
@group(0) @binding(3) var<storage, read_write> out: array<f32>;        // batch × rows

const lanes = 32u;     // knob: 8 16 32
const row_pairs = 2u;  // knob: 2 4 8
const group_rows = 2u * row_pairs;
const threads = lanes * row_pairs;

var<workgroup> partial_sums: array<vec2<f32>, threads>;

@compute @workgroup_size(threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let row = group.x * group_rows + 2u * (thread / lanes);
  let lane = thread % lanes;
  let blocks = sizes.columns / 256u;
  let first = (group.y * sizes.rows + min(row, sizes.rows - 1u)) * blocks * 9u;
  let second = (group.y * sizes.rows + min(row + 1u, sizes.rows - 1u)) * blocks * 9u;
  var sums = vec2<f32>();
  for (var unit = lane; unit < 8u * blocks; unit += lanes) {
    // The low nibbles are half of sub-block 2·pair, the high ones the same half of the next.
    let pair = unit % 8u / 2u;
    let k = (group.y * sizes.columns + unit / 8u * 256u + pair * 64u) / 4u + unit % 2u * 4u;
    let low = mat4x4<f32>(x[k], x[k + 1u], x[k + 2u], x[k + 3u]);
    let high = mat4x4<f32>(x[k + 8u], x[k + 9u], x[k + 10u], x[k + 11u]);
    let low_sum = dot(low[0] + low[1] + low[2] + low[3], vec4<f32>(1.0));
    let high_sum = dot(high[0] + high[1] + high[2] + high[3], vec4<f32>(1.0));
    let block = unit / 8u * 9u;
    let offset = block + 1u + unit % 8u;
    sums.x += unit_sum(weight[first + block], weight[first + offset], pair, low, high, low_sum, high_sum);
    sums.y += unit_sum(weight[second + block], weight[second + offset], pair, low, high, low_sum, high_sum);
  }
  partial_sums[thread] = sums;
  for (var width = lanes / 2u; width > 0u; width /= 2u) {
    workgroupBarrier();
    if (lane < width) { partial_sums[thread] += partial_sums[thread + width]; }
  }
  if (lane == 0u && row < sizes.rows) { finish(partial_sums[thread].x, group.y * sizes.rows + row); }
  if (lane == 0u && row + 1u < sizes.rows) { finish(partial_sums[thread].y, group.y * sizes.rows + row + 1u); }
}

// scale · Σ nibble · x − minimum · Σ x, of the low and the high nibbles of sixteen bytes.
fn unit_sum(header: vec4<u32>, bytes: vec4<u32>, pair: u32, low: mat4x4<f32>, high: mat4x4<f32>, low_sum: f32, high_sum: f32) -> f32 {
  let low_scale = sub_block_scale(header, 2u * pair);
  let high_scale = sub_block_scale(header, 2u * pair + 1u);
  return low_scale.x * products(bytes, low) - low_scale.y * low_sum
    + high_scale.x * products(bytes >> vec4<u32>(4u), high) - high_scale.y * high_sum;
}

fn products(bytes: vec4<u32>, x: mat4x4<f32>) -> f32 {
  let sums = fma(nibbles(bytes.x), x[0], fma(nibbles(bytes.y), x[1], fma(nibbles(bytes.z), x[2], nibbles(bytes.w) * x[3])));
  return (sums.x + sums.y) + (sums.z + sums.w);
}

fn nibbles(bytes: u32) -> vec4<f32> {
  return vec4<f32>((vec4<u32>(bytes) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(15u));
}
