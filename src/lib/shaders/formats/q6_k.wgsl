// q6_k weights: blocks of 256 in 53 words: 128 bytes with the lower 4 bits, 64 bytes with the upper 2, 16 signed bytes
// that scale 16 columns each, an f16 scale and 2 bytes of padding. Weight = (scale · sub-scale) · (quant − 32).
// Each half of 128 columns has 64 bytes of lower bits (low nibbles: columns 0–63, high ones: 64–127) and 32 bytes of
// upper bits (bits 2·n and 2·n + 1 belong to columns 32·n …).

fn row_words(columns: u32) -> u32 { return columns / 256u * 53u; }

// The 16 weights at columns 16·group … of the row that starts at word row_word; w[i][j] is column 16·group + 4·i + j.
fn weights16(row_word: u32, group: u32) -> mat4x4<f32> {
  let block = row_word + group / 16u * 53u;
  let half = (group >> 3u) & 1u;
  let quarter = (group >> 1u) & 3u;
  let lower = block + 16u * half + 8u * (quarter & 1u) + 4u * (group & 1u);
  let upper = block + 32u + 8u * half + 4u * (group & 1u);
  let scale = q6_k_scale(block, group & 15u);
  return mat4x4<f32>(
    scale * q6_k_quants4(weight[lower], weight[upper], quarter),
    scale * q6_k_quants4(weight[lower + 1u], weight[upper + 1u], quarter),
    scale * q6_k_quants4(weight[lower + 2u], weight[upper + 2u], quarter),
    scale * q6_k_quants4(weight[lower + 3u], weight[upper + 3u], quarter),
  );
}

fn q6_k_scale(block: u32, sub_block: u32) -> f32 {
  let bytes = bitcast<i32>(weight[block + 48u + (sub_block >> 2u)]);
  let sub_scale = (bytes << (24u - 8u * (sub_block & 3u))) >> 24u;
  return unpack2x16float(weight[block + 52u]).x * f32(sub_scale);
}

fn q6_k_quants4(lower: u32, upper: u32, quarter: u32) -> vec4<f32> {
  let low = (lower >> (4u * (quarter >> 1u))) & 0x0f0f0f0fu;
  let high = ((upper >> (2u * quarter)) & 0x03030303u) << 4u;
  return vec4<f32>((vec4<u32>(low | high) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(63u)) - 32.0;
}
