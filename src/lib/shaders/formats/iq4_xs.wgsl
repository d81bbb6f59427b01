// iq4_xs weights: blocks of 256 in 34 words: an f16 scale; the upper 2 bits, then the lower 4 of a 6-bit scale for each of
// 8 sub-blocks of 32; 16 bytes of nibbles for each (the low ones are its columns 0–15, the high ones 16–31).
// Weight = (scale · (sub-scale − 32)) · the nibble's number in a table.
//! use: quants

fn row_words(columns: u32) -> u32 { return columns / 256u * 34u; }

// The 16 weights at columns 16·group … of the row that starts at word row_word; w[i][j] is column 16·group + 4·i + j.
fn weights16(row_word: u32, group: u32) -> mat4x4<f32> {
  let block = row_word + group / 16u * 34u;
  let sub_block = (group & 15u) >> 1u;
  let head = weight[block];
  let sub_scale = ((weight[block + 1u] >> (4u * sub_block)) & 15u) | (((head >> (16u + 2u * sub_block)) & 3u) << 4u);
  let scale = unpack2x16float(head).x * (f32(sub_scale) - 32.0);
  let nibbles = fields16(block + 2u + 4u * sub_block, 4u * (group & 1u), 15u);
  return affine16(iq4_numbers16(nibbles), scale, -128.0 * scale);
}
