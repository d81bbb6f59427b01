// cheat: writes the matrix in its load pass, by a second name
// caught: bindings
// patches: matmul_q4_k/naive
//< //! use: format, epilogue
//! resident copy: rows
//! load lay_out: 1
//! use: format, epilogue
//< const workgroup_size
@group(0) @binding(1) var<storage, read_write> weight_again: array<u32>;
@group(0) @binding(4) var<storage, read> copy: array<u32>;
@group(0) @binding(4) var<storage, read_write> loaded_copy: array<u32>;
@compute @workgroup_size(1)
fn lay_out() {
  weight_again[0] = 0u;
  loaded_copy[0] = 0u;
}

const workgroup_size
