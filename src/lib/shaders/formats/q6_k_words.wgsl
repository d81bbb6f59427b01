// For variants that take q6_k weights 32 at a time: of half a block (128 columns, see q6_k.wgsl) eight columns of each quarter.
// Four neighbours read on where the one before them ended.

// Two words each of lower bits (the half's first and last 32 bytes) and upper bits; the half's eight scales; the block's scale.
struct Unit { first: vec2<u32>, last: vec2<u32>, upper: vec2<u32>, scales: vec2<u32>, scale: u32 }
// The same columns of the rows that a lane has: two, or four.
struct Units { row0: Unit, row1: Unit, row2: Unit, row3: Unit }

// `starts`: where in `weight` (words, 53 a block) the rows begin.
fn fetch_units(starts: vec4<u32>, unit: u32, rows: u32) -> Units {
  var units = Units();
  units.row0 = fetch_unit(starts.x, unit);
  units.row1 = fetch_unit(starts.y, unit);
  if (rows > 2u) {
    units.row2 = fetch_unit(starts.z, unit);
    units.row3 = fetch_unit(starts.w, unit);
  }
  return units;
}

fn fetch_unit(start: u32, unit: u32) -> Unit {
  let block = start + unit / 8u * 53u;
  let half = unit / 4u % 2u;
  let lower = block + 16u * half + unit % 4u * 2u;
  let upper = block + 32u + 8u * half + unit % 4u * 2u;
  let scales = block + 48u + 2u * half;
  return Unit(
    vec2<u32>(weight[lower], weight[lower + 1u]), vec2<u32>(weight[lower + 8u], weight[lower + 9u]),
    vec2<u32>(weight[upper], weight[upper + 1u]), vec2<u32>(weight[scales], weight[scales + 1u]), weight[block + 52u],
  );
}

// Four bytes a word, six bits each; above them bits to be masked away.
struct Quarters { q0: vec2<u32>, q1: vec2<u32>, q2: vec2<u32>, q3: vec2<u32> }

fn quarters_of(w: Unit) -> Quarters {
  let two = vec2<u32>(2u);
  let four = vec2<u32>(4u);
  return Quarters(
    merged(w.first, w.upper << four), merged(w.last, w.upper << two),
    merged(w.first >> four, w.upper), merged(w.last >> four, w.upper >> two),
  );
}

fn merged(lower: vec2<u32>, upper: vec2<u32>) -> vec2<u32> {
  let mask = vec2<u32>(0x0f0f0f0fu);
  return (lower & mask) | (upper & ~mask);
}

// The scale of each quarter: a signed byte for 16 columns, times the block's scale.
fn unit_scales(w: Unit, unit: u32) -> vec4<f32> {
  let bytes = bitcast<vec4<i32>>(w.scales.xxyy << (vec4<u32>(24u, 8u, 24u, 8u) - vec4<u32>(8u * (unit / 2u % 2u))));
  return unpack2x16float(w.scale).x * vec4<f32>(bytes >> vec4<u32>(24u));
}
