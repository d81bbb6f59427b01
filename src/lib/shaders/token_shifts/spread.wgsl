//! A token is spread over several workgroups, which all sum it up.
//! let spread: max(1, floor(workgroups / tokens))
//! let slices: min(ceil(columns / 4 / workgroup_size), spread)
//! grid: slices, tokens, min(lerps, ceil(spread / slices))
//! use: sum, row_sums
//! unroll: written_out

struct Sizes { columns: u32, tokens: u32, lerps: u32, inverse_epsilon: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;          // tokens × columns
@group(0) @binding(2) var<storage, read> norm_weight: array<vec4<f32>>; // columns
@group(0) @binding(3) var<storage, read> norm_bias: array<vec4<f32>>;  // columns
@group(0) @binding(4) var<storage, read> lerp: array<vec4<f32>>;       // lerps × columns
@group(0) @binding(5) var<storage, read> previous: array<vec4<f32>>;   // tokens × columns, normalised
@group(0) @binding(6) var<storage, read_write> shifted: array<vec4<f32>>; // lerps × tokens × columns
@group(0) @binding(7) var<storage, read_write> last: array<vec4<f32>>; // tokens × columns, normalised

const workgroup_size = 128u; // knob: 64 128 256
const workgroups = 64u;      // knob: 1 64 128
const written_out = 1u;      // knob: 1 32

@compute @workgroup_size(workgroup_size)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let vectors = sizes.columns / 4u;
  let start = group.y * vectors;
  let mean = workgroup_sum(vec2<f32>(row_sum(start, vectors, thread), 0.0), thread).x / f32(sizes.columns);
  let squares = workgroup_sum(vec2<f32>(row_squares(start, vectors, mean, thread), 0.0), thread).x;
  let inverse = inverseSqrt(squares / f32(sizes.columns) + 1.0 / f32(sizes.inverse_epsilon));
  for (var c = group.x * workgroup_size + thread; c < vectors; c += groups.x * workgroup_size) {
    let now = (x[start + c] - mean) * inverse * norm_weight[c] + norm_bias[c];
    let before = previous[start + c];
    for (var i = group.z; i < sizes.lerps; i += groups.z) {
      shifted[i * sizes.tokens * vectors + start + c] = now + (before - now) * lerp[i * vectors + c];
    }
    if (group.z == 0u) { last[start + c] = now; }
  }
}
