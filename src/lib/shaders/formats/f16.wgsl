// f16 weights: two a word, the lower half first. Read without the shader-f16 feature.

fn row_words(columns: u32) -> u32 { return columns / 2u; }

// The 16 weights at columns 16·group … of the row that starts at word row_word; w[i][j] is column 16·group + 4·i + j.
fn weights16(row_word: u32, group: u32) -> mat4x4<f32> {
  let first = row_word + 8u * group;
  return mat4x4<f32>(f16_weights4(first), f16_weights4(first + 2u), f16_weights4(first + 4u), f16_weights4(first + 6u));
}

fn f16_weights4(word: u32) -> vec4<f32> {
  return vec4<f32>(unpack2x16float(weight[word]), unpack2x16float(weight[word + 1u]));
}
