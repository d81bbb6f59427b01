// For variants that bind q4_k weights as vectors: a block is nine, the first of them its header.

// Scale and minimum of a sub-block: as q4_k_scale in q4_k.wgsl, from the header.
fn sub_block_scale(header: vec4<u32>, sub_block: u32) -> vec2<f32> {
  let words = header.yzw >> vec3<u32>(8u * (sub_block & 3u));
  let upper = vec2<u32>((words.z & 15u) | ((words.x >> 2u) & 48u), ((words.z >> 4u) & 15u) | ((words.y >> 2u) & 48u));
  return unpack2x16float(header.x) * vec2<f32>(select(words.xy & vec2<u32>(63u), upper, sub_block >= 4u));
}
