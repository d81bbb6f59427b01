//! One dispatch; few tokens are spread over several workgroups each, which all sum up the whole token.
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
@group(0) @binding(5) var<storage, read> previous: array<vec4<f32>>;   // columns, normalised
@group(0) @binding(6) var<storage, read_write> shifted: array<vec4<f32>>; // lerps × tokens × columns
@group(0) @binding(7) var<storage, read_write> last: array<vec4<f32>>; // columns, normalised

const workgroup_size = 128u; // knob: 64 128 256
const workgroups = 64u;      // knob: 1 64 512
const written_out = 1u;      // knob: 1 32

// A thread's inputs for a vector of columns besides x; fetched before x is summed.
struct Column { scale: vec4<f32>, bias: vec4<f32>, previous: vec4<f32>, lerp: vec4<f32> }

@compute @workgroup_size(workgroup_size)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let token = group.y;
  let vectors = sizes.columns / 4u;
  let start = token * vectors;
  let start_before = (max(token, 1u) - 1u) * vectors;
  var c = group.x * workgroup_size + thread;
  var column = fetch(min(c, vectors - 1u), group.z);

  var sums = vec2<f32>(row_sum(start, vectors, thread), 0.0);
  if (token > 0u) { sums.y = row_sum(start_before, vectors, thread); }
  let mean = workgroup_sum(sums, thread) / f32(sizes.columns);
  var squares = vec2<f32>(row_squares(start, vectors, mean.x, thread), 0.0);
  if (token > 0u) { squares.y = row_squares(start_before, vectors, mean.y, thread); }
  let variance = workgroup_sum(squares, thread) / f32(sizes.columns);
  let inverse = inverseSqrt(variance + 1.0 / f32(sizes.inverse_epsilon));

  while (c < vectors) {
    let now = (x[start + c] - mean.x) * inverse.x * column.scale + column.bias;
    var before = column.previous;
    if (token > 0u) { before = (x[start_before + c] - mean.y) * inverse.y * column.scale + column.bias; }
    for (var i = group.z; i < sizes.lerps; i += groups.z) {
      shifted[(i * sizes.tokens + token) * vectors + c] = now + (before - now) * column.lerp;
      column.lerp = lerp[min(i + groups.z, sizes.lerps - 1u) * vectors + c];
    }
    if (token == sizes.tokens - 1u && group.z == 0u) { last[c] = now; }
    c += groups.x * workgroup_size;
    column = fetch(min(c, vectors - 1u), group.z);
  }
}

fn fetch(c: u32, i: u32) -> Column {
  return Column(norm_weight[c], norm_bias[c], previous[c], lerp[i * sizes.columns / 4u + c]);
}
