// honest: workgroup memory and size by override constants
// kernel: softmax
//! One workgroup does it all.
//! grid: 1

struct Sizes { vocabulary: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read_write> probabilities: array<f32>;
override threads = 64u;
var<workgroup> part: array<f32, threads>;

fn fold(own: f32, t: u32, largest: bool) -> f32 {
  part[t] = own;
  workgroupBarrier();
  var all = part[0];
  for (var i = 1u; i < threads; i++) { let other = part[i]; all = select(all + other, max(all, other), largest); }
  workgroupBarrier();
  return all;
}

@compute @workgroup_size(threads)
fn main(@builtin(local_invocation_index) t: u32) {
  var top = -3.4e38;
  for (var i = t; i < sizes.vocabulary; i += threads) { top = max(top, logits[i]); }
  top = fold(top, t, true);
  var sum = 0.0;
  for (var i = t; i < sizes.vocabulary; i += threads) { sum += exp(logits[i] - top); }
  sum = fold(sum, t, false);
  for (var i = t; i < sizes.vocabulary; i += threads) { probabilities[i] = exp(logits[i] - top) / sum; }
}
