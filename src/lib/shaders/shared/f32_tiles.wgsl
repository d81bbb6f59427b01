// Tiles of f32 products of 4-bit weights (q4_k): the next step's data are fetched into registers while this step's tiles are
// multiplied. The variant defines
//
//   products, column_parts   how many products are made of each matrix, and of which share of its columns
//   Bytes                    the data of a row that a thread fetches for a step
//   Place, place_of          where a workgroup's tile lies
//   fetch_weights, fetch_x, stage_weights
//   store4                   what becomes of four sums

const row_threads = 16u;
const x_next = token_threads * pitch;
const threads = row_threads * token_threads;
const tile_rows = 8u * row_threads;
const tile_tokens = 8u * token_threads;
// Sixteen bytes of a row are 16 columns of one sub-block in their low nibbles and 16 of the next in their high ones:
// those 32 are a step. A tile has them as eight vectors a row, and one more that keeps neighbouring rows in different banks.
const tile_k = 32u;
const pitch = 9u;
// A thread dequantises the low or the high nibbles of so many rows, as many rows apart, and stages four vectors of x.
const halves = 2u * tile_rows / threads;
const half_rows = threads / 2u;

var<workgroup> weight_tile: array<vec4<f32>, tile_rows * pitch>;
var<workgroup> x_tile: array<vec4<f32>, tile_tokens * pitch>;

// The data that a thread fetches for a step; `halves` says how many of the weights.
struct Fetched {
  w0: Bytes, w1: Bytes, w2: Bytes, w3: Bytes,
  x0: vec4<f32>, x1: vec4<f32>, x2: vec4<f32>, x3: vec4<f32>,
}

@compute @workgroup_size(threads)
fn multiply(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let place = place_of(group);
  let splits = groups.z / (sizes.batch * products);
  let columns = sizes.columns / column_parts;
  let split_columns = (columns + 64u * splits - 1u) / (64u * splits) * 64u;
  let first_column = group.z / (sizes.batch * products) * split_columns;
  let end_column = min(first_column + split_columns, columns);
  // Eight rows by four tokens to 32 threads that run together: they read the fewest vectors of the tiles. Threads one apart share
  // their rows, and threads two apart their tokens: then an NVIDIA GPU gives them their vectors in two turns, not in four.
  let row = thread / 2u % 8u + thread / 32u % (row_threads / 8u) * 8u; // and every row_threads-th after it
  let token = thread % 2u + thread / 16u % 2u * 2u + thread / (4u * row_threads) * 4u; // and every token_threads-th after it

  var s0 = Sums(); var s1 = Sums(); var s2 = Sums(); var s3 = Sums();
  var s4 = Sums(); var s5 = Sums(); var s6 = Sums(); var s7 = Sums();
  // The products are written out here, as in tiled.wgsl and halves.wgsl: only with the indices in place, not in functions, does a
  // compiler see that they stay within the tiles. Eight turns, as a compiler does not know: the code of eight turns written out is 1.6 % slower on an NVIDIA GPU.
  let turns = min(tile_k / 4u, sizes.columns);
  var fetched = fetch(place, first_column, thread, Fetched(), true);
  for (var column = first_column; column < end_column; column += tile_k) {
    workgroupBarrier();
    stage(place, fetched, column, thread);
    workgroupBarrier();
    fetched = fetch(place, min(column + tile_k, columns - tile_k), thread, fetched, false);
    for (var n = 0u; n < turns; n++) {
      let v = n % (tile_k / 4u);
      let at = token * pitch + v;
      let xa = transpose(mat4x4<f32>(x_tile[at], x_tile[at + x_next], x_tile[at + 2u * x_next], x_tile[at + 3u * x_next]));
      let xb = transpose(mat4x4<f32>(x_tile[at + 4u * x_next], x_tile[at + 5u * x_next], x_tile[at + 6u * x_next], x_tile[at + 7u * x_next]));
      let w = row * pitch + v;
      let next = row_threads * pitch;
      let w0 = weight_tile[w];             s0.a = accumulate(s0.a, w0, xa); s0.b = accumulate(s0.b, w0, xb);
      let w1 = weight_tile[w + next];      s1.a = accumulate(s1.a, w1, xa); s1.b = accumulate(s1.b, w1, xb);
      let w2 = weight_tile[w + 2u * next]; s2.a = accumulate(s2.a, w2, xa); s2.b = accumulate(s2.b, w2, xb);
      let w3 = weight_tile[w + 3u * next]; s3.a = accumulate(s3.a, w3, xa); s3.b = accumulate(s3.b, w3, xb);
      let w4 = weight_tile[w + 4u * next]; s4.a = accumulate(s4.a, w4, xa); s4.b = accumulate(s4.b, w4, xb);
      let w5 = weight_tile[w + 5u * next]; s5.a = accumulate(s5.a, w5, xa); s5.b = accumulate(s5.b, w5, xb);
      let w6 = weight_tile[w + 6u * next]; s6.a = accumulate(s6.a, w6, xa); s6.b = accumulate(s6.b, w6, xb);
      let w7 = weight_tile[w + 7u * next]; s7.a = accumulate(s7.a, w7, xa); s7.b = accumulate(s7.b, w7, xb);
    }
  }

  let from_row = group.y * tile_rows + row;
  let from_token = group.x * tile_tokens + token;
  for (var i = 0u; i < min(8u, sizes.rows); i++) {
    let sums = nth(i, s0, s1, s2, s3, s4, s5, s6, s7);
    store4(group.z, splits, from_row + i * row_threads, from_token, sums.a);
    store4(group.z, splits, from_row + i * row_threads, from_token + 4u * token_threads, sums.b);
  }
}

