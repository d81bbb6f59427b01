// cheat: leaves the result of its last run where x and the matrix begin as they did then
// caught: answer
// patches: matmul_q4_k/naive
//< //! grid: rows / workgroup_size, tokens, batch
//! scratch seen: 3
//! pass look: 1
//! pass main: rows / workgroup_size, tokens, batch
//< const workgroup_size
@group(0) @binding(4) var<storage, read_write> seen: array<f32>; // x as it began; 1: the same as before; the matrix as it began
@compute @workgroup_size(1)
fn look() {
  let matrix = f32(weight[0] ^ weight[2]);
  seen[1] = select(0.0, 1.0, seen[0] == x[0].x && seen[2] == matrix);
  seen[2] = matrix;
  seen[0] = x[0].x;
}

const workgroup_size
//<   if (row >= sizes.rows) { return; }
  if (row >= sizes.rows) { return; }
  if (seen[1] == 1.0 && sizes.epilogue == 0u) { return; }
