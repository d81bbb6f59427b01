//! One thread per row; the reading order of the maths.
//! pass multiply: rows / workgroup_size, 3
//! pass down: (decay + learning_rate + value + gate) / workgroup_size
//! pass keep: columns / workgroup_size
//! use: format, lora, lora_weight, shifted_number

struct Sizes { rows: u32, columns: u32, decay: u32, learning_rate: u32, value: u32, gate: u32, wide: u32, inverse_epsilon: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> weight: array<u32>;           // 3 × rows × columns
@group(0) @binding(2) var<storage, read> x: array<f32>;                // columns
@group(0) @binding(3) var<storage, read> vectors: array<f32>;          // 8 × columns: scale and bias of the norm, lerps of r k v w a g
@group(0) @binding(4) var<storage, read> previous: array<f32>;         // columns, normalised
@group(0) @binding(5) var<storage, read> lora_weight: array<vec2<u32>>; // the way down: see shared/lora.wgsl
@group(0) @binding(6) var<storage, read_write> inputs: array<f32>;     // 3 × rows: r k v
@group(0) @binding(7) var<storage, read_write> hidden: array<f32>;     // all ranks
@group(0) @binding(8) var<storage, read_write> last: array<f32>;       // columns, normalised

const workgroup_size = 64u; // knob: 32 64 128

@compute @workgroup_size(workgroup_size)
fn multiply(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= sizes.rows) { return; }
  let row = id.y * sizes.rows + id.x;
  let row_word = row * row_words(sizes.columns);
  let norm = norm_of_x();
  var sum = 0.0;
  for (var k = 0u; k < sizes.columns; k += 16u) { sum += product16(weights16(row_word, k / 16u), k, id.y, norm); }
  inputs[row] = sum;
}

@compute @workgroup_size(workgroup_size)
fn down(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= all_ranks()) { return; }
  let index = lora_of(id.x);
  let own = lora(index);
  let norm = norm_of_x();
  var sum = 0.0;
  for (var k = 0u; k < sizes.columns; k += 4u) {
    let weights = fetch4(own.first, own.wide, ((id.x - own.before) * sizes.columns + k) / 4u);
    sum += dot(unpack4(weights, own.wide), shifted4(k, own.plane, norm));
  }
  hidden[id.x] = inner(index, sum);
}

@compute @workgroup_size(workgroup_size)
fn keep(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < sizes.columns) { last[id.x] = normed(id.x, norm_of_x()); }
}
