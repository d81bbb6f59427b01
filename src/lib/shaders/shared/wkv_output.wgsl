// The second half of wkv: group norm, bonus and gate. Sixteen threads per head and token, four channels each; y comes in `out`.
const head_epsilon = 64e-5;
const head_lanes = 16u;
const output_tokens = 4u; // of a workgroup of 64
var<workgroup> head_parts: array<vec3<f32>, head_lanes * output_tokens>;

fn head_output(head: u32, first: u32, thread: u32) {
  let token = first + thread / head_lanes;
  let own = token < sizes.tokens; // the others only come along to the barrier
  let c = head * 64u + 4u * (thread % head_lanes);
  let i = min(token, sizes.tokens - 1u) * sizes.columns + c;
  let plane = sizes.tokens * sizes.columns;
  let y = vec4<f32>(out[i], out[i + 1u], out[i + 2u], out[i + 3u]);
  let value = inputs[(2u * plane + i) / 4u];
  let rk = dot(inputs[i / 4u] * inputs[(plane + i) / 4u], bonus[c / 4u]);
  // Mean and variance of four numbers, which then join those of the others without a second look at them.
  let mean = dot(y, vec4<f32>(0.25));
  let centred = y - mean;
  head_parts[thread] = vec3<f32>(mean, dot(centred, centred), rk);
  workgroupBarrier();
  if (!own) { return; }
  let whole = head_join(thread / head_lanes * head_lanes);
  let scale = inverseSqrt(whole.y / 64.0 + head_epsilon);
  let normed = (y - whole.x) * scale * norm_weight[c / 4u] + norm_bias[c / 4u];
  let result = (normed + value * whole.z) * gate[i / 4u];
  out[i] = result.x;
  out[i + 1u] = result.y;
  out[i + 2u] = result.z;
  out[i + 3u] = result.w;
}

// Mean, sum of squares about it, and sum of r·k·bonus, of the head whose parts begin at `at`.
fn head_join(at: u32) -> vec3<f32> {
  var mean = 0.0;
  for (var lane = 0u; lane < head_lanes; lane++) { mean += head_parts[at + lane].x / f32(head_lanes); }
  var sums = vec2<f32>();
  for (var lane = 0u; lane < head_lanes; lane++) {
    let part = head_parts[at + lane];
    sums += vec2<f32>(part.y + 4.0 * (part.x - mean) * (part.x - mean), part.z);
  }
  return vec3<f32>(mean, sums);
}
