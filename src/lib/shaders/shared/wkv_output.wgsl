// The second half of wkv: group norm, bonus and gate of one head of one token, by 64 threads. y comes in `out`.
const head_epsilon = 64e-5;
var<workgroup> head_sums: array<vec2<f32>, 64>;

fn head_sum(value: vec2<f32>, thread: u32) -> vec2<f32> {
  workgroupBarrier();
  head_sums[thread] = value;
  for (var width = 32u; width > 0u; width /= 2u) {
    workgroupBarrier();
    if (thread < width) { head_sums[thread] += head_sums[thread + width]; }
  }
  workgroupBarrier();
  return head_sums[0];
}

fn head_output(head: u32, token: u32, thread: u32) {
  let c = head * 64u + thread;
  let i = token * sizes.columns + c;
  let plane = sizes.tokens * sizes.columns;
  let y = out[i];
  let sums = head_sum(vec2<f32>(y, input(i) * input(plane + i) * bonus[c]), thread);
  let centred = y - sums.x / 64.0;
  let variance = head_sum(vec2<f32>(centred * centred, 0.0), thread).x / 64.0;
  let normed = centred * inverseSqrt(variance + head_epsilon) * norm_weight[c] + norm_bias[c];
  out[i] = (normed + input(2u * plane + i) * sums.y) * gate[i];
}

fn input(i: u32) -> f32 { return inputs[i / 4u][i % 4u]; }
