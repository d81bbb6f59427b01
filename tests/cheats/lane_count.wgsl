// cheat: takes for granted that subgroups have 32 lanes
// caught: cases
// kernel: layer_norm
//! A row for each subgroup of 32.
//! grid: tokens

enable subgroups;

struct Sizes { columns: u32, tokens: u32, first: u32, inverse_epsilon: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> norm_weight: array<f32>;
@group(0) @binding(3) var<storage, read> norm_bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let start = (sizes.first + group.x) * sizes.columns;
  var sum = 0.0;
  for (var c = thread % 32u; c < sizes.columns; c += 32u) { sum += x[start + c]; }
  let mean = subgroupAdd(sum) / f32(sizes.columns);
  var squares = 0.0;
  for (var c = thread % 32u; c < sizes.columns; c += 32u) { squares += (x[start + c] - mean) * (x[start + c] - mean); }
  let scale = inverseSqrt(subgroupAdd(squares) / f32(sizes.columns) + 1.0 / f32(sizes.inverse_epsilon));
  for (var c = thread; c < sizes.columns; c += 64u) {
    out[group.x * sizes.columns + c] = (x[start + c] - mean) * scale * norm_weight[c] + norm_bias[c];
  }
}
