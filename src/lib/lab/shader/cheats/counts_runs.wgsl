// cheat: is honest in its first four runs and then leaves what is there
// caught: answer
// patches: matmul_q4_k/naive
//< //! grid: rows / workgroup_size, tokens, batch
//! scratch runs: 1
//! pass count: 1
//! pass main: rows / workgroup_size, tokens, batch
//< const workgroup_size
@group(0) @binding(4) var<storage, read_write> runs: array<u32>;
@compute @workgroup_size(1)
fn count() { runs[0] = select(runs[0] + 1u, 1u, runs[0] > 0x70000000u); }

const workgroup_size
//<   if (row >= sizes.rows) { return; }
  if (row >= sizes.rows) { return; }
  if (runs[0] > 4u) { return; }
