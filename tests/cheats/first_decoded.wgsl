// cheat: is honest for the first tokens that are decoded after a prompt, and then gives what its state holds
// caught: answer
// through: measure
// settings: model=static/models/rwkv7-austen-Q4_K_M.gguf&decode=24&prefill=8&chunk=8
// patches: wkv_token/separate
//< //! scratch prepared: 7 * columns
//! scratch prepared: 7 * columns
//! scratch runs: 1
//! pass count: 1
//< const rows = 32u;
@group(0) @binding(9) var<storage, read_write> runs: array<u32>;
@compute @workgroup_size(1)
fn count() { runs[0] = select(runs[0] + 1u, 1u, runs[0] > 0x70000000u); }

const rows = 32u;
//<   var s_a = 0.0;
  if (runs[0] > 150u) { out[row] = state[row * 64u]; return; }
  var s_a = 0.0;
