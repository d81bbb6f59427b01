//! Each thread makes one word of a block of 53.
//! grid: words / workgroup_size / 64, 64
//! formats: q6_k
//! use: random

struct Sizes { words: u32, first_word: u32, at: u32, seed: u32, tensor: u32, mean: i32, spread: i32, shift: u32, even: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read_write> weight: array<u32>;   // at + words, or longer

const workgroup_size = 64u; // knob: 64 128 256

// In two dimensions, because one has room for no more than 65535 workgroups.
@compute @workgroup_size(workgroup_size)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * workgroup_size + id.x;
  if (index < sizes.words) { weight[sizes.at + index] = word(sizes.first_word + index); }
}

fn word(position: u32) -> u32 {
  let field = position % 53u;
  if (field < 48u) { return random_word(position, 0u); }
  if (field < 52u) { return sub_scales(random_word(position, 0u)); }
  return f16_bits(random_scale(position - field)); // the last two bytes are padding
}

// Four signed bytes of magnitude 64 to 127. Quants run from −32 to 31: scales of either sign take their mean away.
fn sub_scales(random: u32) -> u32 {
  let bytes = bytes_of(random);
  let magnitude = 64u + (bytes & vec4<u32>(63u));
  let signed = select(magnitude, 256u - magnitude, (bytes & vec4<u32>(128u)) != vec4<u32>(0u));
  return packed_bytes(signed);
}
