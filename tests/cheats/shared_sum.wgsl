// cheat: threads add to one number in workgroup memory without waiting for each other
// caught: cases
// kernel: layer_norm
//! One workgroup a token; sums without atomics.
//! grid: tokens

struct Sizes { columns: u32, tokens: u32, first: u32, inverse_epsilon: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> norm_weight: array<f32>;
@group(0) @binding(3) var<storage, read> norm_bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;
var<workgroup> sums: array<f32, 2>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let start = (sizes.first + group.x) * sizes.columns;
  for (var c = thread; c < sizes.columns; c += 64u) { sums[0] += x[start + c]; }
  workgroupBarrier();
  let mean = sums[0] / f32(sizes.columns);
  for (var c = thread; c < sizes.columns; c += 64u) { sums[1] += (x[start + c] - mean) * (x[start + c] - mean); }
  workgroupBarrier();
  let scale = inverseSqrt(sums[1] / f32(sizes.columns) + 1.0 / f32(sizes.inverse_epsilon));
  for (var c = thread; c < sizes.columns; c += 64u) {
    out[group.x * sizes.columns + c] = (x[start + c] - mean) * scale * norm_weight[c] + norm_bias[c];
  }
}
