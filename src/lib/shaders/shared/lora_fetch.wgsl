// Reads the weights of LoRAs from `weight`.

// The sixteen weights from the i-th on (a multiple of 16) after the vector `first`.
fn fetch16(first: u32, wide: bool, i: u32) -> SixteenWeights {
  var found: SixteenWeights;
  let at = first + i / select(8u, 4u, wide);
  found.a = weight[at];
  found.b = weight[at + 1u];
  if (wide) {
    found.c = weight[at + 2u];
    found.d = weight[at + 3u];
  }
  return found;
}
