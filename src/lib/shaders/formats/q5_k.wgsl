// q5_k weights: blocks of 256 in 44 words: f16 scale and minimum; 12 bytes with a 6-bit scale and minimum for each of
// 8 sub-blocks of 32; 32 bytes whose bit s is the fifth bit in sub-block s; 128 bytes of nibbles (the low ones of 32
// bytes are an even sub-block, the high ones the next). Weight = (scale · sub-scale) · quant − (minimum · sub-minimum).

fn row_words(columns: u32) -> u32 { return columns / 256u * 44u; }

// The 16 weights at columns 16·group … of the row that starts at word row_word; w[i][j] is column 16·group + 4·i + j.
fn weights16(row_word: u32, group: u32) -> mat4x4<f32> {
  let block = row_word + group / 16u * 44u;
  let sub_block = (group & 15u) >> 1u;
  let scale = q5_k_scale(block, sub_block);
  let fifth = block + 4u + 4u * (group & 1u);
  let first = block + 12u + 8u * (sub_block >> 1u) + 4u * (group & 1u);
  return mat4x4<f32>(
    scale.x * q5_k_quants4(weight[first], weight[fifth], sub_block) - scale.y,
    scale.x * q5_k_quants4(weight[first + 1u], weight[fifth + 1u], sub_block) - scale.y,
    scale.x * q5_k_quants4(weight[first + 2u], weight[fifth + 2u], sub_block) - scale.y,
    scale.x * q5_k_quants4(weight[first + 3u], weight[fifth + 3u], sub_block) - scale.y,
  );
}

// Scale and minimum of a sub-block. The first four have their 6 bits in a byte of words 1 and 2; the last four have
// 4 bits in word 3 and the upper 2 above the others' 6.
fn q5_k_scale(block: u32, sub_block: u32) -> vec2<f32> {
  let shift = 8u * (sub_block & 3u);
  let scales = weight[block + 1u] >> shift;
  let minima = weight[block + 2u] >> shift;
  let both = weight[block + 3u] >> shift;
  let upper = vec2<u32>((both & 15u) | ((scales >> 2u) & 48u), ((both >> 4u) & 15u) | ((minima >> 2u) & 48u));
  let lower = vec2<u32>(scales & 63u, minima & 63u);
  return unpack2x16float(weight[block]) * vec2<f32>(select(lower, upper, sub_block >= 4u));
}

// The quants of one sub-block from four bytes of nibbles and four bytes of fifth bits.
fn q5_k_quants4(nibbles: u32, fifths: u32, sub_block: u32) -> vec4<f32> {
  let low = (nibbles >> (4u * (sub_block & 1u))) & 0x0f0f0f0fu;
  let high = ((fifths >> sub_block) & 0x01010101u) << 4u;
  return vec4<f32>((vec4<u32>(low | high) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(31u));
}
