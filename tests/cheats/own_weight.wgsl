// cheat: calls a buffer of its own like the matrix, so that it reads less
// caught: bindings
// patches: matmul_q4_k/naive
//< //! use: format, epilogue
//! scratch weight: rows * 36
//! use: format, epilogue
