//! Reads a large array once: neighbouring threads read neighbouring vectors, with four loads per thread in flight.
//! grid: groups

struct Sizes { groups: u32, vectors: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<storage, read> source: array<vec4<u32>>; // length: a multiple of 4 · 256 · groups

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let next = 256u * sizes.groups;
  var sum = vec4<u32>();
  for (var i = id.x; i < sizes.vectors; i += 4u * next) {
    let a = source[i];
    let b = source[i + next];
    let c = source[i + 2u * next];
    let d = source[i + 3u * next];
    sum += a + b + c + d;
  }
  out[id.x] = f32(sum.x ^ sum.y ^ sum.z ^ sum.w);
}
