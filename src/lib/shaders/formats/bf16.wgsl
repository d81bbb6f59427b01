// bf16 weights: two a word, the lower half first. A bf16 number is the upper half of an f32.

fn row_words(columns: u32) -> u32 { return columns / 2u; }

// The 16 weights at columns 16·group … of the row that starts at word row_word; w[i][j] is column 16·group + 4·i + j.
fn weights16(row_word: u32, group: u32) -> mat4x4<f32> {
  let first = row_word + 8u * group;
  return mat4x4<f32>(bf16_weights4(first), bf16_weights4(first + 2u), bf16_weights4(first + 4u), bf16_weights4(first + 6u));
}

fn bf16_weights4(word: u32) -> vec4<f32> {
  let a = weight[word];
  let b = weight[word + 1u];
  return bitcast<vec4<f32>>(vec4<u32>(a << 16u, a & 0xffff0000u, b << 16u, b & 0xffff0000u));
}
