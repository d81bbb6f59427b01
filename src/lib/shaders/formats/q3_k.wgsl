// q3_k weights: blocks of 256 in 28 words: 32 bytes whose bits are the third bits of quants; 64 bytes with their lower two;
// 12 bytes with a 6-bit scale for each of 16 sub-blocks of 16; an f16 scale and 2 bytes of padding. Each half of 128 columns
// has 32 bytes of lower bits, of which bits 2·n and 2·n + 1 belong to columns 32·n …, and four bits of each byte of third
// bits. Weight = (scale · (sub-scale − 32)) · (quant − 4).
//! use: quants

fn row_words(columns: u32) -> u32 { return columns / 256u * 28u; }

// The 16 weights at columns 16·group … of the row that starts at word row_word; w[i][j] is column 16·group + 4·i + j.
fn weights16(row_word: u32, group: u32) -> mat4x4<f32> {
  let block = row_word + group / 16u * 28u;
  let sub_block = group & 15u;
  let odd = 4u * (sub_block & 1u);
  let low = fields16(block + 8u + 8u * (sub_block >> 3u) + odd, sub_block & 6u, 3u);
  let third = fields16(block + odd, sub_block >> 1u, 1u);
  let quants = Quants(low.a + 4u * third.a, low.b + 4u * third.b, low.c + 4u * third.c, low.d + 4u * third.d);
  let scale = unpack2x16float(weight[block + 27u]).x * (f32(q3_k_scale(block, sub_block)) - 32.0);
  return affine16(quants, scale, -4.0 * scale);
}

// The lower four bits of a sub-block's scale lie in a nibble of the first eight bytes, the upper two in the last four bytes.
fn q3_k_scale(block: u32, sub_block: u32) -> u32 {
  let byte = 8u * (sub_block & 3u);
  let lower = weight[block + 24u + ((sub_block >> 2u) & 1u)] >> (byte + 4u * (sub_block >> 3u));
  let upper = weight[block + 26u] >> (byte + 2u * (sub_block >> 2u));
  return (lower & 15u) | ((upper & 3u) << 4u);
}
