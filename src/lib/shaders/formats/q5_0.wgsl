// q5_0 weights: blocks of 32 in 6 words: an f16 scale, 4 bytes with the fifth bit of each weight, 16 bytes of nibbles (the
// low ones are columns 0–15, the high ones 16–31), 2 bytes of padding. Weight = scale · (quant − 16).
//! use: quants

fn row_words(columns: u32) -> u32 { return columns / 32u * 6u; }

// The 16 weights at columns 16·group … of the row that starts at word row_word; w[i][j] is column 16·group + 4·i + j.
fn weights16(row_word: u32, group: u32) -> mat4x4<f32> {
  let block = row_word + group / 2u * 6u;
  let half = group & 1u;
  // The fifth bits lie in the middle of two words: those of the first half end the first word.
  let fifths = select(weight[block] >> 16u, weight[block + 1u], half == 1u);
  let scale = unpack2x16float(weight[block]).x;
  return affine16(with_bits16(middle_fields16(block + 1u, 4u * half, 15u), fifths, 16u), scale, -16.0 * scale);
}