// `first`: all of the bytes; else headers only where a block begins, as one is for eight steps.
fn fetch(place: Place, column: u32, thread: u32, before: Fetched, first: bool) -> Fetched {
  var fetched: Fetched;
  fetched.w0 = fetch_weights(place, column, thread / 2u, before.w0, first);
  if (halves > 1u) { fetched.w1 = fetch_weights(place, column, thread / 2u + half_rows, before.w1, first); }
  if (halves > 2u) {
    fetched.w2 = fetch_weights(place, column, thread / 2u + 2u * half_rows, before.w2, first);
    fetched.w3 = fetch_weights(place, column, thread / 2u + 3u * half_rows, before.w3, first);
  }
  fetched.x0 = fetch_x(place, column, thread);
  fetched.x1 = fetch_x(place, column, thread + threads);
  fetched.x2 = fetch_x(place, column, thread + 2u * threads);
  fetched.x3 = fetch_x(place, column, thread + 3u * threads);
  return fetched;
}

// The four columns of the tile's i-th vector of x: 64·pair + 16·half + 0 … 15, then those 32 after them.
fn x_column(column: u32, i: u32) -> u32 { return column / 64u * 64u + column % 64u / 2u + i % 8u / 4u * 32u + i % 4u * 4u; }

fn stage(place: Place, fetched: Fetched, column: u32, thread: u32) {
  stage_weights(place, fetched.w0, column, thread);
  if (halves > 1u) { stage_weights(place, fetched.w1, column, thread + threads); }
  if (halves > 2u) {
    stage_weights(place, fetched.w2, column, thread + 2u * threads);
    stage_weights(place, fetched.w3, column, thread + 3u * threads);
  }
  stage_x(fetched.x0, thread);
  stage_x(fetched.x1, thread + threads);
  stage_x(fetched.x2, thread + 2u * threads);
  stage_x(fetched.x3, thread + 3u * threads);
}

fn stage_x(value: vec4<f32>, i: u32) { x_tile[i / 8u % tile_tokens * pitch + i % 8u] = value; }

// Stores thread i's sixteen weights of a row in the tile: of row i / 2, the low or the high nibbles.
fn stage_row(weights: mat4x4<f32>, i: u32) {
  let at = i / 2u % tile_rows * pitch + i % 2u * 4u;
  weight_tile[at] = weights[0];
  weight_tile[at + 1u] = weights[1];
  weight_tile[at + 2u] = weights[2];
  weight_tile[at + 3u] = weights[3];
}

// Their scale and minimum, and where they lie in their bytes.
fn scale_of(header: vec4<u32>, column: u32, i: u32) -> vec2<f32> { return sub_block_scale(header, column % 256u / 64u * 2u + i % 2u); }

fn shift_of(i: u32) -> vec4<u32> { return vec4<u32>(4u * (i % 2u)); }

fn nibbles(bytes: u32) -> vec4<f32> {
  return vec4<f32>((vec4<u32>(bytes) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(15u));
}
