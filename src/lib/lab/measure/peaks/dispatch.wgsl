//! The smallest dispatch that still has to wait for the one before it.
//! grid: groups

struct Sizes { groups: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(1)
fn main() {
  out[0] += f32(sizes.groups);
}
