//! Sixteen threads per head and token, four channels each: the removal key's length needs the whole head.
//! grid: columns / 64, tokens / tile_tokens
//! use: layer_vectors
//! unroll: written_out

struct Sizes { columns: u32, tokens: u32, first_layer: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read_write> inputs: array<vec4<f32>>; // 6 × tokens × columns: r k v w a b
@group(0) @binding(2) var<storage, read_write> first_value: array<vec4<f32>>; // tokens × columns
@group(0) @binding(3) var<storage, read> vectors: array<vec4<f32>>; // a layer's: 8 × columns

const tile_tokens = 8u; // knob: 4 8 16
const written_out = 1u; // knob: 1 32

const lanes = 16u; // the head's 64 channels
const decay_rate = 0.6065306597126334; // e^−½

var<workgroup> squares: array<f32, lanes * tile_tokens>;

@compute @workgroup_size(lanes * tile_tokens)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let token = group.y * tile_tokens + thread / lanes;
  let own = token < sizes.tokens; // the others only come along to the barrier
  let c = group.x * lanes + thread % lanes;
  let i = min(token, sizes.tokens - 1u) * (sizes.columns / 4u) + c;
  let plane = sizes.tokens * (sizes.columns / 4u);
  // Everything is asked for before the first of it is needed.
  let key = inputs[plane + i];
  let value = inputs[2u * plane + i];
  let decay = inputs[3u * plane + i];
  let rate = sigmoid(layer_vector(learning_rate_bias, c) + inputs[4u * plane + i]);
  let mix = sigmoid(layer_vector(value_bias, c) + inputs[5u * plane + i]);
  let removal = key * layer_vector(key_removal, c);
  squares[thread] = dot(removal, removal);
  workgroupBarrier();
  if (!own) { return; }
  let direction = removal / max(sqrt(head_sum(thread)), 1e-12);
  if (sizes.first_layer == 1u) {
    first_value[i] = value;
  } else {
    inputs[2u * plane + i] = value + (first_value[i] - value) * mix;
  }
  inputs[plane + i] = key * (1.0 + (rate - 1.0) * layer_vector(key_learning, c));
  inputs[3u * plane + i] = exp(-decay_rate * sigmoid(layer_vector(decay_bias, c) + decay));
  inputs[4u * plane + i] = -direction;
  inputs[5u * plane + i] = direction * rate;
}

// Each of the sixteen adds up all: no second barrier, and the same sum in all of them.
fn head_sum(thread: u32) -> f32 {
  let head = thread / lanes * lanes;
  var sum = 0.0;
  for (var lane = 0u; lane < lanes; lane++) { sum += squares[head + lane]; }
  return sum;
}

fn sigmoid(value: vec4<f32>) -> vec4<f32> { return 1.0 / (1.0 + exp(-value)); }
