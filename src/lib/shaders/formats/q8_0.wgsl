// q8_0 weights: blocks of 32 in 9 words: an f16 scale, then 32 signed bytes, then 2 bytes of padding.
// Weight = scale · byte.

fn row_words(columns: u32) -> u32 { return columns / 32u * 9u; }

// The 16 weights at columns 16·group … of the row that starts at word row_word; w[i][j] is column 16·group + 4·i + j.
fn weights16(row_word: u32, group: u32) -> mat4x4<f32> {
  let block = row_word + group / 2u * 9u;
  let first = block + 4u * (group & 1u);
  let a = weight[first];
  let b = weight[first + 1u];
  let c = weight[first + 2u];
  let d = weight[first + 3u];
  let e = weight[first + 4u];
  let scale = unpack2x16float(weight[block]).x;
  return mat4x4<f32>(
    scale * q8_0_quants4(a, b),
    scale * q8_0_quants4(b, c),
    scale * q8_0_quants4(c, d),
    scale * q8_0_quants4(d, e),
  );
}

// Four signed bytes that begin in the middle of a word.
fn q8_0_quants4(low: u32, high: u32) -> vec4<f32> {
  let bytes = bitcast<i32>((low >> 16u) | (high << 16u));
  return vec4<f32>((vec4<i32>(bytes) << vec4<u32>(24u, 16u, 8u, 0u)) >> vec4<u32>(24u));
}
