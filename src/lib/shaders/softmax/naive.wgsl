//! No barriers: one thread adds up each slice, one thread adds up the slices, then one thread divides each exponential.
//! scratch slice_sums: 2 * slices + 2
//! pass slice: slices / workgroup_size
//! pass total: 1
//! pass divide: vocabulary / workgroup_size

struct Sizes { vocabulary: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> logits: array<f32>;               // vocabulary
@group(0) @binding(2) var<storage, read_write> probabilities: array<f32>;  // vocabulary
@group(0) @binding(3) var<storage, read_write> slice_sums: array<vec2<f32>>; // slices × (largest, Σ exp(logit − largest)), then their total

const workgroup_size = 64u; // knob: 32 64
const slices = 256u;        // knob: 64 256

@compute @workgroup_size(workgroup_size)
fn slice(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= slices) { return; }
  var largest = -3.4e38;
  for (var i = id.x; i < sizes.vocabulary; i += slices) { largest = max(largest, logits[i]); }
  var sum = 0.0;
  for (var i = id.x; i < sizes.vocabulary; i += slices) { sum += exp(logits[i] - largest); }
  slice_sums[id.x] = vec2<f32>(largest, sum);
}

@compute @workgroup_size(1)
fn total() {
  var largest = -3.4e38;
  for (var i = 0u; i < slices; i++) { largest = max(largest, slice_sums[i].x); }
  var sum = 0.0;
  for (var i = 0u; i < slices; i++) { sum += slice_sums[i].y * exp(slice_sums[i].x - largest); }
  slice_sums[slices] = vec2<f32>(largest, sum);
}

@compute @workgroup_size(workgroup_size)
fn divide(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= sizes.vocabulary) { return; }
  let total = slice_sums[slices];
  probabilities[id.x] = exp(logits[id.x] - total.x) / total.y;
}
