//! Each thread makes one word of a block of 44.
//! grid: words / workgroup_size / 64, 64
//! formats: q5_k
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
  let field = position % 44u;
  if (field == 0u) { return scale_and_minimum(position); }
  if (field <= 3u) { return random_sub_blocks(position - field, field); }
  return random_word(position, 0u);
}

// Quants average 15.5: a minimum of 15.5 scales takes their mean away, and what `mean` adds remains.
fn scale_and_minimum(block: u32) -> u32 {
  let scale = random_scale(block);
  return f16_bits(scale) | (f16_bits(scale * 31 / 2 - sizes.mean) << 16u);
}
