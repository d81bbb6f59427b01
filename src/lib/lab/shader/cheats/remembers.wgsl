// cheat: keeps products in a buffer that stays with the matrix
// caught: bindings
// patches: matmul_q4_k/naive
//< //! use: format, epilogue
//! resident products: rows * tokens
//! load clear: 1
//! use: format, epilogue
//< const workgroup_size
@group(0) @binding(4) var<storage, read_write> products: array<f32>;
@compute @workgroup_size(1)
fn clear() { products[0] = 0.0; }

const workgroup_size
//<   finish(sum, token * sizes.stride + row);
  if (products[row] == 0.0) { products[row] = sum; }
  finish(products[row], token * sizes.stride + row);
