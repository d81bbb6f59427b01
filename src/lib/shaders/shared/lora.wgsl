// A layer's four LoRAs: decay, learning rate, value mix, gate. `weight` holds for each rank × columns (down), and after all of
// these for each columns × rank (up), in f32 where its bit of `sizes.wide` is set, else in f16, two a word.
struct Lora {
  rank: u32,
  wide: bool,
  first: u32,   // where its weights begin among those of the way down, or up, counted in vectors of four words
  before: u32,  // ranks of the LoRAs before it
  plane: u32,   // of `shifted` (r k v w a g), which it reads
}

// Computed without a table: an index into a vector is not free in Safari, nor is a loop.
fn lora(index: u32) -> Lora {
  let all = vec4<u32>(0u, 1u, 2u, 3u);
  let ranks = vec4<u32>(sizes.decay, sizes.learning_rate, sizes.value, sizes.gate);
  let wide = ((vec4<u32>(sizes.wide) >> all) & vec4<u32>(1u)) == vec4<u32>(1u);
  let before = select(vec4<u32>(), ranks, all < vec4<u32>(index));
  let rank = sum_of(select(vec4<u32>(), ranks, all == vec4<u32>(index)));
  let first = sum_of((sizes.columns * before) >> select(vec4<u32>(3u), vec4<u32>(2u), wide)); // eight or four a vector
  return Lora(rank, is_wide(index), first, sum_of(before), (0x5243u >> (4u * index)) & 15u); // planes 3 4 2 5, as digits
}

fn sum_of(v: vec4<u32>) -> u32 { return (v.x + v.y) + (v.z + v.w); }

fn is_wide(index: u32) -> bool { return ((sizes.wide >> index) & 1u) == 1u; }

fn all_ranks() -> u32 { return sizes.decay + sizes.learning_rate + sizes.value + sizes.gate; }

// How many vectors the way down takes, and the way up again.
fn way_vectors() -> u32 {
  let last = lora(3u);
  return last.first + sizes.columns * last.rank / select(8u, 4u, last.wide);
}

// Which LoRA has a rank row, counted through all of them.
fn lora_of(rank_row: u32) -> u32 {
  let second = sizes.decay;
  let third = second + sizes.learning_rate;
  let fourth = third + sizes.value;
  return u32(rank_row >= second) + u32(rank_row >= third) + u32(rank_row >= fourth);
}

// The activation between the down and the up projection.
fn inner(index: u32, sum: f32) -> f32 {
  if (index == 0u) { return tanh(clamp(sum, -15.0, 15.0)); } // beyond, tanh is ±1 in f32; some GPUs overflow there
  if (index == 3u) { return 1.0 / (1.0 + exp(-sum)); }
  return sum;
}

// Sixteen weights as they are stored: four vectors of f32, or two of f16.
struct SixteenWeights { a: vec4<u32>, b: vec4<u32>, c: vec4<u32>, d: vec4<u32> }

fn unpack16(found: SixteenWeights, wide: bool) -> mat4x4<f32> {
  if (wide) {
    return mat4x4<f32>(
      bitcast<vec4<f32>>(found.a), bitcast<vec4<f32>>(found.b), bitcast<vec4<f32>>(found.c), bitcast<vec4<f32>>(found.d),
    );
  }
  return mat4x4<f32>(halves4(found.a.xy), halves4(found.a.zw), halves4(found.b.xy), halves4(found.b.zw));
}

fn halves4(words: vec2<u32>) -> vec4<f32> { return vec4<f32>(unpack2x16float(words.x), unpack2x16float(words.y)); }
