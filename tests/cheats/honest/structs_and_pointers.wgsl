// honest: arrays of structs, pointers, a loop with a switch, and a function for each step
// kernel: wkv_inputs
//! A thread for each head and token.
//! grid: columns / 64 * tokens / 16
//! use: layer_vectors

struct Sizes { columns: u32, tokens: u32, first_layer: u32 }
struct Four { values: array<vec4f, 1> }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read_write> inputs: array<Four>;
@group(0) @binding(2) var<storage, read_write> first_value: array<vec4f>;
@group(0) @binding(3) var<storage, read> vectors: array<vec4f>;

fn squash(value: ptr<function, vec4f>) { *value = 1.0 / (1.0 + exp(-*value)); }

fn of_plane(plane: u32, i: u32) -> u32 { return plane * sizes.tokens * sizes.columns / 4 + i; }

fn squares(i: u32, c: u32) -> f32 {
  var sum = 0f;
  for (var n = 0u; n < 16; n++) {
    let removal = inputs[of_plane(1, i + n)].values[0] * layer_vector(key_removal, c + n);
    sum += dot(removal, removal);
  }
  return sum;
}

@compute @workgroup_size(16)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let heads = sizes.columns / 64;
  if (id.x >= heads * sizes.tokens) { return; }
  let i = id.x * 16;
  let c = id.x % heads * 16;
  let length = max(sqrt(squares(i, c)), 1e-12);
  var n = 0u;
  loop {
    if (n == 16) { break; }
    let key = inputs[of_plane(1, i + n)].values[0];
    let direction = key * layer_vector(key_removal, c + n) / length;
    var decay = layer_vector(decay_bias, c + n) + inputs[of_plane(3, i + n)].values[0];
    var rate = layer_vector(learning_rate_bias, c + n) + inputs[of_plane(4, i + n)].values[0];
    var mixing = layer_vector(value_bias, c + n) + inputs[of_plane(5, i + n)].values[0];
    squash(&decay);
    squash(&rate);
    squash(&mixing);
    switch sizes.first_layer {
      case 1u: { first_value[i + n] = inputs[of_plane(2, i + n)].values[0]; }
      default: {
        let value = inputs[of_plane(2, i + n)].values[0];
        inputs[of_plane(2, i + n)].values[0] = mix(value, first_value[i + n], mixing);
      }
    }
    inputs[of_plane(1, i + n)].values[0] = key + key * (rate - 1) * layer_vector(key_learning, c + n);
    inputs[of_plane(3, i + n)].values[0] = exp(-0.6065306597126334 * decay);
    inputs[of_plane(4, i + n)].values[0] = -direction;
    inputs[of_plane(5, i + n)].values[0] = direction * rate;
    continuing { n++; }
  }
}
