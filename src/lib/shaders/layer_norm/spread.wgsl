//! Few tokens are spread over several workgroups each: all of them sum up the whole token, and write a slice of it.
//! let slices: max(1, min(ceil(columns / 4 / workgroup_size), floor(workgroups / tokens)))
//! grid: slices, tokens
//! use: sum, row_sums
//! unroll: written_out

struct Sizes { columns: u32, tokens: u32, first: u32, inverse_epsilon: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;          // (first + tokens) × columns
@group(0) @binding(2) var<storage, read> norm_weight: array<vec4<f32>>; // columns
@group(0) @binding(3) var<storage, read> norm_bias: array<vec4<f32>>;  // columns
@group(0) @binding(4) var<storage, read_write> out: array<vec4<f32>>;  // tokens × columns

const workgroup_size = 128u; // knob: 64 128 256
const workgroups = 64u;      // knob: 1 64
const written_out = 1u; // knob: 1 32

@compute @workgroup_size(workgroup_size)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let vectors = sizes.columns / 4u;
  let start = (sizes.first + group.y) * vectors;
  var c = group.x * workgroup_size + thread;
  var scale = norm_weight[min(c, vectors - 1u)]; // on their way before x is summed
  var bias = norm_bias[min(c, vectors - 1u)];
  let mean = workgroup_sum(vec2<f32>(row_sum(start, vectors, thread), 0.0), thread).x / f32(sizes.columns);
  let squares = workgroup_sum(vec2<f32>(row_squares(start, vectors, mean, thread), 0.0), thread).x;
  let inverse = inverseSqrt(squares / f32(sizes.columns) + 1.0 / f32(sizes.inverse_epsilon));
  while (c < vectors) {
    out[group.y * vectors + c] = (x[start + c] - mean) * inverse * scale + bias;
    c += groups.x * workgroup_size;
    scale = norm_weight[min(c, vectors - 1u)];
    bias = norm_bias[min(c, vectors - 1u)];
  }
}
