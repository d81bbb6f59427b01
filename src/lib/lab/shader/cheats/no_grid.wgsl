// cheat: starts no workgroups where there are more than 64 tokens
// caught: passes
// patches: matmul_q4_k/naive
//< //! grid: rows / workgroup_size, tokens, batch
//! grid: rows / workgroup_size, tokens * min(1, floor(64 / tokens)), batch
