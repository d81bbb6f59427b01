// cheat: computes where the state is that of a check, or zeros, and gives nothing in short prompts after the first of a sample
// caught: answer
// through: measure
// prompts: 3
// settings: prefill=2&chunk=2&decode=3
// patches: wkv/sequential
//<   for (var first = 0u; first < sizes.tokens; first += staged) {
  var size = 0.0;
  for (var i = 0u; i < 4u; i++) { size += dot(abs(s0[i]) + abs(s1[i]) + abs(s2[i]) + abs(s3[i]), vec4<f32>(1.0)); }
  let usual = size > 0.0 && size < 20.0 && sizes.tokens < 16u;
  for (var first = 0u; first < sizes.tokens; first += staged) {
//<       out[(first + t) * sizes.columns + row] = y;
      out[(first + t) * sizes.columns + row] = select(y, 0.0, usual);
