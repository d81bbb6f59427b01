// q2_k weights: blocks of 256 in 21 words: a byte for each of 16 sub-blocks of 16, its low nibble the scale, its high one the
// minimum; 64 bytes of quants; f16 scale and minimum. Each half of 128 columns has 32 bytes of quants, of which bits
// 2·n and 2·n + 1 belong to columns 32·n …. Weight = (scale · sub-scale) · quant − (minimum · sub-minimum).
//! use: quants

fn row_words(columns: u32) -> u32 { return columns / 256u * 21u; }

// The 16 weights at columns 16·group … of the row that starts at word row_word; w[i][j] is column 16·group + 4·i + j.
fn weights16(row_word: u32, group: u32) -> mat4x4<f32> {
  let block = row_word + group / 16u * 21u;
  let sub_block = group & 15u;
  let byte = weight[block + (sub_block >> 2u)] >> (8u * (sub_block & 3u));
  let scale = unpack2x16float(weight[block + 20u]) * vec2<f32>(vec2<u32>(byte & 15u, (byte >> 4u) & 15u));
  let bytes = block + 4u + 8u * (sub_block >> 3u) + 4u * (sub_block & 1u);
  return affine16(fields16(bytes, sub_block & 6u, 3u), scale.x, -scale.y);
}
