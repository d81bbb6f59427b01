//! Eight lanes of a subgroup share two rows of the state and take two tokens at a time: one sum over the lanes serves both.
//! subgroup: lanes
//! pass recurrence: columns / rows
//! pass output: columns / 64, tokens / 4
//! use: wkv_output, layer_vectors, wkv_output_pass

enable subgroups;

struct Sizes { columns: u32, tokens: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> inputs: array<vec4<f32>>;     // 6 × tokens × columns: r k v w a b
@group(0) @binding(2) var<storage, read> gate: array<vec4<f32>>;       // tokens × columns
@group(0) @binding(3) var<storage, read> vectors: array<vec4<f32>>;    // a layer's: 8 × columns
@group(0) @binding(4) var<storage, read_write> state: array<vec4<f32>>; // heads × 64 × 64
@group(0) @binding(5) var<storage, read_write> out: array<f32>;        // tokens × columns

const threads = 128u; // knob: 64 128

const lanes = 8u;     // of a row: each has two vectors of it, lanes apart
const rows = 2u * threads / lanes;
// Tokens are staged in two turns: while one batch is used, each thread fetches its vector of the next, one from every plane.
const batch = threads / 16u;
const planes = 6u;
var<workgroup> tile: array<vec4<f32>, 2u * planes * threads>;

// A lane's columns of a row, or of what is multiplied with it.
struct Columns { low: vec4<f32>, high: vec4<f32> }
struct Rows { upper: Columns, lower: Columns }
struct Token { r: Columns, k: Columns, w: Columns, a: Columns, b: Columns, v: vec2<f32> }
// As it lies in memory.
struct Vectors { r: vec4<f32>, k: vec4<f32>, v: vec4<f32>, w: vec4<f32>, a: vec4<f32>, b: vec4<f32> }

@compute @workgroup_size(threads)
fn recurrence(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let row = group.x * rows + thread / lanes * 2u; // the upper one, of all heads' rows: also the channel of v and y
  let lane = thread % lanes;
  let head = group.x * rows / 64u;
  let even = row % 4u == 0u;
  var own = Rows(load_row(row, lane), load_row(row + 1u, lane));
  var next = fetch(0u, head, thread);
  for (var first = 0u; first < sizes.tokens; first += batch) {
    // Indices are written out here, not in functions: only so a compiler sees that they stay within the tile.
    let turn = first / batch % 2u * planes * threads;
    let there = first + thread / 16u < sizes.tokens; // tokens past the end change nothing: w = 1, k = a = 0
    tile[turn + thread] = next.r;
    tile[turn + threads + thread] = select(vec4<f32>(), next.k, there);
    tile[turn + 2u * threads + thread] = next.v;
    tile[turn + 3u * threads + thread] = select(vec4<f32>(1.0), next.w, there);
    tile[turn + 4u * threads + thread] = select(vec4<f32>(), next.a, there);
    tile[turn + 5u * threads + thread] = next.b;
    workgroupBarrier();
    next = fetch(first + batch, head, thread);
    for (var four = 0u; four < batch / 4u; four++) {
      let at = turn + four * 64u + lane;
      let v = turn + 2u * threads + four * 64u + row % 64u / 4u;
      let v0 = tile[v];
      let t0 = Token(
        Columns(tile[at], tile[at + lanes]), Columns(tile[at + threads], tile[at + threads + lanes]),
        Columns(tile[at + 3u * threads], tile[at + 3u * threads + lanes]), Columns(tile[at + 4u * threads], tile[at + 4u * threads + lanes]),
        Columns(tile[at + 5u * threads], tile[at + 5u * threads + lanes]), select(v0.zw, v0.xy, even),
      );
      let v1 = tile[v + 16u];
      let t1 = Token(
        Columns(tile[at + 16u], tile[at + 16u + lanes]), Columns(tile[at + 16u + threads], tile[at + 16u + threads + lanes]),
        Columns(tile[at + 16u + 3u * threads], tile[at + 16u + 3u * threads + lanes]), Columns(tile[at + 16u + 4u * threads], tile[at + 16u + 4u * threads + lanes]),
        Columns(tile[at + 16u + 5u * threads], tile[at + 16u + 5u * threads + lanes]), select(v1.zw, v1.xy, even),
      );
      let v2 = tile[v + 32u];
      let t2 = Token(
        Columns(tile[at + 32u], tile[at + 32u + lanes]), Columns(tile[at + 32u + threads], tile[at + 32u + threads + lanes]),
        Columns(tile[at + 32u + 3u * threads], tile[at + 32u + 3u * threads + lanes]), Columns(tile[at + 32u + 4u * threads], tile[at + 32u + 4u * threads + lanes]),
        Columns(tile[at + 32u + 5u * threads], tile[at + 32u + 5u * threads + lanes]), select(v2.zw, v2.xy, even),
      );
      let v3 = tile[v + 48u];
      let t3 = Token(
        Columns(tile[at + 48u], tile[at + 48u + lanes]), Columns(tile[at + 48u + threads], tile[at + 48u + threads + lanes]),
        Columns(tile[at + 48u + 3u * threads], tile[at + 48u + 3u * threads + lanes]), Columns(tile[at + 48u + 4u * threads], tile[at + 48u + 4u * threads + lanes]),
        Columns(tile[at + 48u + 5u * threads], tile[at + 48u + 5u * threads + lanes]), select(v3.zw, v3.xy, even),
      );
      let one = two_tokens(own, t0, t1);
      let two = two_tokens(one.own, t2, t3);
      own = two.own;
      // Two rows' y of four tokens are eight sums: each lane gets one of them.
      let y = own_sum(one.y, two.y, lane);
      let token = first + four * 4u + lane / 2u;
      if (token < sizes.tokens) { out[token * sizes.columns + row + lane % 2u] = y; }
    }
  }
  save_row(row, lane, own.upper);
  save_row(row + 1u, lane, own.lower);
}

// The vector of a thread's own place in the batch, as it lies in memory: what is fetched ahead must not be touched before it is
// needed, or everything waits for it.
fn fetch(first: u32, head: u32, thread: u32) -> Vectors {
  let token = min(first + thread / 16u, sizes.tokens - 1u);
  let i = (token * sizes.columns + head * 64u) / 4u + thread % 16u;
  let plane = sizes.tokens * sizes.columns / 4u;
  return Vectors(
    inputs[i], inputs[plane + i], inputs[2u * plane + i], inputs[3u * plane + i], inputs[4u * plane + i], inputs[5u * plane + i],
  );
}

// S·diag(w) + (S a) bᵀ + v kᵀ, twice. With S₁ for the state after the first token, S₁ a₂ = S (w₁ ∘ a₂) + v₁ (k₁ · a₂) + (S a₁) (b₁ · a₂):
// what the second token needs summed over the lanes is known before the first has been added.
struct Pair { own: Rows, y: vec4<f32> }

fn two_tokens(own: Rows, first: Token, second: Token) -> Pair {
  let later = Columns(first.w.low * second.a.low, first.w.high * second.a.high);
  var sums = vec4<f32>(
    product(own.upper, first.a), product(own.lower, first.a), product(own.upper, later), product(own.lower, later),
  );
  var shared_sums = vec2<f32>(product(first.k, second.a), product(first.b, second.a));
  sums += subgroupShuffleXor(sums, 1u);
  shared_sums += subgroupShuffleXor(shared_sums, 1u);
  sums += subgroupShuffleXor(sums, 2u);
  shared_sums += subgroupShuffleXor(shared_sums, 2u);
  sums += subgroupShuffleXor(sums, 4u);
  shared_sums += subgroupShuffleXor(shared_sums, 4u);
  let sa = sums.xy;
  let second_sa = sums.zw + first.v * shared_sums.x + sa * shared_sums.y;
  let between = Rows(next_row(own.upper, first, first.v.x, sa.x), next_row(own.lower, first, first.v.y, sa.y));
  let end = Rows(
    next_row(between.upper, second, second.v.x, second_sa.x), next_row(between.lower, second, second.v.y, second_sa.y),
  );
  return Pair(end, vec4<f32>(
    product(between.upper, first.r), product(between.lower, first.r), product(end.upper, second.r), product(end.lower, second.r),
  ));
}

fn next_row(s: Columns, token: Token, v: f32, sa: f32) -> Columns {
  return Columns(
    fma(s.low, token.w.low, fma(vec4<f32>(v), token.k.low, sa * token.b.low)),
    fma(s.high, token.w.high, fma(vec4<f32>(v), token.k.high, sa * token.b.high)),
  );
}

fn product(s: Columns, x: Columns) -> f32 {
  let sums = fma(s.high, x.high, s.low * x.low);
  return (sums.x + sums.y) + (sums.z + sums.w);
}

// Each lane gets one of eight sums over the lanes: upper or lower row by its lowest bit, the token by the other two. At every step
// it gives away the half that it will not need.
fn own_sum(one: vec4<f32>, two: vec4<f32>, lane: u32) -> f32 {
  let upper = vec4<f32>(one.xz, two.xz);
  let lower = vec4<f32>(one.yw, two.yw);
  let odd = lane % 2u == 1u;
  let tokens = select(upper, lower, odd) + subgroupShuffleXor(select(lower, upper, odd), 1u);
  let second = lane / 2u % 2u == 1u;
  let pair = select(tokens.xz, tokens.yw, second) + subgroupShuffleXor(select(tokens.yw, tokens.xz, second), 2u);
  let last = lane / 4u == 1u;
  return select(pair.x, pair.y, last) + subgroupShuffleXor(select(pair.y, pair.x, last), 4u);
}

fn load_row(row: u32, lane: u32) -> Columns { return Columns(state[row * 16u + lane], state[row * 16u + lane + lanes]); }

fn save_row(row: u32, lane: u32, s: Columns) {
  state[row * 16u + lane] = s.low;
  state[row * 16u + lane + lanes] = s.high;
}
