//! Exact, for large chunks: the next step's bytes are fetched into registers while this step's tiles are multiplied.
//! formats: q4_k
//! let tiles: ceil(rows / tile_rows) * ceil(tokens / tile_tokens) * batch
//! let splits: max(1, min(floor(split_k_target / tiles), floor(columns / 256)))
//! scratch partial: min(splits - 1, 1) * splits * batch * tokens * rows
//! pass multiply: tokens / tile_tokens, rows / tile_rows, batch * splits
//! pass add: min(splits - 1, 1) * rows / 256, tokens, batch
//! use: epilogue, splits, sums, tile_sums, accumulate, f32_tiles, q4_k_header

struct Sizes { rows: u32, columns: u32, tokens: u32, batch: u32, stride: u32, epilogue: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> weight: array<vec4<u32>>;     // batch × rows × columns, q4_K blocks of 9 vectors
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;          // batch × tokens × columns
@group(0) @binding(3) var<storage, read_write> out: array<f32>;        // batch × tokens × stride
@group(0) @binding(4) var<storage, read_write> partial: array<f32>;    // splits × batch × tokens × rows

const token_threads = 8u; // knob: 4 8 16
// Split-K: with fewer tiles than this, the columns are split, and a workgroup of its own sums each split.
const split_k_target = 640u; // knob: 1 256 512 640 1280

const products = 1u;
const column_parts = 1u;

struct Bytes { header: vec4<u32>, quants: vec4<u32> }
// First row and token of this workgroup's tile, counted through all matrices. Rows and tokens past the end repeat the last one, and
// are not stored.
struct Place { row: u32, last_row: u32, token: u32, last_token: u32 }

fn place_of(group: vec3u) -> Place {
  let matrix = group.z % sizes.batch;
  return Place(
    matrix * sizes.rows + group.y * tile_rows, (matrix + 1u) * sizes.rows - 1u,
    matrix * sizes.tokens + group.x * tile_tokens, (matrix + 1u) * sizes.tokens - 1u,
  );
}

fn fetch_weights(place: Place, column: u32, row: u32, before: Bytes, first: bool) -> Bytes {
  let block = (min(place.row + row, place.last_row) * (sizes.columns / 256u) + column / 256u) * 9u;
  var bytes = before;
  if (first || column % 256u == 0u) { bytes.header = weight[block]; }
  bytes.quants = weight[block + 1u + column % 256u / tile_k];
  return bytes;
}

fn fetch_x(place: Place, column: u32, i: u32) -> vec4<f32> {
  let token = min(place.token + i / 8u, place.last_token);
  return x[(token * sizes.columns + x_column(column, i)) / 4u];
}

fn stage_weights(place: Place, bytes: Bytes, column: u32, i: u32) {
  let scale = scale_of(bytes.header, column, i);
  let q = bytes.quants >> shift_of(i);
  stage_row(mat4x4<f32>(
    scale.x * nibbles(q.x) - scale.y, scale.x * nibbles(q.y) - scale.y,
    scale.x * nibbles(q.z) - scale.y, scale.x * nibbles(q.w) - scale.y,
  ), i);
}
