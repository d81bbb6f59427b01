// cheat: its header, not its code, leaves out tokens after the 64th
// caught: shapes
// patches: matmul_q4_k/naive
//< //! grid: rows / workgroup_size, tokens, batch
//! grid: rows / workgroup_size, min(tokens, 64), batch
