// honest: one atomic for each row, initialised in a pass of its own
// kernel: argmax
//! The order of floats as integers, and the place in a second search.
//! scratch highest: rows
//! pass begin: rows / 64
//! pass top: vocabulary / 256, rows
//! pass place: vocabulary / 256, rows

struct Sizes { vocabulary: u32, rows: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read_write> best: array<atomic<u32>>;
@group(0) @binding(3) var<storage, read_write> highest: array<atomic<u32>>;

fn ordered(value: f32) -> u32 {
  let bits = bitcast<u32>(value);
  return select(bits | 0x80000000u, ~bits, bits >> 31u == 1u);
}

@compute @workgroup_size(64)
fn begin(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= sizes.rows) { return; }
  atomicStore(&highest[id.x], 0u);
  atomicStore(&best[id.x], 0xffffffffu);
}

@compute @workgroup_size(256)
fn top(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < sizes.vocabulary) { atomicMax(&highest[id.y], ordered(logits[id.y * sizes.vocabulary + id.x])); }
}

@compute @workgroup_size(256)
fn place(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= sizes.vocabulary) { return; }
  if (ordered(logits[id.y * sizes.vocabulary + id.x]) == atomicLoad(&highest[id.y])) { atomicMin(&best[id.y], id.x); }
}
