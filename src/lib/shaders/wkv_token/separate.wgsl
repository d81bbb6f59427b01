//! Four passes, as the paper writes it, with a thread for each row of a matrix or of a head's state.
//! scratch prepared: 7 * columns
//! pass up: columns / 64, 4
//! pass prepare: columns / 64
//! pass recurrence: columns / rows
//! pass output: columns / 64
//! use: layer_vectors, lora, lora_fetch
//! unroll: written_out

struct Sizes { columns: u32, decay: u32, learning_rate: u32, value: u32, gate: u32, wide: u32, first_layer: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> weight: array<vec4<u32>>;     // the LoRAs' way up: see shared/lora.wgsl
@group(0) @binding(2) var<storage, read> hidden: array<vec4<f32>>;     // all ranks
@group(0) @binding(3) var<storage, read> inputs: array<f32>;           // 3 × columns: r k v
@group(0) @binding(4) var<storage, read> vectors: array<vec4<f32>>;    // a layer's: 8 × columns
@group(0) @binding(5) var<storage, read_write> first_value: array<f32>; // columns
@group(0) @binding(6) var<storage, read_write> state: array<f32>;      // heads × 64 × 64
@group(0) @binding(7) var<storage, read_write> out: array<f32>;        // columns; between the passes, y
@group(0) @binding(8) var<storage, read_write> prepared: array<f32>;   // 7 × columns: r k v w a b, gate

const rows = 32u; // knob: 16 32 64
const written_out = 1u; // knob: 1 64

const decay_rate = 0.6065306597126334; // e^−½
const head_epsilon = 64e-5;
var<workgroup> shared_parts: array<f32, 64>;

// One channel of one LoRA's result, into the plane that it is a part of.
@compute @workgroup_size(64)
fn up(@builtin(global_invocation_id) id: vec3u) {
  let own = lora(id.y);
  if (own.rank == 0u) { return; }
  var sum = 0.0;
  for (var i = 0u; i < own.rank; i += 16u) {
    let w = unpack16(fetch16(own.first, own.wide, id.x * own.rank + i), own.wide);
    let x = (own.before + i) / 4u;
    sum += dot(w[0], hidden[x]) + dot(w[1], hidden[x + 1u]) + dot(w[2], hidden[x + 2u]) + dot(w[3], hidden[x + 3u]);
  }
  prepared[(3u + id.y) * sizes.columns + id.x] = sum;
}

@compute @workgroup_size(64)
fn prepare(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let columns = sizes.columns;
  let c = group.x * 64u + thread;
  let key = inputs[columns + c];
  let rate = sigmoid(layer_number(learning_rate_bias, c) + prepared[4u * columns + c]);
  let removal = key * layer_number(key_removal, c);
  let direction = removal / max(sqrt(head_sum(removal * removal, thread)), 1e-12);
  var value = inputs[2u * columns + c];
  if (sizes.first_layer == 1u) {
    first_value[c] = value;
  } else {
    value += (first_value[c] - value) * sigmoid(layer_number(value_bias, c) + prepared[5u * columns + c]);
  }
  prepared[c] = inputs[c];
  prepared[columns + c] = key * (1.0 + (rate - 1.0) * layer_number(key_learning, c));
  prepared[2u * columns + c] = value;
  prepared[3u * columns + c] = exp(-decay_rate * sigmoid(layer_number(decay_bias, c) + prepared[3u * columns + c]));
  prepared[4u * columns + c] = -direction;
  prepared[5u * columns + c] = direction * rate;
}

// S = S·diag(w) + (S a) bᵀ + v kᵀ,  y = S r
@compute @workgroup_size(rows)
fn recurrence(@builtin(global_invocation_id) id: vec3u) {
  let columns = sizes.columns;
  let row = id.x; // of all heads' rows: also the channel of v and y
  let head = row / 64u * 64u;
  var s_a = 0.0;
  for (var j = 0u; j < 64u; j++) { s_a += state[row * 64u + j] * prepared[4u * columns + head + j]; }
  let value = prepared[2u * columns + row];
  var y = 0.0;
  for (var j = 0u; j < 64u; j++) {
    let c = head + j;
    let next = state[row * 64u + j] * prepared[3u * columns + c] + s_a * prepared[5u * columns + c] + value * prepared[columns + c];
    state[row * 64u + j] = next;
    y += next * prepared[c];
  }
  out[row] = y;
}

// Group norm, bonus and gate.
@compute @workgroup_size(64)
fn output(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let columns = sizes.columns;
  let c = group.x * 64u + thread;
  let y = out[c];
  let mean = head_sum(y, thread) / 64.0;
  let variance = head_sum((y - mean) * (y - mean), thread) / 64.0;
  let rk = head_sum(prepared[c] * prepared[columns + c] * layer_number(bonus, c), thread);
  let normed = (y - mean) * inverseSqrt(variance + head_epsilon) * layer_number(norm_weight, c) + layer_number(norm_bias, c);
  out[c] = (normed + prepared[2u * columns + c] * rk) * prepared[6u * columns + c];
}

// The sum over a head's 64 threads.
fn head_sum(part: f32, thread: u32) -> f32 {
  workgroupBarrier(); // what was there has been read
  shared_parts[thread % 64u] = part;
  workgroupBarrier();
  var sum = 0.0;
  for (var i = 0u; i < 64u; i++) { sum += shared_parts[i]; }
  return sum;
}

fn sigmoid(value: f32) -> f32 { return 1.0 / (1.0 + exp(-value)); }
