// Tiles of 8-bit integer products: x rounded to integers in blocks of 32, times rows of 4-bit weights. The variant defines how
// a row's weights for a step are fetched (`Fetched`, `fetch_weights`) and staged in the tile (`stage_weights`), and `x_bytes`,
// the bytes of a number of x: one (x_one_byte.wgsl) or two, and `first_dot`, where the sums of products start.
//
// A step covers tile_k = 64 columns: two sub-blocks of 32, each with a scale and a minimum of its own. A row or a token takes
// `pitch` = 5 vectors of its tile:
//
//   vector 0, 1   the 32 bytes of the first sub-block
//   vector 2, 3   the 32 bytes of the second sub-block
//   vector 4      .xy of the first, .zw of the second sub-block: scale and minimum of a row, scale and sum of a token
//
// Five, not four, so that neighbouring rows lie in different banks. A token's words lie in pairs the other way round: with the same
// places in both vectors a product takes up to 4 % longer on an NVIDIA GPU, as if registers had banks too.
//
// A thread sums 8 rows × 4 tokens (8 tokens where `eight`): s0 … s7 are its rows, w_next vectors apart in the weight tile; `xa`
// holds its tokens 0 – 3 and `xb` its tokens 4 – 7, x_next vectors apart in the x tile. `multiply` therefore has two blocks
// that differ in their offsets alone, one a sub-block:
//
//                     bytes of row r                    scale, minimum of row r           token t
//   first sub-block   wt + r * w_next + 0u and + 1u     (wt + r * w_next + 4u).xy         as row r, from xt with x_next
//   second sub-block  wt + r * w_next + 2u and + 3u     (wt + r * w_next + 4u).zw         as row r, from xt with x_next
//
// Both are written out: a loop over the two takes 5 % longer, and only with the indices in place, not in functions, does a
// compiler see that they stay within the tiles.

const threads = row_threads * token_threads;
const tile_rows = 8u * row_threads;
const tile_tokens = thread_tokens * token_threads;
// With two bytes a number, a token takes two places in the x tile: the second bytes follow the first bytes of all tokens.
const tile_xs = x_bytes * tile_tokens;
const eight = x_bytes * thread_tokens == 8u;
const_assert x_bytes * thread_tokens <= 8u; // a thread keeps the bytes of eight in registers, not more
const tile_k = 64u; // two sub-blocks of 32 columns, whose nibbles share bytes
const pitch = 5u;
const w_next = row_threads * pitch;
const x_next = token_threads * pitch;
// A thread fetches at most one row of weights and two sub-blocks of x for the next step while it multiplies this one.
const x_blocks = 2u * tile_xs;
const_assert tile_rows <= threads;
const_assert x_blocks <= 2u * threads;

var<workgroup> weight_tile: array<vec4<u32>, tile_rows * pitch>;
var<workgroup> x_tile: array<vec4<u32>, tile_xs * pitch>;

// A sub-block's 32 bytes; the same with scale and minimum (a row) or scale and sum (a token); the sub-blocks of four tokens.
struct Bytes { a: vec4<u32>, b: vec4<u32> }
struct Piece { bytes: Bytes, scale: vec2<f32> }
struct Tokens { t0: Bytes, t1: Bytes, t2: Bytes, t3: Bytes, scale: vec4<f32>, sum: vec4<f32> }

