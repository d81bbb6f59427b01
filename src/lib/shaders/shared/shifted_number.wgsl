// Layer norm and token shift of one token, number by number: `vectors` holds planes of `columns` numbers, scale and bias of the norm,
// then the lerps.

// Mean of x, and the inverse of its deviation.
fn norm_of_x() -> vec2<f32> {
  var sum = 0.0;
  for (var c = 0u; c < sizes.columns; c++) { sum += x[c]; }
  let mean = sum / f32(sizes.columns);
  var squares = 0.0;
  for (var c = 0u; c < sizes.columns; c++) { squares += (x[c] - mean) * (x[c] - mean); }
  return vec2<f32>(mean, inverseSqrt(squares / f32(sizes.columns) + 1.0 / f32(sizes.inverse_epsilon)));
}

fn normed(c: u32, norm: vec2<f32>) -> f32 {
  return (x[c] - norm.x) * norm.y * vectors[c] + vectors[sizes.columns + c];
}

fn shifted(c: u32, lerp: u32, norm: vec2<f32>) -> f32 {
  let now = normed(c, norm);
  return now + (previous[c] - now) * vectors[(2u + lerp) * sizes.columns + c];
}

fn shifted4(c: u32, lerp: u32, norm: vec2<f32>) -> vec4<f32> {
  return vec4<f32>(shifted(c, lerp, norm), shifted(c + 1u, lerp, norm), shifted(c + 2u, lerp, norm), shifted(c + 3u, lerp, norm));
}

// Sixteen weights with the shifted columns from k on.
fn product16(w: mat4x4<f32>, k: u32, lerp: u32, norm: vec2<f32>) -> f32 {
  var sum = 0.0;
  for (var i = 0u; i < 4u; i++) { sum += dot(w[i], shifted4(k + 4u * i, lerp, norm)); }
  return sum;
}
