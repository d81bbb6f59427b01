//! Two passes, as the formula says it: one thread normalises a token; then one thread per number mixes it with the token before.
//! scratch normed: tokens * columns
//! pass norm: tokens / workgroup_size
//! pass mix: columns / workgroup_size, tokens

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
fn norm(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= sizes.tokens) { return; }
  let start = id.x * sizes.columns;
  var sum = 0.0;
  for (var c = 0u; c < sizes.columns; c++) { sum += x[start + c]; }
  let mean = sum / f32(sizes.columns);
  var squares = 0.0;
  for (var c = 0u; c < sizes.columns; c++) { squares += (x[start + c] - mean) * (x[start + c] - mean); }
  let scale = inverseSqrt(squares / f32(sizes.columns) + 1.0 / f32(sizes.inverse_epsilon));
  for (var c = 0u; c < sizes.columns; c++) {
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
