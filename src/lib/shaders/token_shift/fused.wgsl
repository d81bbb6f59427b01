//! One dispatch: each token's workgroup normalises the token before it a second time instead of waiting for it.
//! grid: tokens
//! use: sum

struct Sizes { columns: u32, tokens: u32, lerps: u32, inverse_epsilon: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<f32>;                // tokens × columns
@group(0) @binding(2) var<storage, read> norm_weight: array<f32>;      // columns
@group(0) @binding(3) var<storage, read> norm_bias: array<f32>;        // columns
@group(0) @binding(4) var<storage, read> lerp: array<f32>;             // lerps × columns
@group(0) @binding(5) var<storage, read> previous: array<f32>;         // columns, normalised
@group(0) @binding(6) var<storage, read_write> shifted: array<f32>;    // lerps × tokens × columns
@group(0) @binding(7) var<storage, read_write> last: array<f32>;       // columns, normalised

const workgroup_size = 128u; // knob: 64 128 256

@compute @workgroup_size(workgroup_size)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let token = group.x;
  let start = token * sizes.columns;
  let start_before = select(token - 1u, 0u, token == 0u) * sizes.columns;
  var sum = vec2<f32>(); // of this token, of the one before
  for (var c = thread; c < sizes.columns; c += workgroup_size) { sum += vec2<f32>(x[start + c], x[start_before + c]); }
  let mean = workgroup_sum(sum, thread) / f32(sizes.columns);
  var squares = vec2<f32>();
  for (var c = thread; c < sizes.columns; c += workgroup_size) {
    let centred = vec2<f32>(x[start + c], x[start_before + c]) - mean;
    squares += centred * centred;
  }
  let variance = workgroup_sum(squares, thread) / f32(sizes.columns);
  let scale = inverseSqrt(variance + 1.0 / f32(sizes.inverse_epsilon));

  for (var c = thread; c < sizes.columns; c += workgroup_size) {
    let normed = (vec2<f32>(x[start + c], x[start_before + c]) - mean) * scale * norm_weight[c] + norm_bias[c];
    var before = normed.y;
    if (token == 0u) { before = previous[c]; }
    for (var i = 0u; i < sizes.lerps; i++) {
      shifted[(i * sizes.tokens + token) * sizes.columns + c] = normed.x + (before - normed.x) * lerp[i * sizes.columns + c];
    }
    if (token == sizes.tokens - 1u) { last[c] = normed.x; }
  }
}
