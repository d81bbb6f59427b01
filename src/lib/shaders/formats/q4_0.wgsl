// q4_0 weights: blocks of 32 in 5 words: an f16 scale, then 16 bytes of nibbles (the low ones are columns 0–15, the
// high ones 16–31), then 2 bytes of padding. Weight = scale · (nibble − 8).

fn row_words(columns: u32) -> u32 { return columns / 32u * 5u; }

// The 16 weights at columns 16·group … of the row that starts at word row_word; w[i][j] is column 16·group + 4·i + j.
fn weights16(row_word: u32, group: u32) -> mat4x4<f32> {
  let block = row_word + group / 2u * 5u;
  let shift = 4u * (group & 1u);
  let a = weight[block];
  let b = weight[block + 1u];
  let c = weight[block + 2u];
  let d = weight[block + 3u];
  let e = weight[block + 4u];
  let scale = unpack2x16float(a).x;
  return mat4x4<f32>(
    scale * q4_0_quants4(a, b, shift),
    scale * q4_0_quants4(b, c, shift),
    scale * q4_0_quants4(c, d, shift),
    scale * q4_0_quants4(d, e, shift),
  );
}

// Four bytes that begin in the middle of a word; of each, the nibble at shift.
fn q4_0_quants4(low: u32, high: u32, shift: u32) -> vec4<f32> {
  let bytes = ((low >> 16u) | (high << 16u)) >> shift;
  return vec4<f32>((vec4<u32>(bytes) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(15u)) - 8.0;
}
