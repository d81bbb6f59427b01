//! One thread per row; the reading order of the maths.
//! pass multiply: rows / workgroup_size
//! pass keep: columns / workgroup_size
//! use: format, shifted_number

struct Sizes { rows: u32, columns: u32, inverse_epsilon: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> weight: array<u32>;           // rows × columns
@group(0) @binding(2) var<storage, read> x: array<f32>;                // columns
@group(0) @binding(3) var<storage, read> vectors: array<f32>;          // 3 × columns: scale and bias of the norm, lerp
@group(0) @binding(4) var<storage, read> previous: array<f32>;         // columns, normalised
@group(0) @binding(5) var<storage, read_write> out: array<f32>;        // rows
@group(0) @binding(6) var<storage, read_write> last: array<f32>;       // columns, normalised

const workgroup_size = 64u; // knob: 32 64 128

@compute @workgroup_size(workgroup_size)
fn multiply(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= sizes.rows) { return; }
  let row_word = id.x * row_words(sizes.columns);
  let norm = norm_of_x();
  var sum = 0.0;
  for (var k = 0u; k < sizes.columns; k += 16u) { sum += product16(weights16(row_word, k / 16u), k, 0u, norm); }
  out[id.x] = sum * max(sum, 0.0); // not max() alone, which drops a NaN
}

@compute @workgroup_size(workgroup_size)
fn keep(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < sizes.columns) { last[id.x] = normed(id.x, norm_of_x()); }
}
