//! One thread per row; the reading order of the maths.
//! grid: rows / workgroup_size, batch
//! use: format, epilogue

struct Sizes { rows: u32, columns: u32, batch: u32, epilogue: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> weight: array<u32>;           // batch × rows × columns
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;          // batch × columns
@group(0) @binding(3) var<storage, read_write> out: array<f32>;        // batch × rows

const workgroup_size = 64u; // knob: 32 64 128

@compute @workgroup_size(workgroup_size)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= sizes.rows) { return; }
  let row = id.y * sizes.rows + id.x;
  let row_word = row * row_words(sizes.columns);
  var sum = 0.0;
  for (var group = 0u; group < sizes.columns / 16u; group++) {
    let w = weights16(row_word, group);
    let k = (id.y * sizes.columns) / 4u + 4u * group;
    sum += dot(w[0], x[k]) + dot(w[1], x[k + 1u]) + dot(w[2], x[k + 2u]) + dot(w[3], x[k + 3u]);
  }
  finish(sum, row);
}
