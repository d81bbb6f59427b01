// Random words and numbers for synthesise, by integer arithmetic only: the same bits on every GPU and in random.ts.

// An integer hash in which every bit of x decides every bit of the result (constants: C. Wellons, hash-prospector).
fn scramble(x: u32) -> u32 {
  var y = x;
  y = (y ^ (y >> 16u)) * 0x7feb352du;
  y = (y ^ (y >> 15u)) * 0x846ca68bu;
  return y ^ (y >> 16u);
}

// The random word of a place in the tensor; lane 0 to 3.
fn random_word(position: u32, lane: u32) -> u32 {
  return scramble(scramble(4u * position + lane) + scramble(sizes.seed ^ scramble(sizes.tensor)));
}

// mean + spread · 2^-shift · n, where n is even over ±2^17 or bell-shaped (a sum of four 16-bit numbers) in the same range.
fn random_number(position: u32, lane: u32) -> i32 {
  let a = random_word(position, lane);
  let b = random_word(position, lane + 1u);
  let bell = i32((a & 0xffffu) + (a >> 16u) + (b & 0xffffu) + (b >> 16u)) - 131070;
  let even = i32(a >> 14u) - 131072;
  return sizes.mean + ((select(bell, even, sizes.even == 1u) * sizes.spread) >> sizes.shift);
}

// The scale of the block that starts at a position: spread, 0.7 to 1.3 times, in units of 2^-24.
fn random_scale(block: u32) -> i32 {
  return (sizes.spread * i32(179u + (((random_word(block, 0u) >> 16u) * 154u) >> 16u))) >> 8u;
}

// The same as f16 bits, and of either sign.
fn random_signed_scale(block: u32) -> u32 { return f16_bits(random_scale(block)) ^ (random_word(block, 2u) & 0x8000u); }

// Words 1 to 3 of a q4_k or q5_k block: eight 6-bit sub-scales between 33 and 61, and minima that differ from them by 2 at most.
fn random_sub_blocks(block: u32, field: u32) -> u32 {
  let differences = random_word(block, 3u);
  let low_scale = 33u + ((29u * bytes_of(random_word(block, 1u))) >> vec4<u32>(8u));
  let high_scale = 33u + ((29u * bytes_of(random_word(block, 2u))) >> vec4<u32>(8u));
  let low_minimum = low_scale + ((5u * (bytes_of(differences) & vec4<u32>(15u))) >> vec4<u32>(4u)) - 2u;
  let high_minimum = high_scale + ((5u * (bytes_of(differences) >> vec4<u32>(4u))) >> vec4<u32>(4u)) - 2u;
  if (field == 1u) { return packed_bytes(low_scale | ((high_scale >> vec4<u32>(4u)) << vec4<u32>(6u))); }
  if (field == 2u) { return packed_bytes(low_minimum | ((high_minimum >> vec4<u32>(4u)) << vec4<u32>(6u))); }
  return packed_bytes((high_scale & vec4<u32>(15u)) | ((high_minimum & vec4<u32>(15u)) << vec4<u32>(4u)));
}

fn bytes_of(word: u32) -> vec4<u32> { return (vec4<u32>(word) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(255u); }

fn packed_bytes(bytes: vec4<u32>) -> u32 { return bytes.x | (bytes.y << 8u) | (bytes.z << 16u) | (bytes.w << 24u); }

// The f16 of a number of units of 2^-24, which is the smallest f16; bits that do not fit are dropped.
fn f16_bits(units: i32) -> u32 {
  let magnitude = u32(abs(units));
  let shift = max(firstLeadingBit(magnitude | 1u), 10u) - 10u;
  return ((shift << 10u) + (magnitude >> shift)) | select(0u, 0x8000u, units < 0);
}

// The f32 of a number of units of 2^-20; exact below 2^24 units.
fn f32_bits(units: i32) -> u32 { return bitcast<u32>(f32(units) * 0x1p-20f); }
