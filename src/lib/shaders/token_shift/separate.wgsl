//! Two passes, as the paper writes it: every token is normalised once, then mixed with its neighbour.
//! scratch normed: tokens * columns
//! pass norm: tokens
//! pass mix: columns / workgroup_size, tokens
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
@group(0) @binding(8) var<storage, read_write> normed: array<f32>;     // tokens × columns

const workgroup_size = 128u; // knob: 64 128 256

@compute @workgroup_size(workgroup_size)
fn norm(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let start = group.x * sizes.columns;
  var sum = 0.0;
  for (var c = thread; c < sizes.columns; c += workgroup_size) { sum += x[start + c]; }
  let mean = workgroup_sum(vec2<f32>(sum, 0.0), thread).x / f32(sizes.columns);
  var squares = 0.0;
  for (var c = thread; c < sizes.columns; c += workgroup_size) { squares += (x[start + c] - mean) * (x[start + c] - mean); }
  let variance = workgroup_sum(vec2<f32>(squares, 0.0), thread).x / f32(sizes.columns);
  let scale = inverseSqrt(variance + 1.0 / f32(sizes.inverse_epsilon));
  for (var c = thread; c < sizes.columns; c += workgroup_size) {
    normed[start + c] = (x[start + c] - mean) * scale * norm_weight[c] + norm_bias[c];
  }
}

@compute @workgroup_size(workgroup_size)
fn mix(@builtin(global_invocation_id) id: vec3u) {
  let c = id.x;
  let token = id.y;
  if (c >= sizes.columns) { return; }
  let now = normed[token * sizes.columns + c];
  var before = previous[c];
  if (token > 0u) { before = normed[(token - 1u) * sizes.columns + c]; }
  for (var i = 0u; i < sizes.lerps; i++) {
    shifted[(i * sizes.tokens + token) * sizes.columns + c] = now + (before - now) * lerp[i * sizes.columns + c];
  }
  if (token == sizes.tokens - 1u) { last[c] = now; }
}
