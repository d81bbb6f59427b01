// Sums over a workgroup of `workgroup_size` (a multiple of 16) threads, two at once; every thread gets the result.
// Two barriers: sixteen threads add up a sixteenth each, then all add up those. Safe to call again at once.
var<workgroup> partial_sums: array<vec2<f32>, workgroup_size>;
var<workgroup> sixteen_sums: array<vec2<f32>, 16>;

fn workgroup_sum(value: vec2<f32>, thread: u32) -> vec2<f32> {
  partial_sums[thread] = value;
  workgroupBarrier();
  if (thread < 16u) {
    var part = vec2<f32>();
    for (var i = 0u; i < workgroup_size; i += 16u) { part += partial_sums[i + thread]; }
    sixteen_sums[thread] = part;
  }
  workgroupBarrier();
  var sum = vec2<f32>();
  for (var i = 0u; i < 16u; i++) { sum += sixteen_sums[i]; }
  return sum;
}