@compute @workgroup_size(threads)
fn multiply(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let matrix = group.z % sizes.batch;
  let splits = groups.z / sizes.batch;
  let split_columns = (sizes.columns + tile_k * splits - 1u) / (tile_k * splits) * tile_k;
  let first_column = group.z / sizes.batch * split_columns;
  let end_column = min(first_column + split_columns, sizes.columns);
  let first_row = group.x * tile_rows;
  let first_token = group.y * tile_tokens;
  // Eight rows by four tokens to 32 threads that run together: they read the fewest vectors of the tiles. Threads one apart share
  // their rows, and threads two apart their tokens: then an NVIDIA GPU gives them their vectors in two turns, not in four.
  let row = thread / 2u % 8u + thread / 32u % (row_threads / 8u) * 8u; // and every row_threads-th after it
  let token = thread % 2u + thread / 16u % 2u * 2u + thread / (4u * row_threads) * 4u; // and every token_threads-th after it
  let wt = row * pitch;
  let xt = token * pitch;

  var s0 = Sums(); var s1 = Sums(); var s2 = Sums(); var s3 = Sums();
  var s4 = Sums(); var s5 = Sums(); var s6 = Sums(); var s7 = Sums();
  var weights = fetch_weights(matrix, first_row, first_column, thread);
  var x0 = fetch_x(matrix, first_token, first_column, thread);
  var x1 = fetch_x(matrix, first_token, first_column, thread + threads);
  for (var column = first_column; column < end_column; column += tile_k) {
    workgroupBarrier();
    stage_weights(weights, column, thread);
    stage_x(x0, thread);
    if (x_blocks > threads) { stage_x(x1, thread + threads); }
    workgroupBarrier();
    let next_column = min(column + tile_k, sizes.columns - tile_k);
    weights = fetch_weights(matrix, first_row, next_column, thread);
    x0 = fetch_x(matrix, first_token, next_column, thread);
    if (x_blocks > threads) { x1 = fetch_x(matrix, first_token, next_column, thread + threads); }
    { // the first sub-block
      let xa = tokens(
        Piece(Bytes(x_tile[xt], x_tile[xt + 1u]), pair(x_tile[xt + 4u].xy)),
        Piece(Bytes(x_tile[xt + 1u * x_next], x_tile[xt + 1u * x_next + 1u]), pair(x_tile[xt + 1u * x_next + 4u].xy)),
        Piece(Bytes(x_tile[xt + 2u * x_next], x_tile[xt + 2u * x_next + 1u]), pair(x_tile[xt + 2u * x_next + 4u].xy)),
        Piece(Bytes(x_tile[xt + 3u * x_next], x_tile[xt + 3u * x_next + 1u]), pair(x_tile[xt + 3u * x_next + 4u].xy)),
      );
      var xb: Tokens;
      if (eight) {
        xb = tokens(
          Piece(Bytes(x_tile[xt + 4u * x_next], x_tile[xt + 4u * x_next + 1u]), pair(x_tile[xt + 4u * x_next + 4u].xy)),
          Piece(Bytes(x_tile[xt + 5u * x_next], x_tile[xt + 5u * x_next + 1u]), pair(x_tile[xt + 5u * x_next + 4u].xy)),
          Piece(Bytes(x_tile[xt + 6u * x_next], x_tile[xt + 6u * x_next + 1u]), pair(x_tile[xt + 6u * x_next + 4u].xy)),
          Piece(Bytes(x_tile[xt + 7u * x_next], x_tile[xt + 7u * x_next + 1u]), pair(x_tile[xt + 7u * x_next + 4u].xy)),
        );
      }
      add_row(&s0, Piece(Bytes(weight_tile[wt], weight_tile[wt + 1u]), pair(weight_tile[wt + 4u].xy)), xa, xb);
      add_row(&s1, Piece(Bytes(weight_tile[wt + 1u * w_next], weight_tile[wt + 1u * w_next + 1u]), pair(weight_tile[wt + 1u * w_next + 4u].xy)), xa, xb);
      add_row(&s2, Piece(Bytes(weight_tile[wt + 2u * w_next], weight_tile[wt + 2u * w_next + 1u]), pair(weight_tile[wt + 2u * w_next + 4u].xy)), xa, xb);
      add_row(&s3, Piece(Bytes(weight_tile[wt + 3u * w_next], weight_tile[wt + 3u * w_next + 1u]), pair(weight_tile[wt + 3u * w_next + 4u].xy)), xa, xb);
      add_row(&s4, Piece(Bytes(weight_tile[wt + 4u * w_next], weight_tile[wt + 4u * w_next + 1u]), pair(weight_tile[wt + 4u * w_next + 4u].xy)), xa, xb);
      add_row(&s5, Piece(Bytes(weight_tile[wt + 5u * w_next], weight_tile[wt + 5u * w_next + 1u]), pair(weight_tile[wt + 5u * w_next + 4u].xy)), xa, xb);
      add_row(&s6, Piece(Bytes(weight_tile[wt + 6u * w_next], weight_tile[wt + 6u * w_next + 1u]), pair(weight_tile[wt + 6u * w_next + 4u].xy)), xa, xb);
      add_row(&s7, Piece(Bytes(weight_tile[wt + 7u * w_next], weight_tile[wt + 7u * w_next + 1u]), pair(weight_tile[wt + 7u * w_next + 4u].xy)), xa, xb);
    }
    { // the second sub-block
      let xa = tokens(
        Piece(Bytes(x_tile[xt + 2u], x_tile[xt + 3u]), pair(x_tile[xt + 4u].zw)),
        Piece(Bytes(x_tile[xt + 1u * x_next + 2u], x_tile[xt + 1u * x_next + 3u]), pair(x_tile[xt + 1u * x_next + 4u].zw)),
        Piece(Bytes(x_tile[xt + 2u * x_next + 2u], x_tile[xt + 2u * x_next + 3u]), pair(x_tile[xt + 2u * x_next + 4u].zw)),
        Piece(Bytes(x_tile[xt + 3u * x_next + 2u], x_tile[xt + 3u * x_next + 3u]), pair(x_tile[xt + 3u * x_next + 4u].zw)),
      );
      var xb: Tokens;
      if (eight) {
        xb = tokens(
          Piece(Bytes(x_tile[xt + 4u * x_next + 2u], x_tile[xt + 4u * x_next + 3u]), pair(x_tile[xt + 4u * x_next + 4u].zw)),
          Piece(Bytes(x_tile[xt + 5u * x_next + 2u], x_tile[xt + 5u * x_next + 3u]), pair(x_tile[xt + 5u * x_next + 4u].zw)),
          Piece(Bytes(x_tile[xt + 6u * x_next + 2u], x_tile[xt + 6u * x_next + 3u]), pair(x_tile[xt + 6u * x_next + 4u].zw)),
          Piece(Bytes(x_tile[xt + 7u * x_next + 2u], x_tile[xt + 7u * x_next + 3u]), pair(x_tile[xt + 7u * x_next + 4u].zw)),
        );
      }
      add_row(&s0, Piece(Bytes(weight_tile[wt + 2u], weight_tile[wt + 3u]), pair(weight_tile[wt + 4u].zw)), xa, xb);
      add_row(&s1, Piece(Bytes(weight_tile[wt + 1u * w_next + 2u], weight_tile[wt + 1u * w_next + 3u]), pair(weight_tile[wt + 1u * w_next + 4u].zw)), xa, xb);
      add_row(&s2, Piece(Bytes(weight_tile[wt + 2u * w_next + 2u], weight_tile[wt + 2u * w_next + 3u]), pair(weight_tile[wt + 2u * w_next + 4u].zw)), xa, xb);
      add_row(&s3, Piece(Bytes(weight_tile[wt + 3u * w_next + 2u], weight_tile[wt + 3u * w_next + 3u]), pair(weight_tile[wt + 3u * w_next + 4u].zw)), xa, xb);
      add_row(&s4, Piece(Bytes(weight_tile[wt + 4u * w_next + 2u], weight_tile[wt + 4u * w_next + 3u]), pair(weight_tile[wt + 4u * w_next + 4u].zw)), xa, xb);
      add_row(&s5, Piece(Bytes(weight_tile[wt + 5u * w_next + 2u], weight_tile[wt + 5u * w_next + 3u]), pair(weight_tile[wt + 5u * w_next + 4u].zw)), xa, xb);
      add_row(&s6, Piece(Bytes(weight_tile[wt + 6u * w_next + 2u], weight_tile[wt + 6u * w_next + 3u]), pair(weight_tile[wt + 6u * w_next + 4u].zw)), xa, xb);
      add_row(&s7, Piece(Bytes(weight_tile[wt + 7u * w_next + 2u], weight_tile[wt + 7u * w_next + 3u]), pair(weight_tile[wt + 7u * w_next + 4u].zw)), xa, xb);
    }
  }

  for (var i = 0u; i < min(8u, sizes.rows); i++) {
    let sums = nth(i, s0, s1, s2, s3, s4, s5, s6, s7);
    let at_row = first_row + row + i * row_threads;
    store4(group.z, splits, at_row, first_token + token, sums.a);
    if (thread_tokens == 8u) { store4(group.z, splits, at_row, first_token + token + 4u * token_threads, sums.b); }
  }
}

