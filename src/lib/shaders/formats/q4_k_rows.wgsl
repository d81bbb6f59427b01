// How tiles of 8-bit products (eight_bits.wgsl) fetch and stage rows of q4_K blocks as they are in the file.

// With twice as many threads as rows, two threads share a row: one has the first sixteen bytes of a step, the other the rest.
const row_shares = threads / tile_rows;

// The part of a row that a thread fetches for a step: the block's header, and up to eight words of 64 nibbles, the low ones first.
struct Fetched { header: vec4<u32>, nibbles: Bytes }

// A header is fetched once for the four steps of its block.
var<private> block_header: vec4<u32>;
var<private> has_header: bool;

// Rows past the end repeat the last one, and are not stored.
fn fetch_weights(matrix: u32, first_row: u32, column: u32, thread: u32) -> Fetched {
  let row = matrix * sizes.rows + min(first_row + thread / row_shares, sizes.rows - 1u);
  let block = (row * (sizes.columns / 256u) + column / 256u) * 9u;
  let pair = block + 1u + column % 256u / 64u * 2u;
  if (!has_header || column % 256u == 0u) {
    block_header = weight[block];
    has_header = true;
  }
  if (row_shares == 1u) { return Fetched(block_header, Bytes(weight[pair], weight[pair + 1u])); }
  return Fetched(block_header, Bytes(weight[pair + thread % 2u], vec4<u32>()));
}

fn stage_weights(weights: Fetched, column: u32, thread: u32) {
  let sub_block = column % 256u / 32u;
  if (row_shares == 1u) {
    let low = sub_block_scale(weights.header, sub_block);
    stage_nibbles(weights.nibbles, low, sub_block_scale(weights.header, sub_block + 1u), thread);
    return;
  }
  // Sixteen bytes of both sub-blocks, and the scale and minimum of one of them.
  let half = thread % 2u;
  let scale = bitcast<vec2<u32>>(sub_block_scale(weights.header, sub_block + half));
  let mask = vec4<u32>(0x0f0f0f0fu);
  let at = thread / 2u % tile_rows * pitch;
  weight_tile[at + half] = weights.nibbles.a & mask;
  weight_tile[at + 2u + half] = (weights.nibbles.a >> vec4<u32>(4u)) & mask;
  weight_tile[at + 4u][2u * half] = scale.x;
  weight_tile[at + 4u][2u * half + 1u] = scale.y;
}
