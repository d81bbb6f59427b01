//! A thread for each number, which takes mean and variance of its whole token; no barrier.
//! grid: columns / workgroup_size, tokens

struct Sizes { columns: u32, tokens: u32, lerps: u32, inverse_epsilon: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<f32>;                // tokens × columns
@group(0) @binding(2) var<storage, read> norm_weight: array<f32>;      // columns
@group(0) @binding(3) var<storage, read> norm_bias: array<f32>;        // columns
@group(0) @binding(4) var<storage, read> lerp: array<f32>;             // lerps × columns
@group(0) @binding(5) var<storage, read> previous: array<f32>;         // tokens × columns, normalised
@group(0) @binding(6) var<storage, read_write> shifted: array<f32>;    // lerps × tokens × columns
@group(0) @binding(7) var<storage, read_write> last: array<f32>;       // tokens × columns, normalised

const workgroup_size = 64u; // knob: 64 128 256

@compute @workgroup_size(workgroup_size)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= sizes.columns) { return; }
  let start = id.y * sizes.columns;
  var sum = 0.0;
  for (var c = 0u; c < sizes.columns; c++) { sum += x[start + c]; }
  let mean = sum / f32(sizes.columns);
  var squares = 0.0;
  for (var c = 0u; c < sizes.columns; c++) { squares += (x[start + c] - mean) * (x[start + c] - mean); }
  let scale = inverseSqrt(squares / f32(sizes.columns) + 1.0 / f32(sizes.inverse_epsilon));
  let now = (x[start + id.x] - mean) * scale * norm_weight[id.x] + norm_bias[id.x];
  let before = previous[start + id.x];
  for (var i = 0u; i < sizes.lerps; i++) {
    shifted[i * sizes.tokens * sizes.columns + start + id.x] = now + (before - now) * lerp[i * sizes.columns + id.x];
  }
  last[start + id.x] = now;
}
