//! No barriers: one thread finds the best of each slice of the vocabulary, then one thread finds the best of each row.
//! scratch slice_best: slices * rows
//! pass slice: slices / workgroup_size, rows
//! pass total: rows / workgroup_size

struct Sizes { vocabulary: u32, rows: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> logits: array<f32>;           // rows × vocabulary
@group(0) @binding(2) var<storage, read_write> best: array<u32>;       // rows
@group(0) @binding(3) var<storage, read_write> slice_best: array<u32>; // rows × slices: a token

const workgroup_size = 64u; // knob: 32 64
const slices = 256u;        // knob: 64 256

@compute @workgroup_size(workgroup_size)
fn slice(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= slices) { return; }
  let row = id.y * sizes.vocabulary;
  var found = min(id.x, sizes.vocabulary - 1u);
  for (var token = found + slices; token < sizes.vocabulary; token += slices) {
    found = better(row, found, token);
  }
  slice_best[id.y * slices + id.x] = found;
}

@compute @workgroup_size(workgroup_size)
fn total(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= sizes.rows) { return; }
  var found = slice_best[id.x * slices];
  for (var i = 1u; i < slices; i++) { found = better(id.x * sizes.vocabulary, found, slice_best[id.x * slices + i]); }
  best[id.x] = found;
}

// Among equal logits the smaller token wins, whatever the order of the comparisons.
fn better(row: u32, a: u32, b: u32) -> u32 {
  let first = logits[row + a];
  let second = logits[row + b];
  return select(a, b, second > first || (second == first && b < a));
}
