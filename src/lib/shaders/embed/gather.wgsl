//! Each thread dequantises 16 columns of one token's row.
//! grid: columns / 16 / workgroup_size, tokens
//! use: format

struct Sizes { tokens: u32, columns: u32, first_row: u32, rows: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> weight: array<u32>;       // rows × columns: the part of the table from first_row on
@group(0) @binding(2) var<storage, read> ids: array<u32>;          // the whole prompt
@group(0) @binding(3) var<storage, read> cursor: array<u32>;       // 1: where in ids this run of tokens begins
@group(0) @binding(4) var<storage, read_write> x: array<f32>;      // tokens × columns

const workgroup_size = 64u; // knob: 32 64 128 256

@compute @workgroup_size(workgroup_size)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let group = id.x;
  let token = id.y;
  if (16u * group >= sizes.columns) { return; }
  // A row before this part wraps around to a huge number: one comparison leaves out both sides.
  let row = ids[cursor[0] + token] - sizes.first_row;
  if (row >= sizes.rows) { return; }
  let weights = weights16(row * row_words(sizes.columns), group);
  let first = token * sizes.columns + 16u * group;
  put(first, weights[0]);
  put(first + 4u, weights[1]);
  put(first + 8u, weights[2]);
  put(first + 12u, weights[3]);
}

fn put(at: u32, four: vec4<f32>) {
  x[at] = four.x;
  x[at + 1u] = four.y;
  x[at + 2u] = four.z;
  x[at + 3u] = four.w;
}
