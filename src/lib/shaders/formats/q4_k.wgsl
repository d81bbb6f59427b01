// q4_k weights: blocks of 256 in 36 words: f16 scale and minimum; 12 bytes with a 6-bit scale and minimum for each of
// 8 sub-blocks of 32; 128 bytes of nibbles (the low ones of 32 bytes are an even sub-block, the high ones the next).
// Weight = (scale · sub-scale) · nibble − (minimum · sub-minimum).

fn row_words(columns: u32) -> u32 { return columns / 256u * 36u; }

// The 16 weights at columns 16·group … of the row that starts at word row_word; w[i][j] is column 16·group + 4·i + j.
fn weights16(row_word: u32, group: u32) -> mat4x4<f32> {
  let block = row_word + group / 16u * 36u;
  let sub_block = (group & 15u) >> 1u;
  let scale = q4_k_scale(block, sub_block);
  let shift = 4u * (sub_block & 1u);
  let first = block + 4u + 8u * (sub_block >> 1u) + 4u * (group & 1u);
  return mat4x4<f32>(
    scale.x * q4_k_quants4(weight[first] >> shift) - scale.y,
    scale.x * q4_k_quants4(weight[first + 1u] >> shift) - scale.y,
    scale.x * q4_k_quants4(weight[first + 2u] >> shift) - scale.y,
    scale.x * q4_k_quants4(weight[first + 3u] >> shift) - scale.y,
  );
}

// Scale and minimum of a sub-block. The first four have their 6 bits in a byte of words 1 and 2; the last four have
// 4 bits in word 3 and the upper 2 above the others' 6.
fn q4_k_scale(block: u32, sub_block: u32) -> vec2<f32> {
  let shift = 8u * (sub_block & 3u);
  let scales = weight[block + 1u] >> shift;
  let minima = weight[block + 2u] >> shift;
  let both = weight[block + 3u] >> shift;
  let upper = vec2<u32>((both & 15u) | ((scales >> 2u) & 48u), ((both >> 4u) & 15u) | ((minima >> 2u) & 48u));
  let lower = vec2<u32>(scales & 63u, minima & 63u);
  return unpack2x16float(weight[block]) * vec2<f32>(select(lower, upper, sub_block >= 4u));
}

// The low nibble of each of a word's four bytes.
fn q4_k_quants4(bytes: u32) -> vec4<f32> {
  return vec4<f32>((vec4<u32>(bytes) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(15u));
}
