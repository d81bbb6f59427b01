// A layer's vectors of time mix: planes of one buffer, `columns` numbers each. The twin of layer_vectors.ts.
const decay_bias = 0u;
const learning_rate_bias = 1u;
const value_bias = 2u; // layer 0 has none, and zeros here
const key_removal = 3u;
const key_learning = 4u;
const bonus = 5u;
const norm_weight = 6u; // of the group norm
const norm_bias = 7u;

// Four channels of a plane, from 4 c on.
fn layer_vector(plane: u32, c: u32) -> vec4<f32> { return vectors[plane * (sizes.columns / 4u) + c]; }

// One channel of a plane.
fn layer_number(plane: u32, channel: u32) -> f32 {
  let i = plane * sizes.columns + channel;
  return vectors[i / 4u][i % 4u];
}
