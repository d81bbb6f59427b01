// How lanes of wkv_rows add up without subgroups: parts lie in workgroup memory, in places that the next two sums leave alone, so
// that one barrier a sum is enough.
var<workgroup> sum_parts: array<vec2<f32>, 2u * threads>;
var<workgroup> own_parts: array<vec4<f32>, threads>;

fn lanes_sum(part: vec2<f32>, turn: u32, thread: u32) -> vec2<f32> {
  sum_parts[turn * threads + thread] = part;
  workgroupBarrier();
  let at = turn * threads + thread / lanes * lanes;
  var sum = (sum_parts[at] + sum_parts[at + 1u]) + (sum_parts[at + 2u] + sum_parts[at + 3u]);
  if (lanes == 8u) { sum += (sum_parts[at + 4u] + sum_parts[at + 5u]) + (sum_parts[at + 6u] + sum_parts[at + 7u]); }
  return sum;
}

fn lanes_sum_own(part: vec4<f32>, thread: u32) -> f32 {
  own_parts[thread] = part;
  workgroupBarrier();
  let at = thread / lanes * lanes;
  var sums = (own_parts[at] + own_parts[at + 1u]) + (own_parts[at + 2u] + own_parts[at + 3u]);
  if (lanes == 8u) { sums += (own_parts[at + 4u] + own_parts[at + 5u]) + (own_parts[at + 6u] + own_parts[at + 7u]); }
  return sums[thread % 4u];
}
