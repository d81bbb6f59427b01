// honest: keeps its intermediate results in its output
// kernel: layer_norm
//! The centred numbers wait where the result will be.
//! pass centre: tokens
//! pass scale: tokens

struct Sizes { columns: u32, tokens: u32, first: u32, inverse_epsilon: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> norm_weight: array<f32>;
@group(0) @binding(3) var<storage, read> norm_bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;
var<workgroup> parts: array<f32, 96>;

fn mean_of(part: f32, thread: u32) -> f32 {
  workgroupBarrier();
  parts[thread] = part / f32(sizes.columns);
  workgroupBarrier();
  var sum = 0.0;
  for (var i = 0u; i < 96u; i++) { sum += parts[i]; }
  return sum;
}

@compute @workgroup_size(96)
fn centre(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  var sum = 0.0;
  for (var c = thread; c < sizes.columns; c += 96u) { sum += x[(sizes.first + group.x) * sizes.columns + c]; }
  let mean = mean_of(sum, thread);
  for (var c = thread; c < sizes.columns; c += 96u) {
    out[group.x * sizes.columns + c] = x[(sizes.first + group.x) * sizes.columns + c] - mean;
  }
}

@compute @workgroup_size(96)
fn scale(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let start = group.x * sizes.columns;
  var sum = 0.0;
  for (var c = thread; c < sizes.columns; c += 96u) { sum += out[start + c] * out[start + c]; }
  let by = inverseSqrt(mean_of(sum, thread) + 1.0 / f32(sizes.inverse_epsilon));
  for (var c = thread; c < sizes.columns; c += 96u) { out[start + c] = out[start + c] * by * norm_weight[c] + norm_bias[c]; }
}
