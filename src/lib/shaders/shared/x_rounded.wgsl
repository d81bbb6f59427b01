// A pass that rounds x to 8 bits in blocks of 32 columns. A block's largest is 127, and its scale says what that is worth. Needs
// rounded_bytes.wgsl; the variant says with `keep_bytes` and `keep_scale` where a block lies.

@compute @workgroup_size(64)
fn quantise(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= sizes.tokens * sizes.columns / 32u) { return; }
  let block = id.y * sizes.tokens * sizes.columns / 32u + id.x;
  var v: array<vec4<f32>, 8>;
  var largest = vec4<u32>();
  for (var i = 0u; i < 8u; i++) {
    v[i] = x[block * 8u + i];
    largest = max(largest, magnitude(v[i]));
  }
  let widest = bitcast<f32>(max(max(largest.x, largest.y), max(largest.z, largest.w)));
  // With the last two bits zero, `whole` times the scale is exact.
  let scale = bitcast<f32>(bitcast<u32>(widest / 127.0) & 0xfffffffcu);
  let inverse = select(1.0 / scale, 0.0, scale == 0.0);
  let first = vec4<u32>(bytes(v[0] * inverse), bytes(v[1] * inverse), bytes(v[2] * inverse), bytes(v[3] * inverse));
  let second = vec4<u32>(bytes(v[4] * inverse), bytes(v[5] * inverse), bytes(v[6] * inverse), bytes(v[7] * inverse));
  keep_bytes(block, first, 0u);
  keep_bytes(block, second, 1u);
  // The sum is that of the rounded numbers, see x_pairs.wgsl.
  keep_scale(block, vec2<f32>(scale, scale * f32(byte_sum(first) + byte_sum(second))));
}

// A sum of products that began with `whole_bits`, times the scale of x.
fn number(sum: i32, scale: f32) -> f32 { return fma(bitcast<f32>(sum), scale, -whole * scale); }
