//! One dispatch: each token's workgroup normalises the token before it a second time instead of waiting for it.
//! grid: tokens
//! use: sum

struct Sizes { columns: u32, tokens: u32, lerps: u32, inverse_epsilon: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>;          // tokens × columns
@group(0) @binding(2) var<storage, read> norm_weight: array<vec4<f32>>; // columns
@group(0) @binding(3) var<storage, read> norm_bias: array<vec4<f32>>;  // columns
@group(0) @binding(4) var<storage, read> lerp: array<vec4<f32>>;       // lerps × columns
@group(0) @binding(5) var<storage, read> previous: array<vec4<f32>>;   // columns, normalised
@group(0) @binding(6) var<storage, read_write> shifted: array<vec4<f32>>; // lerps × tokens × columns
@group(0) @binding(7) var<storage, read_write> last: array<vec4<f32>>; // columns, normalised

const workgroup_size = 256u; // knob: 64 128 256

@compute @workgroup_size(workgroup_size)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let token = group.x;
  let vectors = sizes.columns / 4u;
  let start = token * vectors;
  let start_before = select(token - 1u, 0u, token == 0u) * vectors;
  var sum = vec4<f32>();
  var sum_before = vec4<f32>();
  for (var c = thread; c < vectors; c += workgroup_size) {
    sum += x[start + c];
    sum_before += x[start_before + c];
  }
  let one = vec4<f32>(1.0);
  let mean = workgroup_sum(vec2<f32>(dot(sum, one), dot(sum_before, one)), thread) / f32(sizes.columns);
  var squares = vec2<f32>();
  for (var c = thread; c < vectors; c += workgroup_size) {
    let centred = x[start + c] - mean.x;
    let centred_before = x[start_before + c] - mean.y;
    squares += vec2<f32>(dot(centred, centred), dot(centred_before, centred_before));
  }
  let variance = workgroup_sum(squares, thread) / f32(sizes.columns);
  let scale = inverseSqrt(variance + 1.0 / f32(sizes.inverse_epsilon));

  for (var c = thread; c < vectors; c += workgroup_size) {
    let now = (x[start + c] - mean.x) * scale.x * norm_weight[c] + norm_bias[c];
    var before = (x[start_before + c] - mean.y) * scale.y * norm_weight[c] + norm_bias[c];
    if (token == 0u) { before = previous[c]; }
    for (var i = 0u; i < sizes.lerps; i++) {
      shifted[(i * sizes.tokens + token) * vectors + c] = now + (before - now) * lerp[i * vectors + c];
    }
    if (token == sizes.tokens - 1u) { last[c] = now; }
  }
}
