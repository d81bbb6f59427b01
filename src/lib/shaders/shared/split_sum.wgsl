// The sum of the numbers of `partial` from the first on, so many apart, up to its end: four at a time, which do not wait for one another.
fn sum_of_splits(first: u32, apart: u32) -> f32 {
  let end = arrayLength(&partial);
  var sum = vec4<f32>();
  for (var at = first; at < end; at += 4u * apart) {
    let all = vec4<u32>(at) + vec4<u32>(0u, 1u, 2u, 3u) * apart;
    let some = min(all, vec4<u32>(end - 1u));
    let found = vec4<f32>(partial[some.x], partial[some.y], partial[some.z], partial[some.w]);
    sum += select(vec4<f32>(), found, all < vec4<u32>(end));
  }
  return (sum.x + sum.y) + (sum.z + sum.w);
}
