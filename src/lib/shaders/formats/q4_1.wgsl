// q4_1 weights: blocks of 32 in 5 words: f16 scale and minimum, then 16 bytes of nibbles (the low ones are columns 0–15,
// the high ones 16–31). Weight = scale · nibble + minimum.
//! use: quants

fn row_words(columns: u32) -> u32 { return columns / 32u * 5u; }

// The 16 weights at columns 16·group … of the row that starts at word row_word; w[i][j] is column 16·group + 4·i + j.
fn weights16(row_word: u32, group: u32) -> mat4x4<f32> {
  let block = row_word + group / 2u * 5u;
  let scale = unpack2x16float(weight[block]);
  return affine16(fields16(block + 1u, 4u * (group & 1u), 15u), scale.x, scale.y);
}
