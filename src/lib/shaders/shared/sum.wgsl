// Sums over a workgroup of `workgroup_size` (a power of two) threads, two at once; every thread gets the result.
var<workgroup> partial_sums: array<vec2<f32>, workgroup_size>;

fn workgroup_sum(value: vec2<f32>, thread: u32) -> vec2<f32> {
  workgroupBarrier(); // the previous sum has been read by everybody
  partial_sums[thread] = value;
  for (var width = workgroup_size / 2u; width > 0u; width /= 2u) {
    workgroupBarrier();
    if (thread < width) { partial_sums[thread] += partial_sums[thread + width]; }
  }
  workgroupBarrier();
  return partial_sums[0];
}
