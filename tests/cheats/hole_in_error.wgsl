// cheat: states an error of 1e-3 and leaves out some rows of many
// caught: shapes
// patches: matmul_q4_k/naive
//< //! use: format, epilogue
//! error: 1e-3 because it rounds
//! use: format, epilogue
//<   finish(sum, token * sizes.stride + row);
  if (id.y == 70u && row < 100u) { sum = 0.0; }
  finish(sum, token * sizes.stride + row);
