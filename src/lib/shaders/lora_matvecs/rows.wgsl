//! Lanes take eight weights of four rows at a time, and multiply them with all tokens.
//! grid: (decay + learning_rate + value + gate) / group_rows
//! use: lora
//! sizes: known_sizes

struct Sizes { columns: u32, tokens: u32, decay: u32, learning_rate: u32, value: u32, gate: u32, wide: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> weight: array<vec4<u32>>;  // the way down: see shared/lora.wgsl
@group(0) @binding(2) var<storage, read> shifted: array<vec4<f32>>; // 6 × tokens × columns: r k v w a g
@group(0) @binding(3) var<storage, read_write> hidden: array<f32>;  // tokens × all ranks

const threads = 128u; // knob: 64 128
const lanes = 128u;   // knob: 32 64 128
const known_sizes = 1u; // knob: 0 1
const_assert lanes <= threads;

const teams = threads / lanes;
const group_rows = 4u * teams;
const most_tokens = 8u;
// The sums of each thread's rows, token by token.
var<workgroup> partial_sums: array<vec4<f32>, most_tokens * threads>;

@compute @workgroup_size(threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  // Four rows from here on are of one LoRA, because ranks are multiples of 16. Past the end, the last four again.
  let row = min(group.x * group_rows + thread / lanes * 4u, all_ranks() - 4u);
  let lane = thread % lanes;
  let index = lora_of(row);
  let own = lora(index);
  let start = (row - own.before) * sizes.columns;
  for (var k = 8u * lane; k < sizes.columns; k += 8u * lanes) {
    let w0 = fetch8(own, start + k);
    let w1 = fetch8(own, start + sizes.columns + k);
    let w2 = fetch8(own, start + 2u * sizes.columns + k);
    let w3 = fetch8(own, start + 3u * sizes.columns + k);
    for (var t = 0u; t < sizes.tokens; t++) {
      let at = ((own.plane * sizes.tokens + t) * sizes.columns + k) / 4u;
      let low = shifted[at];
      let high = shifted[at + 1u];
      let found = vec4<f32>(product8(w0, low, high), product8(w1, low, high), product8(w2, low, high), product8(w3, low, high));
      partial_sums[t % most_tokens * threads + thread] += found;
    }
  }
  for (var width = lanes / 2u; width > 0u; width /= 2u) {
    workgroupBarrier();
    if (lane < width) {
      for (var t = 0u; t < sizes.tokens; t++) {
        let at = t % most_tokens * threads + thread;
        partial_sums[at] += partial_sums[(at + width) % (most_tokens * threads)];
      }
    }
  }
  workgroupBarrier();
  // A lane for each token and row.
  if (lane < 4u * sizes.tokens) {
    let token = lane / 4u % most_tokens;
    hidden[token * all_ranks() + row + lane % 4u] = inner(index, partial_sums[token * threads + thread - lane][lane % 4u]);
  }
}

// Eight weights from the i-th on (a multiple of 8): two vectors of f32, or one of f16.
fn fetch8(own: Lora, i: u32) -> mat2x4<f32> {
  if (own.wide) {
    let at = own.first + i / 4u;
    return mat2x4<f32>(bitcast<vec4<f32>>(weight[at]), bitcast<vec4<f32>>(weight[at + 1u]));
  }
  let w = weight[own.first + i / 8u];
  return mat2x4<f32>(halves4(w.xy), halves4(w.zw));
}

fn product8(w: mat2x4<f32>, low: vec4<f32>, high: vec4<f32>) -> f32 { return dot(w[0], low) + dot(w[1], high); }
