//! One workgroup per token: the mean, then the variance around it, then the result.
//! grid: tokens
//! use: sum
//! unroll: written_out

struct Sizes { columns: u32, tokens: u32, first: u32, inverse_epsilon: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;          // (first + tokens) × columns
@group(0) @binding(2) var<storage, read> norm_weight: array<vec4<f32>>; // columns
@group(0) @binding(3) var<storage, read> norm_bias: array<vec4<f32>>;  // columns
@group(0) @binding(4) var<storage, read_write> out: array<vec4<f32>>;  // tokens × columns

const workgroup_size = 128u; // knob: 64 128 256
const written_out = 1u; // knob: 1 32

@compute @workgroup_size(workgroup_size)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let vectors = sizes.columns / 4u;
  let start = (sizes.first + group.x) * vectors;
  var sum = vec4<f32>();
  for (var c = thread; c < vectors; c += workgroup_size) { sum += x[start + c]; }
  let mean = workgroup_sum(vec2<f32>(dot(sum, vec4<f32>(1.0)), 0.0), thread).x / f32(sizes.columns);
  var squares = 0.0;
  for (var c = thread; c < vectors; c += workgroup_size) { squares += dot(x[start + c] - mean, x[start + c] - mean); }
  let variance = workgroup_sum(vec2<f32>(squares, 0.0), thread).x / f32(sizes.columns);
  let scale = inverseSqrt(variance + 1.0 / f32(sizes.inverse_epsilon));
  for (var c = thread; c < vectors; c += workgroup_size) {
    out[group.x * vectors + c] = (x[start + c] - mean) * scale * norm_weight[c] + norm_bias[c];
  }
}
