// For formats whose weights are scale · quant + offset, with quants of a few bits: sixteen of them as they come from bytes.

struct Quants { a: vec4<u32>, b: vec4<u32>, c: vec4<u32>, d: vec4<u32> }

fn affine16(q: Quants, scale: f32, offset: f32) -> mat4x4<f32> {
  return mat4x4<f32>(
    scale * vec4<f32>(q.a) + offset, scale * vec4<f32>(q.b) + offset,
    scale * vec4<f32>(q.c) + offset, scale * vec4<f32>(q.d) + offset,
  );
}

// Takes the bits of the mask, from bit `shift` on, from each of the sixteen bytes that begin at a word.
fn fields16(word: u32, shift: u32, mask: u32) -> Quants {
  return Quants(
    fields4(weight[word] >> shift, mask), fields4(weight[word + 1u] >> shift, mask),
    fields4(weight[word + 2u] >> shift, mask), fields4(weight[word + 3u] >> shift, mask),
  );
}

// The same of sixteen bytes that begin in the middle of a word.
fn middle_fields16(word: u32, shift: u32, mask: u32) -> Quants {
  let w = vec4<u32>(weight[word], weight[word + 1u], weight[word + 2u], weight[word + 3u]);
  let bytes = (w >> vec4<u32>(16u)) | (vec4<u32>(w.yzw, weight[word + 4u]) << vec4<u32>(16u));
  let fields = bytes >> vec4<u32>(shift);
  return Quants(fields4(fields.x, mask), fields4(fields.y, mask), fields4(fields.z, mask), fields4(fields.w, mask));
}

fn fields4(bytes: u32, mask: u32) -> vec4<u32> {
  return (vec4<u32>(bytes) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(mask);
}

// The quants with a bit more: the value `one` for each of the sixteen bits that is set, the lowest for the first quant.
fn with_bits16(q: Quants, bits: u32, one: u32) -> Quants {
  return Quants(
    q.a + one * bits4(bits), q.b + one * bits4(bits >> 4u), q.c + one * bits4(bits >> 8u), q.d + one * bits4(bits >> 12u),
  );
}

fn bits4(bits: u32) -> vec4<u32> { return (vec4<u32>(bits) >> vec4<u32>(0u, 1u, 2u, 3u)) & vec4<u32>(1u); }

// The numbers of the IQ4 formats for sixteen nibbles, plus 128: their table is kept in words, because a table that is
// indexed lane by lane is slow on some GPUs.
fn iq4_numbers16(q: Quants) -> Quants {
  return Quants(iq4_numbers4(q.a), iq4_numbers4(q.b), iq4_numbers4(q.c), iq4_numbers4(q.d));
}

fn iq4_numbers4(nibbles: vec4<u32>) -> vec4<u32> {
  let second = (nibbles & vec4<u32>(4u)) != vec4<u32>(0u);
  let lower = select(vec4<u32>(0x3f2d1801u), vec4<u32>(0x766a5d4fu), second);
  let upper = select(vec4<u32>(0xa6998d81u), vec4<u32>(0xf1d9c5b5u), second);
  let words = select(lower, upper, (nibbles & vec4<u32>(8u)) != vec4<u32>(0u));
  return (words >> ((nibbles & vec4<u32>(3u)) * 8u)) & vec4<u32>(255u);
}
