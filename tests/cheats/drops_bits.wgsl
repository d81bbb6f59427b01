// cheat: rounds x to eight bits without saying so
// caught: cases
// patches: matmul_q4_k/naive
//<     let k = (token * sizes.columns) / 4u + 4u * group;
    let k = (token * sizes.columns) / 4u + 4u * group;
    sum += dot(w[0], bitcast<vec4<f32>>(bitcast<vec4<u32>>(x[k]) & vec4<u32>(0xffff8000u)) - x[k]);
