// cheat: declares its sizes as a buffer of its own, to choose them
// caught: bindings
// patches: matmul_q4_k/naive
//< //! use: format, epilogue
//! scratch sizes: 8
//! use: format, epilogue
