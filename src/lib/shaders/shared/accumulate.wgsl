// sum[t] + Σ_j w[j] · x[j][t]: four columns of four tokens. `x` is a transposed tile: x[j] holds column j of all four.
// Register tiles are written out as such vectors because some drivers keep arrays in memory even when every index is constant.
fn accumulate(sum: vec4<f32>, w: vec4<f32>, x: mat4x4<f32>) -> vec4<f32> {
  return fma(w.xxxx, x[0], fma(w.yyyy, x[1], fma(w.zzzz, x[2], fma(w.wwww, x[3], sum))));
}
