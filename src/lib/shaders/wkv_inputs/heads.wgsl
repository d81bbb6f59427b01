//! One thread per channel, one workgroup per head and token: the removal key's length needs the whole head.
//! grid: columns / workgroup_size, tokens
//! use: sum

struct Sizes { columns: u32, tokens: u32, first_layer: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read_write> inputs: array<f32>;     // 6 × tokens × columns: r k v w a b
@group(0) @binding(2) var<storage, read_write> first_value: array<f32>; // tokens × columns
@group(0) @binding(3) var<storage, read> decay_bias: array<f32>;       // columns
@group(0) @binding(4) var<storage, read> learning_rate_bias: array<f32>;
@group(0) @binding(5) var<storage, read> value_bias: array<f32>;
@group(0) @binding(6) var<storage, read> key_removal: array<f32>;
@group(0) @binding(7) var<storage, read> key_learning: array<f32>;

const workgroup_size = 64u; // the head size
const decay_rate = 0.6065306597126334; // e^−½

@compute @workgroup_size(workgroup_size)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let c = group.x * workgroup_size + thread;
  let i = group.y * sizes.columns + c;
  let plane = sizes.tokens * sizes.columns;
  let key = inputs[plane + i];
  let removal = key * key_removal[c];
  let length = max(sqrt(workgroup_sum(vec2<f32>(removal * removal, 0.0), thread).x), 1e-12);
  let rate = sigmoid(learning_rate_bias[c] + inputs[4u * plane + i]);
  let value = inputs[2u * plane + i];
  if (sizes.first_layer == 1u) {
    first_value[i] = value;
  } else {
    inputs[2u * plane + i] = value + (first_value[i] - value) * sigmoid(value_bias[c] + inputs[5u * plane + i]);
  }
  inputs[plane + i] = key * (1.0 + (rate - 1.0) * key_learning[c]);
  inputs[3u * plane + i] = exp(-decay_rate * sigmoid(decay_bias[c] + inputs[3u * plane + i]));
  inputs[4u * plane + i] = -removal / length;
  inputs[5u * plane + i] = removal / length * rate;
}

fn sigmoid(value: f32) -> f32 { return 1.0 / (1.0 + exp(-value)); }
