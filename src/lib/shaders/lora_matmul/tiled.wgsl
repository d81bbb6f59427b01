//! Two passes of register tiles: every LoRA's way down, then every LoRA's way up; 8 rows × 8 tokens of sums a thread.
//! let tiles: ceil(decay / tile_rows) + ceil(learning_rate / tile_rows) + ceil(value / tile_rows) + ceil(gate / tile_rows)
//! let splits: max(1, min(floor(split_k_target / (tiles * ceil(tokens / tile_tokens))), floor(columns / 128)))
//! let ranks: decay + learning_rate + value + gate
//! scratch hidden: tokens * ranks
//! scratch partial: min(splits - 1, 1) * splits * tokens * ranks
//! pass down: tiles, tokens / tile_tokens, splits
//! pass add: min(splits - 1, 1) * ranks / 256, tokens
//! pass up: columns / tile_rows, tokens / tile_tokens, 4
//! use: sums, lora, lora_result, lora_tiles, accumulate, lora_fetch, split_sum
//! unroll: written_out

struct Sizes { columns: u32, tokens: u32, decay: u32, learning_rate: u32, value: u32, gate: u32, wide: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> weight: array<vec4<u32>>;       // see shared/lora.wgsl
@group(0) @binding(2) var<storage, read> shifted: array<vec4<f32>>;      // 6 × tokens × columns: r k v w a g
@group(0) @binding(3) var<storage, read_write> inputs: array<f32>;       // 6 × tokens × columns: planes 3, 4 and 5 are written
@group(0) @binding(4) var<storage, read_write> gate: array<f32>;         // tokens × columns
@group(0) @binding(5) var<storage, read_write> hidden: array<vec4<f32>>; // tokens × all ranks
@group(0) @binding(6) var<storage, read_write> partial: array<f32>;      // splits × tokens × all ranks

const row_threads = 8u;   // knob: 8 16
// Threads side by side with the same rows. With two, an NVIDIA GPU gives 32 threads their vectors of the tiles in two turns, not in four.
const lane_tokens = 1u;   // knob: 1 2
// Split-K: with fewer tiles than this on the way down, the columns are split, and a workgroup of its own sums each split.
const split_k_target = 512u; // knob: 1 256 512 1024
const written_out = 1u; // knob: 1 32

const token_threads = 8u;
const threads = row_threads * token_threads;
const tile_rows = 8u * row_threads;      // as many as threads: each stages one row
const tile_tokens = 8u * token_threads;
const tile_k = 16u;
const vectors = 4u;                      // of a step
const pitch = 5u;                        // and one, so that neighbouring rows lie in different banks
const w_next = row_threads * pitch;
const x_next = token_threads * pitch;
const x_fetches = tile_tokens * vectors / threads; // 4, or 2

var<workgroup> weight_tile: array<vec4<f32>, tile_rows * pitch>;
var<workgroup> x_tile: array<vec4<f32>, tile_tokens * pitch>;

struct Fetched { weights: SixteenWeights, x0: vec4<f32>, x1: vec4<f32>, x2: vec4<f32>, x3: vec4<f32> }

@compute @workgroup_size(threads)
fn down(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  multiply(down_product(group, groups.z, tile_rows, tile_tokens), thread);
}

@compute @workgroup_size(threads)
fn up(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let p = up_product(group, tile_rows, tile_tokens);
  if (p.columns == 0u) { return; }
  multiply(p, thread);
}

fn multiply(p: Product, thread_index: u32) {
  let thread = thread_index % threads; // the remainder shows a compiler that indices stay within the tiles
  // Eight rows by four tokens to 32 threads that run together: they read the fewest vectors of the tiles.
  let row = thread / lane_tokens % 8u + thread / 32u % (row_threads / 8u) * 8u; // and every row_threads-th after it
  let own_token = thread % lane_tokens + thread / (8u * lane_tokens) % (4u / lane_tokens) * lane_tokens;
  let token = own_token + thread / (4u * row_threads) * 4u; // and every token_threads-th after it
  var s0 = Sums(); var s1 = Sums(); var s2 = Sums(); var s3 = Sums();
  var s4 = Sums(); var s5 = Sums(); var s6 = Sums(); var s7 = Sums();
  var fetched = fetch(p, p.first_column, thread);
  for (var column = p.first_column; column < p.end_column; column += tile_k) {
    workgroupBarrier();
    let weights = unpack16(fetched.weights, p.wide);
    weight_tile[thread * pitch] = weights[0];
    weight_tile[thread * pitch + 1u] = weights[1];
    weight_tile[thread * pitch + 2u] = weights[2];
    weight_tile[thread * pitch + 3u] = weights[3];
    let x_at = thread / vectors * pitch + thread % vectors;
    x_tile[x_at] = fetched.x0;
    x_tile[x_at + threads / vectors * pitch] = fetched.x1;
    if (x_fetches > 2u) {
      x_tile[x_at + 2u * threads / vectors * pitch] = fetched.x2;
      x_tile[x_at + 3u * threads / vectors * pitch] = fetched.x3;
    }
    workgroupBarrier();
    fetched = fetch(p, min(column + tile_k, p.columns - tile_k), thread);
    for (var v = 0u; v < vectors; v++) {
      let at = token * pitch + v;
      let xa = transpose(mat4x4<f32>(x_tile[at], x_tile[at + x_next], x_tile[at + 2u * x_next], x_tile[at + 3u * x_next]));
      let xb = transpose(mat4x4<f32>(
        x_tile[at + 4u * x_next], x_tile[at + 5u * x_next], x_tile[at + 6u * x_next], x_tile[at + 7u * x_next],
      ));
      let w = row * pitch + v;
      let w0 = weight_tile[w];               s0.a = accumulate(s0.a, w0, xa); s0.b = accumulate(s0.b, w0, xb);
      let w1 = weight_tile[w + w_next];      s1.a = accumulate(s1.a, w1, xa); s1.b = accumulate(s1.b, w1, xb);
      let w2 = weight_tile[w + 2u * w_next]; s2.a = accumulate(s2.a, w2, xa); s2.b = accumulate(s2.b, w2, xb);
      let w3 = weight_tile[w + 3u * w_next]; s3.a = accumulate(s3.a, w3, xa); s3.b = accumulate(s3.b, w3, xb);
      let w4 = weight_tile[w + 4u * w_next]; s4.a = accumulate(s4.a, w4, xa); s4.b = accumulate(s4.b, w4, xb);
      let w5 = weight_tile[w + 5u * w_next]; s5.a = accumulate(s5.a, w5, xa); s5.b = accumulate(s5.b, w5, xb);
      let w6 = weight_tile[w + 6u * w_next]; s6.a = accumulate(s6.a, w6, xa); s6.b = accumulate(s6.b, w6, xb);
      let w7 = weight_tile[w + 7u * w_next]; s7.a = accumulate(s7.a, w7, xa); s7.b = accumulate(s7.b, w7, xb);
    }
  }
  for (var i = 0u; i < min(8u, sizes.columns); i++) {
    put(p, row + i * row_threads, token, nth(i, s0, s1, s2, s3, s4, s5, s6, s7));
  }
}

// Rows and tokens past the end repeat the last one, and are not stored.
fn fetch(p: Product, column: u32, thread: u32) -> Fetched {
  var fetched: Fetched;
  fetched.weights = fetch16(p.first, p.wide, min(p.first_row + thread, p.rows - 1u) * p.columns + column);
  fetched.x0 = fetch_x(p, column, thread);
  fetched.x1 = fetch_x(p, column, thread + threads);
  if (x_fetches > 2u) {
    fetched.x2 = fetch_x(p, column, thread + 2u * threads);
    fetched.x3 = fetch_x(p, column, thread + 3u * threads);
  }
  return fetched;
}

fn fetch_x(p: Product, column: u32, i: u32) -> vec4<f32> {
  let token = min(p.first_token + i / vectors, sizes.tokens - 1u);
  let at = p.x_first + token * p.x_stride + column + 4u * (i % vectors);
  if (p.up) { return hidden[at / 4u]; }
  return shifted[at / 4u];
}

// A thread's sums of one row.
fn put(p: Product, tile_row: u32, token: u32, sums: Sums) {
  let row = p.first_row + tile_row;
  if (row >= p.rows) { return; }
  for (var t = 0u; t < 4u; t++) {
    put_one(p, row, p.first_token + token + t * token_threads, sums.a[t]);
    put_one(p, row, p.first_token + token + (t + 4u) * token_threads, sums.b[t]);
  }
}

fn put_one(p: Product, row: u32, token: u32, sum: f32) {
  if (token >= sizes.tokens) { return; }
  let at = token * p.out_stride + p.out_first + row;
  if (p.up) { put_result(p.lora, token, row, sum); }
  else if (p.splits == 1u) { hidden[at / 4u][at % 4u] = inner(p.lora, sum); }
  else { partial[p.split * sizes.tokens * p.out_stride + at] = sum; }
}

@compute @workgroup_size(256)
fn add(@builtin(global_invocation_id) id: vec3u) {
  let ranks = all_ranks();
  if (id.x >= ranks) { return; }
  let at = id.y * ranks + id.x;
  let sum = sum_of_splits(at, sizes.tokens * ranks);
  hidden[at / 4u][at % 4u] = inner(lora_of(id.x), sum);
}
