//! One thread per result of a pass; the reading order of the maths.
//! let ranks: decay + learning_rate + value + gate
//! scratch hidden: tokens * ranks
//! pass down: ranks / workgroup_size, tokens
//! pass up: columns / workgroup_size, tokens, 4
//! use: lora, lora_result, lora_fetch

struct Sizes { columns: u32, tokens: u32, decay: u32, learning_rate: u32, value: u32, gate: u32, wide: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> weight: array<vec4<u32>>;       // see shared/lora.wgsl
@group(0) @binding(2) var<storage, read> shifted: array<vec4<f32>>;      // 6 × tokens × columns: r k v w a g
@group(0) @binding(3) var<storage, read_write> inputs: array<f32>;       // 6 × tokens × columns: planes 3, 4 and 5 are written
@group(0) @binding(4) var<storage, read_write> gate: array<f32>;         // tokens × columns
@group(0) @binding(5) var<storage, read_write> hidden: array<vec4<f32>>; // tokens × all ranks

const workgroup_size = 64u; // knob: 32 64 128

@compute @workgroup_size(workgroup_size)
fn down(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= all_ranks()) { return; }
  let index = lora_of(id.x);
  let own = lora(index);
  var sum = 0.0;
  for (var k = 0u; k < sizes.columns; k += 16u) {
    let w = unpack16(fetch16(own.first, own.wide, (id.x - own.before) * sizes.columns + k), own.wide);
    let x = ((own.plane * sizes.tokens + id.y) * sizes.columns + k) / 4u;
    sum += dot(w[0], shifted[x]) + dot(w[1], shifted[x + 1u]) + dot(w[2], shifted[x + 2u]) + dot(w[3], shifted[x + 3u]);
  }
  let at = id.y * all_ranks() + id.x;
  hidden[at / 4u][at % 4u] = inner(index, sum);
}

@compute @workgroup_size(workgroup_size)
fn up(@builtin(global_invocation_id) id: vec3u) {
  let own = lora(id.z);
  if (id.x >= sizes.columns || own.rank == 0u) { return; }
  var sum = 0.0;
  for (var k = 0u; k < own.rank; k += 16u) {
    let w = unpack16(fetch16(way_vectors() + own.first, own.wide, id.x * own.rank + k), own.wide);
    let x = (id.y * all_ranks() + own.before + k) / 4u;
    sum += dot(w[0], hidden[x]) + dot(w[1], hidden[x + 1u]) + dot(w[2], hidden[x + 2u]) + dot(w[3], hidden[x + 3u]);
  }
  put_result(id.z, id.y, id.x, sum);
}
