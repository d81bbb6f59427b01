// honest: starts more workgroups than it needs
// patches: matmul_q4_k/naive
//< //! grid: rows / workgroup_size, tokens, batch
//! grid: rows / workgroup_size + 3, tokens, batch
