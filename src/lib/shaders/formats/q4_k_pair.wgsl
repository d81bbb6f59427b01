// For variants that take q4_k weights 64 at a time: two sub-blocks whose nibbles share 32 bytes, the even one's the low ones.

// (scale of the even, scale of the odd, minimum of the even, minimum of the odd) sub-block of the pair, from the block's header.
fn pair_scales(header: vec4<u32>, pair: u32) -> vec4<f32> {
  let words = header.yzw >> vec3<u32>(16u * (pair & 1u));
  let upper_bits = (words.xy >> vec2<u32>(2u)) & vec2<u32>(0x3030u);
  let last = (vec2<u32>(words.z, words.z >> 4u) & vec2<u32>(0x0f0fu)) | upper_bits;
  let bytes = select(words.xy & vec2<u32>(0x3f3fu), last, pair >= 2u);
  let factors = vec4<u32>(bytes.x & 255u, bytes.x >> 8u, bytes.y & 255u, bytes.y >> 8u);
  return unpack2x16float(header.x).xxyy * vec4<f32>(factors);
}

// Sixty-four weights of a row, as they come.
struct Pair { header: vec4<u32>, a: vec4<u32>, b: vec4<u32> }
// The same columns of the rows that a lane has: two, or four.
struct Pairs { row0: Pair, row1: Pair, row2: Pair, row3: Pair }

// `starts`: where in `weight` (vectors, nine a block) the rows begin.
fn fetch_pairs(starts: vec4<u32>, pair: u32, rows: u32) -> Pairs {
  var pairs = Pairs();
  pairs.row0 = fetch_pair(starts.x, pair);
  pairs.row1 = fetch_pair(starts.y, pair);
  if (rows > 2u) {
    pairs.row2 = fetch_pair(starts.z, pair);
    pairs.row3 = fetch_pair(starts.w, pair);
  }
  return pairs;
}

fn fetch_pair(start: u32, pair: u32) -> Pair {
  let block = start + pair / 4u * 9u;
  let bytes = block + 1u + pair % 4u * 2u;
  return Pair(weight[block], weight[bytes], weight[bytes + 1u]);
}