fn stage_x(x: Piece, i: u32) {
  if (i >= x_blocks) { return; }
  let at = i / 2u % tile_xs * pitch;
  x_tile[at + i % 2u * 2u] = x.bytes.a.yxwz;
  x_tile[at + i % 2u * 2u + 1u] = x.bytes.b.yxwz;
  x_tile[at + 4u][i % 2u * 2u] = bitcast<u32>(x.scale.x);
  x_tile[at + 4u][i % 2u * 2u + 1u] = bitcast<u32>(x.scale.y);
}

// Stages a row: the low and the high nibbles of 32 bytes are its two sub-blocks; `low` and `high` their scale and minimum.
fn stage_nibbles(nibbles: Bytes, low: vec2<f32>, high: vec2<f32>, thread: u32) {
  if (thread >= tile_rows) { return; }
  let mask = vec4<u32>(0x0f0f0f0fu);
  let at = thread % tile_rows * pitch;
  weight_tile[at] = nibbles.a & mask;
  weight_tile[at + 1u] = nibbles.b & mask;
  weight_tile[at + 2u] = (nibbles.a >> vec4<u32>(4u)) & mask;
  weight_tile[at + 3u] = (nibbles.b >> vec4<u32>(4u)) & mask;
  weight_tile[at + 4u] = bitcast<vec4<u32>>(vec4<f32>(low, high));
}

fn pair(bits: vec2<u32>) -> vec2<f32> { return bitcast<vec2<f32>>(bits); }

fn tokens(t0: Piece, t1: Piece, t2: Piece, t3: Piece) -> Tokens {
  return Tokens(
    t0.bytes, t1.bytes, t2.bytes, t3.bytes,
    vec4<f32>(t0.scale.x, t1.scale.x, t2.scale.x, t3.scale.x), vec4<f32>(t0.scale.y, t1.scale.y, t2.scale.y, t3.scale.y),
  );
}

// A row times a staged token. Starts from `first_dot`, because an addition at the end takes longer.
fn dot32(w: Bytes, x: Bytes) -> i32 {
  return first_dot + dot4I8Packed(w.a.x, x.a.y) + dot4I8Packed(w.a.y, x.a.x) + dot4I8Packed(w.a.z, x.a.w) + dot4I8Packed(w.a.w, x.a.z)
    + dot4I8Packed(w.b.x, x.b.y) + dot4I8Packed(w.b.y, x.b.x) + dot4I8Packed(w.b.z, x.b.w) + dot4I8Packed(w.b.w, x.b.z);
}
