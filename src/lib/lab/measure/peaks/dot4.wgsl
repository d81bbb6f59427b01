//! Dot products of four signed bytes: 16 sums per thread, each fed from its neighbour; 64 dot products per turn.
//! grid: groups

requires packed_4x8_integer_dot_product;

struct Sizes { groups: u32, turns: u32, scale: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;

fn next(sum: vec4<i32>, neighbour: vec4<i32>, w: u32) -> vec4<i32> {
  let bytes = bitcast<vec4<u32>>(neighbour);
  return sum + vec4<i32>(
    dot4I8Packed(bytes.x, w), dot4I8Packed(bytes.y, w), dot4I8Packed(bytes.z, w), dot4I8Packed(bytes.w, w),
  );
}

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let w = sizes.scale;
  var s0 = vec4<i32>(i32(id.x)) * vec4<i32>(1, 3, 5, 7); var s1 = s0 + 1; var s2 = s0 + 2; var s3 = s0 + 3;
  for (var turn = 0u; turn < sizes.turns; turn++) {
    s0 = next(s0, s1, w); s1 = next(s1, s2, w); s2 = next(s2, s3, w); s3 = next(s3, s0, w);
    s0 = next(s0, s1, w); s1 = next(s1, s2, w); s2 = next(s2, s3, w); s3 = next(s3, s0, w);
    s0 = next(s0, s1, w); s1 = next(s1, s2, w); s2 = next(s2, s3, w); s3 = next(s3, s0, w);
    s0 = next(s0, s1, w); s1 = next(s1, s2, w); s2 = next(s2, s3, w); s3 = next(s3, s0, w);
  }
  let sum = s0 + s1 + s2 + s3;
  out[id.x] = f32(sum.x + sum.y + sum.z + sum.w);
}
