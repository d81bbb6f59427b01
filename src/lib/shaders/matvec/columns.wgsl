//! The matrix by columns: only those are read whose x is not zero, as after relu². The same sum, without its zeros.
//! formats: q4_k
//! let octets: rows / 8
//! let tiles: octets / stored
//! resident nibbles: batch * tiles * columns * stored
//! resident scales: batch * tiles * columns / 32 * stored * 4
//! resident factors: batch * tiles * columns / 256 * stored * 8
//! load repack: octets / 64, columns / 32, batch
//! grid: octets / lanes, batch
//! reads: nonzero * octets * 4 + batch * columns / 32 * octets * 16 + batch * columns / 256 * octets * 32
//! use: epilogue

struct Sizes { rows: u32, columns: u32, batch: u32, epilogue: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> weight: array<vec4<u32>>;     // batch × rows × columns, q4_K blocks of 9 vectors
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;          // batch × columns
@group(0) @binding(3) var<storage, read_write> out: array<f32>;        // batch × rows
// Eight rows, an octet, are a word of each column: the low nibbles of its bytes are rows 0 to 3, the high ones rows 4 to 7. The columns
// of a tile, which is `stored` octets, follow one another, so that those which a workgroup reads lie close together.
@group(0) @binding(4) var<storage, read> nibbles: array<u32>;          // batch × tiles × columns × stored
// The 6-bit scales of the eight rows for 32 columns, a byte each, then their minima.
@group(0) @binding(5) var<storage, read> scales: array<vec4<u32>>;     // batch × tiles × columns / 32 × stored
// The f16 scale and minimum of rows 0 to 3 for 256 columns, and of rows 4 to 7.
@group(0) @binding(6) var<storage, read> factors: array<vec4<u32>>;    // batch × tiles × columns / 256 × stored × 2
@group(0) @binding(4) var<storage, read_write> loaded_nibbles: array<u32>;
@group(0) @binding(5) var<storage, read_write> loaded_scales: array<vec4<u32>>;
@group(0) @binding(6) var<storage, read_write> loaded_factors: array<vec4<u32>>;

const lanes = 3u;    // knob: 1 3 8
// A workgroup takes all columns of `lanes` octets. A thread takes an octet and a group of 32 columns, and again each `teams` groups on.
const teams = 80u;   // knob: 32 80 160 320
// The octets of a tile. If they are a multiple of `lanes`, a workgroup reads a single tile.
const stored = 12u;  // knob: 1 3 12
// Columns that are on their way at a time, by fours.
const fours = 2u;    // knob: 1 2 3
// With 0, zeros are multiplied like any number: the same sum to the bit, at the price of all columns.
const skips = 1u;    // knob: 0 1
const threads = lanes * teams;
const_assert threads <= 1024u; // what most GPUs allow
// Each thread marks so many eights of columns.
const own_eights = (4u * teams + threads - 1u) / threads;

// A bit for each of a group's 32 columns that is not zero.
var<workgroup> nonzero_columns: array<atomic<u32>, own_eights * threads / 4u + 1u>;
var<workgroup> team_sums: array<vec4<f32>, 2u * threads>;

// Rows 0 to 3 and 4 to 7 of an octet, and Σ x.
struct Products { low: vec4<f32>, high: vec4<f32>, x: f32 }
// The words and x of four columns, zero where there are fewer, and the bits of the columns after them.
struct Four { words: vec4<u32>, x: vec4<f32>, left: u32 }

@compute @workgroup_size(threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let team = thread / lanes;
  let octets = (sizes.rows + 7u) / 8u;
  // Octets past the end repeat the last one, and are not stored.
  let octet = min(group.x * lanes + thread % lanes, octets - 1u);
  let all = sizes.columns / 32u;
  let tile = (group.y * ((octets + stored - 1u) / stored) + octet / stored) * all;
  let inside = octet % stored;
  var low = vec4<f32>();
  var high = vec4<f32>();
  for (var start = 0u; start < all; start += teams) {
    // Scales do not wait for the marks: all that does not depend on x is asked for together with it.
    var eights: array<mat2x4<f32>, own_eights>;
    for (var n = 0u; n < own_eights; n++) {
      // Eights past the end repeat the last one, and mark only groups that are not looked at.
      let at = 2u * (4u * (group.y * all + start) + min(n * threads + thread, 4u * (all - start) - 1u));
      eights[n] = mat2x4<f32>(x[at], x[at + 1u]);
    }
    let i = min(start + team, all - 1u);
    let quants = scales[(tile + i) * stored + inside];
    let block = 2u * ((tile + i) / 8u * stored + inside);
    let factors_low = factors[block];
    let factors_high = factors[block + 1u];
    if (start > 0u) {
      workgroupBarrier(); // all have read the marks of before
      if (thread < teams) { atomicStore(&nonzero_columns[thread], 0u); }
      workgroupBarrier();
    }
    for (var n = 0u; n < own_eights; n++) {
      let eight = n * threads + thread;
      let marks = nonzero_four(eights[n][0]) | (nonzero_four(eights[n][1]) << 4u);
      atomicOr(&nonzero_columns[eight / 4u], marks << (8u * (eight % 4u)));
    }
    workgroupBarrier();
    let columns = atomicLoad(&nonzero_columns[team]);
    if (columns != 0u && start + team < all) {
      let p = products(32u * (tile + i) * stored + inside, 8u * (group.y * all + i), columns);
      low = add_group(low, p.low, p.x, quants.xz, factors_low);
      high = add_group(high, p.high, p.x, quants.yw, factors_high);
    }
  }
  finish_teams(low, high, group, thread);
}

// A bit for each of four columns that is not zero. Bits are compared, not numbers: neither a NaN nor the smallest number is a zero.
fn nonzero_four(value: vec4<f32>) -> u32 {
  if (skips == 0u) { return 15u; }
  let magnitude = bitcast<vec4<u32>>(value) & vec4<u32>(0x7fffffffu);
  let bits = select(vec4<u32>(), vec4<u32>(1u, 2u, 4u, 8u), magnitude != vec4<u32>());
  return (bits.x | bits.y) | (bits.z | bits.w);
}

// The products are in one loop, because short code is fast: a GPU fetches the code of a token's kernels anew in each layer.
fn products(first: u32, first_x: u32, columns: u32) -> Products {
  var p = Products();
  var left = columns;
  while (left != 0u) {
    let count = min(countOneBits(left), 4u * fours);
    var next: array<Four, fours>;
    for (var i = 0u; i < fours; i++) {
      next[i] = fetch_four(first, first_x, left);
      left = next[i].left;
    }
    for (var n = 0u; n < count; n += 4u) {
      var words = next[0].words;
      var numbers = next[0].x;
      for (var c = 0u; c < 4u; c++) {
        p.low = fma(low_nibbles(words.x), vec4<f32>(numbers.x), p.low);
        p.high = fma(high_nibbles(words.x), vec4<f32>(numbers.x), p.high);
        p.x += numbers.x;
        words = words.yzwx;
        numbers = numbers.yzwx;
      }
      for (var i = 1u; i < fours; i++) { next[i - 1u] = next[i]; }
    }
  }
  return p;
}

fn fetch_four(first: u32, first_x: u32, columns: u32) -> Four {
  var four = Four(vec4<u32>(), vec4<f32>(), columns);
  for (var c = 0u; c < 4u; c++) {
    if (four.left != 0u) {
      let k = firstTrailingBit(four.left);
      four.words[c] = nibbles[first + k * stored];
      four.x[c] = x[first_x + k / 4u][k % 4u];
      four.left &= four.left - 1u;
    }
  }
  return four;
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

// Adds up the sums of all teams, eight at a time.
fn finish_teams(low: vec4<f32>, high: vec4<f32>, group: vec3u, thread: u32) {
  team_sums[2u * thread] = low;
  team_sums[2u * thread + 1u] = high;
  for (var n = teams; n > 1u;) {
    let last = 2u * lanes * n;
    n = (n + 7u) / 8u;
    let part = 2u * lanes * n;
    workgroupBarrier();
    var sum = vec4<f32>();
    if (thread < part) {
      for (var i = 0u; i < 8u; i++) {
        let at = thread + i * part;
        if (at < last) { sum += team_sums[at]; }
      }
    }
    workgroupBarrier();
    if (thread < part) { team_sums[thread] = sum; }
  }
  workgroupBarrier();
  let row = 8u * lanes * group.x + thread;
  if (thread < 8u * lanes && row < sizes.rows) { finish(team_sums[thread / 4u][thread % 4u], group.y * sizes.rows + row); }
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
  let group = (id.z * ((octets + stored - 1u) / stored) + id.x / stored) * (sizes.columns / 32u) + id.y;
  let inside = id.x % stored;
  for (var k = 0u; k < 32u; k++) { loaded_nibbles[(32u * group + k) * stored + inside] = words[k]; }
  loaded_scales[group * stored + inside] = quants;
  if (sub_block == 0u) {
    let at = 2u * (group / 8u * stored + inside);
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
