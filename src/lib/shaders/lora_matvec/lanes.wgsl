//! Lanes share a row, sixteen weights at a time, and add up their sums in workgroup memory.
//! let ranks: decay + learning_rate + value + gate
//! grid: ranks / rows
//! use: lora, lora_fetch
//! unroll: written_out

struct Sizes { columns: u32, decay: u32, learning_rate: u32, value: u32, gate: u32, wide: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> weight: array<vec4<u32>>;  // the way down: see shared/lora.wgsl
@group(0) @binding(2) var<storage, read> shifted: array<vec4<f32>>; // 6 × columns: r k v w a g
@group(0) @binding(3) var<storage, read_write> hidden: array<f32>;  // all ranks

const threads = 128u; // knob: 64 128 256
const lanes = 64u;    // knob: 16 32 64
const written_out = 1u; // knob: 1 32

const rows = threads / lanes;
var<workgroup> partial_sums: array<f32, threads>;

@compute @workgroup_size(threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let row = min(group.x * rows + thread / lanes, all_ranks() - 1u);
  let lane = thread % lanes;
  let index = lora_of(row);
  let own = lora(index);
  var sum = 0.0;
  for (var k = 16u * lane; k < sizes.columns; k += 16u * lanes) {
    let w = unpack16(fetch16(own.first, own.wide, (row - own.before) * sizes.columns + k), own.wide);
    let x = (own.plane * sizes.columns + k) / 4u;
    sum += dot(w[0], shifted[x]) + dot(w[1], shifted[x + 1u]) + dot(w[2], shifted[x + 2u]) + dot(w[3], shifted[x + 3u]);
  }
  let total = lanes_sum(sum, thread);
  if (lane == 0u) { hidden[row] = inner(index, total); }
}

// The sum over neighbouring lanes, right in the first of them.
fn lanes_sum(sum: f32, thread: u32) -> f32 {
  partial_sums[thread] = sum;
  for (var width = lanes / 2u; width > 0u; width /= 2u) {
    workgroupBarrier();
    if (thread % lanes < width) { partial_sums[thread] += partial_sums[thread + width]; }
  }
  return partial_sums[thread];
}
