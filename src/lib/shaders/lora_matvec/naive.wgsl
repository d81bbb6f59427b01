//! One thread per row; the reading order of the maths.
//! let ranks: decay + learning_rate + value + gate
//! grid: ranks / workgroup_size
//! use: lora, lora_fetch

struct Sizes { columns: u32, decay: u32, learning_rate: u32, value: u32, gate: u32, wide: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> weight: array<vec4<u32>>;  // the way down: see shared/lora.wgsl
@group(0) @binding(2) var<storage, read> shifted: array<vec4<f32>>; // 6 × columns: r k v w a g
@group(0) @binding(3) var<storage, read_write> hidden: array<f32>;  // all ranks

const workgroup_size = 64u; // knob: 32 64 128

@compute @workgroup_size(workgroup_size)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= all_ranks()) { return; }
  let index = lora_of(id.x);
  let own = lora(index);
  var sum = 0.0;
  for (var k = 0u; k < sizes.columns; k += 16u) {
    let w = unpack16(fetch16(own.first, own.wide, (id.x - own.before) * sizes.columns + k), own.wide);
    let x = (own.plane * sizes.columns + k) / 4u;
    sum += dot(w[0], shifted[x]) + dot(w[1], shifted[x + 1u]) + dot(w[2], shifted[x + 2u]) + dot(w[3], shifted[x + 3u]);
  }
  hidden[id.x] = inner(index, sum);
}
