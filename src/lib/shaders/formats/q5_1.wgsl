// q5_1 weights: blocks of 32 in 6 words: f16 scale and minimum, 4 bytes with the fifth bit of each weight, 16 bytes of
// nibbles (the low ones are columns 0–15, the high ones 16–31). Weight = scale · quant + minimum.
//! use: quants

fn row_words(columns: u32) -> u32 { return columns / 32u * 6u; }

// The 16 weights at columns 16·group … of the row that starts at word row_word; w[i][j] is column 16·group + 4·i + j.
fn weights16(row_word: u32, group: u32) -> mat4x4<f32> {
  let block = row_word + group / 2u * 6u;
  let half = group & 1u;
  let scale = unpack2x16float(weight[block]);
  let fifths = weight[block + 1u] >> (16u * half);
  return affine16(with_bits16(fields16(block + 2u, 4u * half, 15u), fifths, 16u), scale.x, scale.y);
}
