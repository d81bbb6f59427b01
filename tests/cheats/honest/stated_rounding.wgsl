// honest: rounds x to twelve bits and says so
// patches: matmul_q4_k/naive
//< //! use: format, epilogue
//! error: 1e-5 because x is rounded to 12 bits
//! use: format, epilogue
//<     let k = (token * sizes.columns) / 4u + 4u * group;
    let k = (token * sizes.columns) / 4u + 4u * group;
    sum += dot(w[0], bitcast<vec4<f32>>(bitcast<vec4<u32>>(x[k]) & vec4<u32>(0xfffff000u)) - x[k]);
