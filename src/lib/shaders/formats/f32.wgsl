// f32 weights: one a word.

fn row_words(columns: u32) -> u32 { return columns; }

// The 16 weights at columns 16·group … of the row that starts at word row_word; w[i][j] is column 16·group + 4·i + j.
fn weights16(row_word: u32, group: u32) -> mat4x4<f32> {
  let first = row_word + 16u * group;
  return mat4x4<f32>(f32_weights4(first), f32_weights4(first + 4u), f32_weights4(first + 8u), f32_weights4(first + 12u));
}

fn f32_weights4(word: u32) -> vec4<f32> {
  return bitcast<vec4<f32>>(vec4<u32>(weight[word], weight[word + 1u], weight[word + 2u], weight[word + 3u]));
}
