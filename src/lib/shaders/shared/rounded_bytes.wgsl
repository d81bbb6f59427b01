// Numbers rounded to bytes, for 8-bit integer products.

// 1.5 · 2²³: the f32 numbers about it are the whole numbers, and its bits plus n are those of 12582912 + n. One addition therefore
// rounds a number to a whole one, or makes a number of a whole one; conversions between i32 and f32 took longer (docs/results.md).
const whole = 12582912.0;
const whole_bits = 0x4b400000;

// Four numbers of −127 to 127: the low byte of each one's bits.
fn bytes(x: vec4<f32>) -> u32 {
  let bits = bitcast<vec4<u32>>(x + whole);
  return insertBits(insertBits(insertBits(bits.x, bits.y, 8u, 24u), bits.z, 16u, 16u), bits.w, 24u, 8u);
}

// Magnitudes are compared by their bits: among numbers max() drops a NaN, which then would never reach the logits.
fn magnitude(x: vec4<f32>) -> vec4<u32> { return bitcast<vec4<u32>>(x) & vec4<u32>(0x7fffffffu); }

// The sum of sixteen bytes.
fn byte_sum(x: vec4<u32>) -> i32 {
  let ones = 0x01010101u;
  return (dot4I8Packed(x.x, ones) + dot4I8Packed(x.y, ones)) + (dot4I8Packed(x.z, ones) + dot4I8Packed(x.w, ones));
}
