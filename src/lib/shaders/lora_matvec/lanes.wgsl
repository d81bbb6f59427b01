//! Lanes share a row, sixteen weights at a time, and add up their sums in workgroup memory; many share a long row, few a short one.
//! let ranks: decay + learning_rate + value + gate
//! scratch hidden: ranks
//! pass down: ranks / down_rows
//! pass up: columns / up_rows, 4
//! use: lora

struct Sizes { columns: u32, decay: u32, learning_rate: u32, value: u32, gate: u32, wide: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> weight: array<vec4<u32>>;       // see shared/lora.wgsl
@group(0) @binding(2) var<storage, read> shifted: array<vec4<f32>>;      // 6 × columns: r k v w a g
@group(0) @binding(3) var<storage, read_write> inputs: array<f32>;       // 6 × columns: planes 3, 4 and 5 are written
@group(0) @binding(4) var<storage, read_write> gate: array<f32>;         // columns
@group(0) @binding(5) var<storage, read_write> hidden: array<vec4<f32>>; // all ranks

const threads = 128u;     // knob: 64 128 256
const down_lanes = 64u;   // knob: 16 32 64
const up_lanes = 16u;     // knob: 4 8 16

const down_rows = threads / down_lanes;
const up_rows = threads / up_lanes;
var<workgroup> partial_sums: array<f32, threads>;

@compute @workgroup_size(threads)
fn down(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let row = min(group.x * down_rows + thread / down_lanes, all_ranks() - 1u);
  let lane = thread % down_lanes;
  let index = lora_of(row);
  let own = lora(index);
  var sum = 0.0;
  for (var k = 16u * lane; k < sizes.columns; k += 16u * down_lanes) {
    let w = unpack16(fetch16(own.first, own.wide, (row - own.before) * sizes.columns + k), own.wide);
    let x = (own.plane * sizes.columns + k) / 4u;
    sum += dot(w[0], shifted[x]) + dot(w[1], shifted[x + 1u]) + dot(w[2], shifted[x + 2u]) + dot(w[3], shifted[x + 3u]);
  }
  let total = lanes_sum(sum, thread, down_lanes);
  if (lane == 0u) { hidden[row / 4u][row % 4u] = inner(index, total); }
}

@compute @workgroup_size(threads)
fn up(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let own = lora(group.y);
  if (own.rank == 0u) { return; }
  let channel = min(group.x * up_rows + thread / up_lanes, sizes.columns - 1u);
  let lane = thread % up_lanes;
  var sum = 0.0;
  for (var k = 16u * lane; k < own.rank; k += 16u * up_lanes) {
    let w = unpack16(fetch16(up_first(own), own.wide, channel * own.rank + k), own.wide);
    let x = (own.before + k) / 4u;
    sum += dot(w[0], hidden[x]) + dot(w[1], hidden[x + 1u]) + dot(w[2], hidden[x + 2u]) + dot(w[3], hidden[x + 3u]);
  }
  let total = lanes_sum(sum, thread, up_lanes);
  if (lane == 0u) { put_result(group.y, 1u, 0u, channel, total); }
}

// The sum over `lanes` neighbouring threads, right in the first of them.
fn lanes_sum(sum: f32, thread: u32, lanes: u32) -> f32 {
  partial_sums[thread] = sum;
  for (var width = lanes / 2u; width > 0u; width /= 2u) {
    workgroupBarrier();
    if (thread % lanes < width) { partial_sums[thread] += partial_sums[thread + width]; }
  }
  return partial_sums[thread];
}
