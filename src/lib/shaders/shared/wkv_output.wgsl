// The second half of wkv: group norm, bonus and gate. Sixteen threads per head and token, the lanes, with four channels each.
const head_epsilon = 64e-5;
const head_lanes = 16u;
var<workgroup> head_parts: array<vec3<f32>, output_threads>;

// Computes the output that a lane writes from its part of y. All threads of the workgroup have to come; those with a token past the end are
// given the last one.
fn head_output(y: vec4<f32>, head: u32, token: u32, thread: u32) -> vec4<f32> {
  let c = head * 16u + thread % head_lanes;
  let i = token * (sizes.columns / 4u) + c;
  let plane = sizes.tokens * (sizes.columns / 4u);
  // All loads come before the barrier: nothing waits for memory twice.
  let rk = dot(inputs[i] * inputs[plane + i], layer_vector(bonus, c));
  let v = inputs[2u * plane + i];
  let gates = gate[i];
  let weight = layer_vector(norm_weight, c);
  let bias = layer_vector(norm_bias, c);
  // Mean and squares of four numbers, which then join those of the others without a second look at them.
  let mean = dot(y, vec4<f32>(0.25));
  let centred = y - mean;
  head_parts[thread % output_threads] = vec3<f32>(mean, dot(centred, centred), rk);
  workgroupBarrier();
  let whole = head_join(thread);
  let normed = (y - whole.x) * inverseSqrt(whole.y / 64.0 + head_epsilon) * weight + bias;
  return (normed + v * whole.z) * gates;
}

// Mean, sum of squares about it, and sum of r·k·bonus, of this thread's head.
fn head_join(thread: u32) -> vec3<f32> {
  let at = thread % output_threads / head_lanes * head_lanes;
  var mean = 0.0;
  for (var lane = 0u; lane < head_lanes; lane++) { mean += head_parts[at + lane].x / f32(head_lanes); }
  var sums = vec2<f32>();
  for (var lane = 0u; lane < head_lanes; lane++) {
    let part = head_parts[at + lane];
    sums += vec2<f32>(part.y + 4.0 * (part.x - mean) * (part.x - mean), part.z);
  }
  return vec3<f32>(mean, sums);
}
