//! One thread per row and token; the reading order of the maths.
//! grid: rows / workgroup_size, tokens, batch
//! use: format, epilogue

struct Sizes { rows: u32, columns: u32, tokens: u32, batch: u32, stride: u32, epilogue: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> weight: array<u32>;           // batch × rows × columns
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;          // batch × tokens × columns
@group(0) @binding(3) var<storage, read_write> out: array<f32>;        // batch × tokens × stride

const workgroup_size = 64u; // knob: 32 64 128

@compute @workgroup_size(workgroup_size)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = id.x;
  let token = id.z * sizes.tokens + id.y;
  if (row >= sizes.rows) { return; }
  let row_word = (id.z * sizes.rows + row) * row_words(sizes.columns);
  var sum = 0.0;
  for (var group = 0u; group < sizes.columns / 16u; group++) {
    let w = weights16(row_word, group);
    let k = (token * sizes.columns) / 4u + 4u * group;
    sum += dot(w[0], x[k]) + dot(w[1], x[k + 1u]) + dot(w[2], x[k + 2u]) + dot(w[3], x[k + 3u]);
  }
  finish(sum, token * sizes.stride + row);
}
