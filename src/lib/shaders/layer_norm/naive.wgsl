//! One thread per token, as the formula says it: the mean, then the variance around it, then the result.
//! grid: tokens / workgroup_size

struct Sizes { columns: u32, tokens: u32, first: u32, inverse_epsilon: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;          // (first + tokens) × columns
@group(0) @binding(2) var<storage, read> norm_weight: array<vec4<f32>>; // columns
@group(0) @binding(3) var<storage, read> norm_bias: array<vec4<f32>>;  // columns
@group(0) @binding(4) var<storage, read_write> out: array<vec4<f32>>;  // tokens × columns

const workgroup_size = 64u; // knob: 32 64

@compute @workgroup_size(workgroup_size)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let token = id.x;
  if (token >= sizes.tokens) { return; }
  let vectors = sizes.columns / 4u;
  let start = (sizes.first + token) * vectors;
  var sum = vec4<f32>();
  for (var c = 0u; c < vectors; c++) { sum += x[start + c]; }
  let mean = dot(sum, vec4<f32>(1.0)) / f32(sizes.columns);
  var squares = vec4<f32>();
  for (var c = 0u; c < vectors; c++) { squares += (x[start + c] - mean) * (x[start + c] - mean); }
  let scale = inverseSqrt(dot(squares, vec4<f32>(1.0)) / f32(sizes.columns) + 1.0 / f32(sizes.inverse_epsilon));
  for (var c = 0u; c < vectors; c++) {
    out[token * vectors + c] = (x[start + c] - mean) * scale * norm_weight[c] + norm_bias[c];
  }
}
