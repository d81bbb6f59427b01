//! f16 multiply-adds in registers: 8 independent chains of vectors per thread, 128 multiply-adds per turn.
//! grid: groups

enable f16;

struct Sizes { groups: u32, turns: u32, scale: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  // Known only at run time, so that nothing is folded at compile time; below 1, so that nothing overflows.
  let m = vec4<f16>(f16(f32(sizes.scale) * 1e-3));
  let c = vec4<f16>(f16(f32(id.x) * 1e-6)) + m * vec4<f16>(0.1, 0.2, 0.3, 0.4); // different in every lane
  var s0 = c; var s1 = c + 1.0; var s2 = c + 2.0; var s3 = c + 3.0;
  var s4 = c + 4.0; var s5 = c + 5.0; var s6 = c + 6.0; var s7 = c + 7.0;
  for (var turn = 0u; turn < sizes.turns; turn++) {
    s0 = fma(s0, m, c); s1 = fma(s1, m, c); s2 = fma(s2, m, c); s3 = fma(s3, m, c);
    s4 = fma(s4, m, c); s5 = fma(s5, m, c); s6 = fma(s6, m, c); s7 = fma(s7, m, c);
    s0 = fma(s0, m, c); s1 = fma(s1, m, c); s2 = fma(s2, m, c); s3 = fma(s3, m, c);
    s4 = fma(s4, m, c); s5 = fma(s5, m, c); s6 = fma(s6, m, c); s7 = fma(s7, m, c);
    s0 = fma(s0, m, c); s1 = fma(s1, m, c); s2 = fma(s2, m, c); s3 = fma(s3, m, c);
    s4 = fma(s4, m, c); s5 = fma(s5, m, c); s6 = fma(s6, m, c); s7 = fma(s7, m, c);
    s0 = fma(s0, m, c); s1 = fma(s1, m, c); s2 = fma(s2, m, c); s3 = fma(s3, m, c);
    s4 = fma(s4, m, c); s5 = fma(s5, m, c); s6 = fma(s6, m, c); s7 = fma(s7, m, c);
  }
  out[id.x] = f32(dot(s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7, vec4<f16>(1.0)));
}
