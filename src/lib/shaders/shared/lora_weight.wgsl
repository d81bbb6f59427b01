// Reads the weights of LoRAs from `lora_weight`, in kernels whose `weight` is a matrix; four at a time.

// The i-th four weights after the vector `first`: two words in f16, four in f32.
fn fetch4(first: u32, wide: bool, i: u32) -> vec4<u32> {
  if (wide) {
    let at = 2u * (first + i);
    return vec4<u32>(lora_weight[at], lora_weight[at + 1u]);
  }
  return vec4<u32>(lora_weight[2u * first + i], vec2<u32>());
}

fn unpack4(words: vec4<u32>, wide: bool) -> vec4<f32> {
  if (wide) { return bitcast<vec4<f32>>(words); }
  return halves4(words.xy);
}
