// Stores the i-th LoRA's result for one channel of one token, in variants of lora_matmul.
fn put_result(index: u32, token: u32, channel: u32, sum: f32) {
  let at = token * sizes.columns + channel;
  if (index == 3u) { gate[at] = sum; } else { inputs[(3u + index) * sizes.tokens * sizes.columns + at] = sum; }
}
