//! Several lanes share a row, sixteen weights at a time, and multiply them with all tokens.
//! grid: (decay + learning_rate + value + gate) / rows
//! use: lora, lora_fetch
//! unroll: written_out
//! sizes: known_sizes

struct Sizes { columns: u32, tokens: u32, decay: u32, learning_rate: u32, value: u32, gate: u32, wide: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> weight: array<vec4<u32>>;  // the way down: see shared/lora.wgsl
@group(0) @binding(2) var<storage, read> shifted: array<vec4<f32>>; // 6 × tokens × columns: r k v w a g
@group(0) @binding(3) var<storage, read_write> hidden: array<f32>;  // tokens × all ranks

const threads = 128u; // knob: 64 128 256
const lanes = 64u;    // knob: 16 32 64
const written_out = 8u; // knob: 1 8 32
const known_sizes = 0u; // knob: 0 1

const rows = threads / lanes;
const most_tokens = 8u;
// The first four tokens' sums, then the others'.
var<workgroup> partial_sums: array<mat2x4<f32>, threads>;

@compute @workgroup_size(threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let row = min(group.x * rows + thread / lanes, all_ranks() - 1u);
  let lane = thread % lanes;
  let index = lora_of(row);
  let own = lora(index);
  var sums = mat2x4<f32>();
  for (var k = 16u * lane; k < sizes.columns; k += 16u * lanes) {
    let w = unpack16(fetch16(own.first, own.wide, (row - own.before) * sizes.columns + k), own.wide);
    for (var t = 0u; t < most_tokens; t++) {
      if (t < sizes.tokens) {
        let x = ((own.plane * sizes.tokens + t) * sizes.columns + k) / 4u;
        sums[t / 4u][t % 4u] += dot(w[0], shifted[x]) + dot(w[1], shifted[x + 1u]) + dot(w[2], shifted[x + 2u]) + dot(w[3], shifted[x + 3u]);
      }
    }
  }
  partial_sums[thread] = sums;
  for (var width = lanes / 2u; width > 0u; width /= 2u) {
    workgroupBarrier();
    if (lane < width) { partial_sums[thread] += partial_sums[thread + width]; }
  }
  workgroupBarrier();
  // A lane for each token.
  if (lane < sizes.tokens) {
    let sum = partial_sums[thread - lane][lane / 4u % 2u][lane % 4u];
    hidden[lane * all_ranks() + row] = inner(index, sum);
  }
}
