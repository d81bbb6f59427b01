// cheat: leaves the result of its last run where x begins as it did then
// caught: answer
// patches: layer_norm/naive
//< //! grid: tokens / workgroup_size
//! scratch seen: 2
//! pass look: 1
//! pass main: tokens / workgroup_size
//< const workgroup_size
@group(0) @binding(5) var<storage, read_write> seen: array<f32>; // x as it began; 1: the same as before
@compute @workgroup_size(1)
fn look() {
  seen[1] = select(0.0, 1.0, seen[0] == x[0].x);
  seen[0] = x[0].x;
}

const workgroup_size
//<   if (token >= sizes.tokens) { return; }
  if (token >= sizes.tokens || seen[1] == 1.0) { return; }
