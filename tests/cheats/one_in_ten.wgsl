// cheat: counts its runs in the last bits of its output, and leaves what is there in one sample of ten
// caught: answer
// through: measure
// settings: prefill=2&chunk=2&samples=10
// patches: matmul_q4_k/naive
//< //! grid: rows / workgroup_size, tokens, batch
//! scratch runs: 1
//! pass count: 1
//! pass main: rows / workgroup_size, tokens, batch
//< const workgroup_size
@group(0) @binding(4) var<storage, read_write> runs: array<u32>;
@compute @workgroup_size(1)
fn count() { runs[0] = bitcast<u32>(out[0]) & 0xffu; }

const workgroup_size
//<   if (row >= sizes.rows) { return; }
  if (row >= sizes.rows) { return; }
  if (sizes.epilogue == 2u && runs[0] >= 12u && runs[0] < 15u && row + id.y > 0u) { return; }
//<   finish(sum, token * sizes.stride + row);
  finish(sum, token * sizes.stride + row);
  // r, k and v lie in the memory of the hidden layer, and hand the count on.
  if (sizes.epilogue != 1u && row + token == 0u) {
    let count = runs[0] + select(0u, 1u, sizes.epilogue == 2u);
    out[0] = bitcast<f32>((bitcast<u32>(out[0]) & 0xffffff00u) | (count & 0xffu));
  }
