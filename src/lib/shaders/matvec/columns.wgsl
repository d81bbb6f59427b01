//! The matrix by columns: only those are read whose x is not zero, as after relu². The same sum, without its zeros.
//! formats: q4_k
//! let octets: rows / 8
//! let slices: columns / 32 / (teams * rounds)
//! resident nibbles: batch * columns * octets
//! resident scales: batch * columns / 32 * octets * 4
//! resident factors: batch * columns / 256 * octets * 8
//! load repack: octets / 64, columns / 32, batch
//! scratch partial: min(slices - 1, 1) * slices * batch * rows
//! pass multiply: octets / lanes, slices, batch
//! pass add: min(slices - 1, 1) * rows / 32, batch
//! reads: nonzero * octets * 4 + nonzero_groups * octets * 16 + batch * columns / 256 * octets * 32
//! use: epilogue

struct Sizes { rows: u32, columns: u32, batch: u32, epilogue: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> weight: array<vec4<u32>>;     // batch × rows × columns, q4_K blocks of 9 vectors
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;          // batch × columns
@group(0) @binding(3) var<storage, read_write> out: array<f32>;        // batch × rows
@group(0) @binding(4) var<storage, read_write> partial: array<f32>;    // slices × batch × rows
// Eight rows, an octet, are a word of each column: the low nibbles of its bytes are rows 0 to 3, the high ones rows 4 to 7.
@group(0) @binding(5) var<storage, read> nibbles: array<u32>;          // batch × columns × octets
// The 6-bit scales of the eight rows for 32 columns, a byte each, then their minima.
@group(0) @binding(6) var<storage, read> scales: array<vec4<u32>>;     // batch × columns / 32 × octets
// The f16 scale and minimum of rows 0 to 3 for 256 columns, and of rows 4 to 7.
@group(0) @binding(7) var<storage, read> factors: array<vec4<u32>>;    // batch × columns / 256 × octets × 2
@group(0) @binding(5) var<storage, read_write> loaded_nibbles: array<u32>;
@group(0) @binding(6) var<storage, read_write> loaded_scales: array<vec4<u32>>;
@group(0) @binding(7) var<storage, read_write> loaded_factors: array<vec4<u32>>;

const lanes = 32u;  // knob: 2 4 8 16 32
const teams = 8u;   // knob: 4 8 16 32 64 128
// Groups of 32 columns that a team of lanes takes one after another; the columns of a workgroup are a slice of all.
const rounds = 1u;  // knob: 1 2 4 8 64
// With 0, zeros are multiplied like any number: the same sum to the bit, at the price of all columns.
const skips = 1u;   // knob: 0 1
const threads = lanes * teams;
const_assert threads <= 256u;
// Sums of all teams are added up by so many threads for every four rows, then by one.
const parts = min(16u, teams / 2u);
// It is known of so many groups at a time which columns are not zero: a byte of each word for eight of them.
const section = min(teams * rounds, 384u);

var<workgroup> nonzero_eights: array<u32, 4u * section>;
var<workgroup> team_sums: array<vec4<f32>, 2u * threads>;

// Rows 0 to 3 and 4 to 7 of an octet, and Σ x.
struct Products { low: vec4<f32>, high: vec4<f32>, x: f32 }

@compute @workgroup_size(threads)
fn multiply(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let team = thread / lanes;
  let octets = (sizes.rows + 7u) / 8u;
  // Octets past the end repeat the last one, and are not stored.
  let octet = min(group.x * lanes + thread % lanes, octets - 1u);
  let all = sizes.columns / 32u;
  var low = vec4<f32>();
  var high = vec4<f32>();
  for (var start = 0u; start < teams * rounds; start += section) {
    let first = group.y * teams * rounds + start;
    if (first >= all) { break; }
    if (start > 0u) { workgroupBarrier(); } // what was staged before has been read
    for (var i = thread; i < 4u * section; i += threads) { nonzero_eights[i] = nonzero_eight(group.z, 4u * first + i); }
    workgroupBarrier();
    for (var i = team; i < min(section, all - first); i += teams) {
      let left = nonzero_columns(i);
      if (left == 0u) { continue; }
      let at = group.z * all + first + i;
      let quants = scales[at * octets + octet];
      let block = 2u * (at / 8u * octets + octet);
      let factors_low = factors[block];
      let factors_high = factors[block + 1u];
      let p = products(32u * at, octets, octet, left);
      low = add_group(low, p.low, p.x, quants.xz, factors_low);
      high = add_group(high, p.high, p.x, quants.yw, factors_high);
    }
  }
  team_sums[2u * thread] = low;
  team_sums[2u * thread + 1u] = high;
  workgroupBarrier();
  var sum = vec4<f32>();
  if (thread < 2u * lanes * parts) {
    for (var i = 0u; i < teams / parts; i++) { sum += team_sums[2u * lanes * parts * i + thread]; }
    team_sums[thread] = sum;
  }
  workgroupBarrier();
  if (thread < 2u * lanes) {
    for (var i = 1u; i < parts; i++) { sum += team_sums[2u * lanes * i + thread]; }
    let row = 8u * lanes * group.x + 4u * thread;
    for (var i = 0u; i < 4u; i++) { store(sum[i], row + i, group.z, group.y, groups.y); }
  }
}

// A bit for each of eight columns: those that are not zero.
fn nonzero_eight(matrix: u32, eight: u32) -> u32 {
  if (eight >= sizes.columns / 8u) { return 0u; }
  if (skips == 0u) { return 255u; }
  let at = matrix * (sizes.columns / 4u) + 2u * eight;
  return nonzero_four(x[at]) | (nonzero_four(x[at + 1u]) << 4u);
}

// Bits are compared, not numbers: neither a NaN nor the smallest number is a zero.
fn nonzero_four(value: vec4<f32>) -> u32 {
  let magnitude = bitcast<vec4<u32>>(value) & vec4<u32>(0x7fffffffu);
  let bits = select(vec4<u32>(), vec4<u32>(1u, 2u, 4u, 8u), magnitude != vec4<u32>());
  return (bits.x | bits.y) | (bits.z | bits.w);
}

// A bit for each of a group's 32 columns.
fn nonzero_columns(group: u32) -> u32 {
  let at = 4u * group;
  return nonzero_eights[at] | (nonzero_eights[at + 1u] << 8u) | (nonzero_eights[at + 2u] << 16u) | (nonzero_eights[at + 3u] << 24u);
}

// Column after column, with the words of four on their way at a time. The loop has its body once: a GPU fetches the code of a token's
// kernels anew in each layer, so that short code is fast.
fn products(start: u32, octets: u32, octet: u32, columns: u32) -> Products {
  var p = Products();
  var left = columns;
  while (left != 0u) {
    // In place of columns that lack, the first again.
    let second = left & (left - 1u);
    let third = second & (second - 1u);
    let fourth = third & (third - 1u);
    let bits = vec4<u32>(left, second, third, fourth);
    let k = start + firstTrailingBit(select(bits, vec4<u32>(left), bits == vec4<u32>()));
    let at = k * octets + octet;
    var words = vec4<u32>(nibbles[at.x], nibbles[at.y], nibbles[at.z], nibbles[at.w]);
    var numbers = vec4<f32>(x_of(k.x), x_of(k.y), x_of(k.z), x_of(k.w));
    for (var n = min(4u, countOneBits(left)); n > 0u; n--) {
      p.low = fma(low_nibbles(words.x), vec4<f32>(numbers.x), p.low);
      p.high = fma(high_nibbles(words.x), vec4<f32>(numbers.x), p.high);
      p.x += numbers.x;
      words = words.yzwx;
      numbers = numbers.yzwx;
    }
    left = fourth & (fourth - 1u);
  }
  return p;
}

fn x_of(k: u32) -> f32 {
  let four = x[k / 4u];
  let two = select(four.xy, four.zw, (k & 2u) != 0u);
  return select(two.x, two.y, (k & 1u) != 0u);
}

// Σ (scale · nibble − minimum) · x of four rows, as scale · Σ nibble · x − minimum · Σ x.
fn add_group(sum: vec4<f32>, products: vec4<f32>, x_sum: f32, quants: vec2<u32>, pairs: vec4<u32>) -> vec4<f32> {
  let a = unpack2x16float(pairs.x);
  let b = unpack2x16float(pairs.y);
  let c = unpack2x16float(pairs.z);
  let d = unpack2x16float(pairs.w);
  let scale = vec4<f32>(a.x, b.x, c.x, d.x) * six_bits(quants.x);
  let minimum = vec4<f32>(a.y, b.y, c.y, d.y) * six_bits(quants.y);
  return fma(-minimum, vec4<f32>(x_sum), fma(scale, products, sum));
}

fn store(sum: f32, row: u32, matrix: u32, slice: u32, slices: u32) {
  if (row >= sizes.rows) { return; }
  if (slices == 1u) { finish(sum, matrix * sizes.rows + row); } else { partial[(slice * sizes.batch + matrix) * sizes.rows + row] = sum; }
}

// Bits at bit b of the mantissa of 2^(23 − b) make the float 2^(23 − b) + their number: exact, and cheaper than shift, mask and
// conversion. Bits up to 16 serve, so only the last ones of a word are shifted.
fn low_nibbles(word: u32) -> vec4<f32> {
  let bits = vec4<u32>(word, word, word, word >> 12u) & vec4<u32>(0x0000000fu, 0x00000f00u, 0x000f0000u, 0x0000f000u);
  return bitcast<vec4<f32>>(bits | vec4<u32>(0x4b000000u, 0x47000000u, 0x43000000u, 0x45000000u)) - vec4<f32>(8388608.0, 32768.0, 128.0, 2048.0);
}

fn high_nibbles(word: u32) -> vec4<f32> {
  let bits = vec4<u32>(word, word, word >> 12u, word >> 12u) & vec4<u32>(0x000000f0u, 0x0000f000u, 0x00000f00u, 0x000f0000u);
  return bitcast<vec4<f32>>(bits | vec4<u32>(0x49000000u, 0x45000000u, 0x47000000u, 0x43000000u)) - vec4<f32>(524288.0, 2048.0, 32768.0, 128.0);
}

fn six_bits(bytes: u32) -> vec4<f32> {
  let bits = vec4<u32>(bytes, bytes, bytes, bytes >> 8u) & vec4<u32>(0x0000003fu, 0x00003f00u, 0x003f0000u, 0x003f0000u);
  return bitcast<vec4<f32>>(bits | vec4<u32>(0x4b000000u, 0x47000000u, 0x43000000u, 0x43000000u)) - vec4<f32>(8388608.0, 32768.0, 128.0, 128.0);
}

var<workgroup> part_sums: array<f32, 256>;

// Adds up the slices: 32 rows, eight threads each.
@compute @workgroup_size(256)
fn add(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let row = group.x * 32u + thread % 32u;
  let slice_length = sizes.batch * sizes.rows;
  let slices = arrayLength(&partial) / slice_length;
  let start = group.y * sizes.rows + min(row, sizes.rows - 1u);
  var sum = 0.0;
  for (var first = thread / 32u; first < slices; first += 64u) {
    for (var n = 0u; n < 8u; n++) { // a constant number: all loads are on their way at once
      let slice = first + 8u * n;
      if (slice < slices) { sum += partial[slice * slice_length + start]; }
    }
  }
  part_sums[thread] = sum;
  workgroupBarrier();
  if (thread >= 32u || row >= sizes.rows) { return; }
  var whole = 0.0;
  for (var part = 0u; part < 8u; part++) { whole += part_sums[32u * part + thread]; }
  finish(whole, group.y * sizes.rows + row);
}

// A thread takes 32 columns of an octet. Rows past the end are zero.
@compute @workgroup_size(64)
fn repack(@builtin(global_invocation_id) id: vec3u) {
  let octets = (sizes.rows + 7u) / 8u;
  if (id.x >= octets) { return; }
  let sub_block = id.y % 8u;
  var words: array<u32, 32>;
  var quants = vec4<u32>();
  var pairs: array<vec4<u32>, 2>;
  for (var i = 0u; i < min(8u, sizes.rows - 8u * id.x); i++) {
    let row = id.z * sizes.rows + 8u * id.x + i;
    let block = (row * (sizes.columns / 256u) + id.y / 8u) * 9u;
    let header = weight[block];
    let six = sub_block_quants(header, sub_block) << vec2<u32>(8u * (i % 4u));
    quants[i / 4u] |= six.x;
    quants[2u + i / 4u] |= six.y;
    pairs[i / 4u][i % 4u] = header.x;
    for (var k = 0u; k < 32u; k++) {
      let word = weight[block + 1u + sub_block / 2u * 2u + k / 16u][k / 4u % 4u];
      let nibble = (word >> (8u * (k % 4u) + 4u * (sub_block % 2u))) & 15u;
      words[k] |= nibble << (8u * (i % 4u) + 4u * (i / 4u));
    }
  }
  let group = id.z * (sizes.columns / 32u) + id.y;
  for (var k = 0u; k < 32u; k++) { loaded_nibbles[(32u * group + k) * octets + id.x] = words[k]; }
  loaded_scales[group * octets + id.x] = quants;
  if (sub_block == 0u) {
    let at = 2u * (group / 8u * octets + id.x);
    loaded_factors[at] = pairs[0];
    loaded_factors[at + 1u] = pairs[1];
  }
}

// The 6-bit scale and minimum of a sub-block, see q4_k_scale.
fn sub_block_quants(header: vec4<u32>, sub_block: u32) -> vec2<u32> {
  let words = header.yzw >> vec3<u32>(8u * (sub_block & 3u));
  let upper = vec2<u32>((words.z & 15u) | ((words.x >> 2u) & 48u), ((words.z >> 4u) & 15u) | ((words.y >> 2u) & 48u));
  return select(words.xy & vec2<u32>(63u), upper, sub_block >= 4u);
}
