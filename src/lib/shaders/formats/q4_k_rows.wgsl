// How tiles of 8-bit products (eight_bits.wgsl) fetch and stage rows of q4_K blocks as they are in the file.

// The part of a row that a thread fetches for a step: the block's header, and eight words of 64 nibbles, the low ones first.
struct Fetched { header: vec4<u32>, nibbles: Bytes }

// Rows past the end repeat the last one, and are not stored.
fn fetch_weights(matrix: u32, first_row: u32, column: u32, thread: u32) -> Fetched {
  let row = matrix * sizes.rows + min(first_row + thread, sizes.rows - 1u);
  let block = (row * (sizes.columns / 256u) + column / 256u) * 9u;
  let pair = block + 1u + column % 256u / 64u * 2u;
  return Fetched(weight[block], Bytes(weight[pair], weight[pair + 1u]));
}

fn stage_weights(weights: Fetched, column: u32, thread: u32) {
  let sub_block = column % 256u / 32u;
  let low = sub_block_scale(weights.header, sub_block);
  stage_nibbles(weights.nibbles, low, sub_block_scale(weights.header, sub_block + 1u), thread);
}
