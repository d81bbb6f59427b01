//! Two passes: largest logit and sum of each slice; then every workgroup adds up the slices and divides its own.
//! scratch slice_sums: 2 * slices
//! pass slice: slices
//! pass divide: slices

struct Sizes { vocabulary: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> logits: array<f32>;               // vocabulary
@group(0) @binding(2) var<storage, read_write> probabilities: array<f32>;  // vocabulary
@group(0) @binding(3) var<storage, read_write> slice_sums: array<vec2<f32>>; // slices × (largest, Σ exp(logit − largest))

const workgroup_size = 128u; // knob: 64 128 256
const slices = 64u;          // knob: 16 64

var<workgroup> partial: array<vec2<f32>, workgroup_size>;

@compute @workgroup_size(workgroup_size)
fn slice(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  var sum = vec2<f32>(-3.4e38, 0.0);
  for (var i = group.x * workgroup_size + thread; i < sizes.vocabulary; i += slices * workgroup_size) {
    sum = add(sum, vec2<f32>(logits[i], 1.0));
  }
  let total = reduce(sum, thread);
  if (thread == 0u) { slice_sums[group.x] = total; }
}

@compute @workgroup_size(workgroup_size)
fn divide(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  var sum = vec2<f32>(-3.4e38, 0.0);
  if (thread < slices) { sum = slice_sums[thread]; }
  let total = reduce(sum, thread);
  for (var i = group.x * workgroup_size + thread; i < sizes.vocabulary; i += slices * workgroup_size) {
    probabilities[i] = exp(logits[i] - total.x) / total.y;
  }
}

// (largest, sum of exponentials relative to it) of two sets together.
fn add(a: vec2<f32>, b: vec2<f32>) -> vec2<f32> {
  let largest = max(a.x, b.x);
  return vec2<f32>(largest, a.y * exp(a.x - largest) + b.y * exp(b.x - largest));
}

fn reduce(value: vec2<f32>, thread: u32) -> vec2<f32> {
  partial[thread] = value;
  for (var width = workgroup_size / 2u; width > 0u; width /= 2u) {
    workgroupBarrier();
    if (thread < width) { partial[thread] = add(partial[thread], partial[thread + width]); }
  }
  workgroupBarrier();
  return partial[0];
}
