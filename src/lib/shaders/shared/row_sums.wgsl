// A thread's part of sums over a row of x (vectors), eight loads on their way at a time.

fn row_sum(start: u32, vectors: u32, thread: u32) -> f32 {
  var sum = vec4<f32>();
  for (var first = thread; first < vectors; first += 8u * workgroup_size) {
    for (var n = 0u; n < 8u; n++) {
      let c = first + n * workgroup_size;
      if (c < vectors) { sum += x[start + c]; }
    }
  }
  return (sum.x + sum.y) + (sum.z + sum.w);
}

fn row_squares(start: u32, vectors: u32, mean: f32, thread: u32) -> f32 {
  var sum = vec4<f32>();
  for (var first = thread; first < vectors; first += 8u * workgroup_size) {
    for (var n = 0u; n < 8u; n++) {
      let c = first + n * workgroup_size;
      if (c < vectors) { sum += (x[start + c] - mean) * (x[start + c] - mean); }
    }
  }
  return (sum.x + sum.y) + (sum.z + sum.w);
}
