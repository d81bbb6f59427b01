// honest: three passes that hand on their work in two scratch buffers
// kernel: layer_norm
//! Mean, then variance, then the result.
//! scratch means: tokens
//! scratch scales: tokens
//! pass average: tokens / 32
//! pass spread: tokens / 32
//! pass norm: columns / 48, tokens

struct Sizes { columns: u32, tokens: u32, first: u32, inverse_epsilon: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> norm_weight: array<f32>;
@group(0) @binding(3) var<storage, read> norm_bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;
@group(0) @binding(5) var<storage, read_write> means: array<f32>;
@group(0) @binding(6) var<storage, read_write> scales: array<f32>;

@compute @workgroup_size(32)
fn average(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= sizes.tokens) { return; }
  var sum = 0.0;
  for (var c = 0u; c < sizes.columns; c++) { sum += x[(sizes.first + id.x) * sizes.columns + c] / f32(sizes.columns); }
  means[id.x] = sum;
}

@compute @workgroup_size(32)
fn spread(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= sizes.tokens) { return; }
  var sum = 0.0;
  for (var c = 0u; c < sizes.columns; c++) {
    let off = x[(sizes.first + id.x) * sizes.columns + c] - means[id.x];
    sum += off * off / f32(sizes.columns);
  }
  scales[id.x] = inverseSqrt(sum + 1.0 / f32(sizes.inverse_epsilon));
}

@compute @workgroup_size(48)
fn norm(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= sizes.columns) { return; }
  let value = x[(sizes.first + id.y) * sizes.columns + id.x];
  out[id.y * sizes.columns + id.x] = fma((value - means[id.y]) * scales[id.y], norm_weight[id.x], norm_bias[id.x]);
}
