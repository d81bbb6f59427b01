//! Neighbouring lanes of a subgroup, four by default, share two rows of the state, and add up by shuffles.
//! subgroup: lanes
//! pass recurrence: columns / rows
//! pass output: columns / 64, tokens / 4
//! use: wkv_rows, wkv_output, layer_vectors, wkv_output_pass
//! unroll: written_out

enable subgroups;

struct Sizes { columns: u32, tokens: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> inputs: array<vec4<f32>>;     // 6 × tokens × columns: r k v w a b
@group(0) @binding(2) var<storage, read> gate: array<vec4<f32>>;       // tokens × columns
@group(0) @binding(3) var<storage, read> vectors: array<vec4<f32>>;    // a layer's: 8 × columns
@group(0) @binding(4) var<storage, read_write> state: array<vec4<f32>>; // heads × 64 × 64
@group(0) @binding(5) var<storage, read_write> out: array<f32>;        // tokens × columns

const lanes = 4u;    // knob: 4 8 16
const rows = 32u;    // knob: 16 32 64
const staged = 4u;   // knob: 2 4 8
const unrolled = 2u; // knob: 2 4
const written_out = 1u; // knob: 1 32
const_assert threads <= 256u;

@compute @workgroup_size(threads)
fn recurrence(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  recur(group.x, thread);
}

fn lanes_sum(part: vec2<f32>, turn: u32, thread: u32) -> vec2<f32> {
  var sum = part + subgroupShuffleXor(part, 1u);
  sum += subgroupShuffleXor(sum, 2u);
  if (lanes >= 8u) { sum += subgroupShuffleXor(sum, 4u); }
  if (lanes == 16u) { sum += subgroupShuffleXor(sum, 8u); }
  return sum;
}

// A lane gives away the parts of what its neighbours get.
fn lanes_sum_own(part: vec4<f32>, thread: u32) -> f32 {
  let odd = thread % 2u == 1u;
  let two = select(part.xz, part.yw, odd) + subgroupShuffleXor(select(part.yw, part.xz, odd), 1u);
  let high = thread % 4u >= 2u;
  var sum = select(two.x, two.y, high) + subgroupShuffleXor(select(two.y, two.x, high), 2u);
  if (lanes >= 8u) { sum += subgroupShuffleXor(sum, 4u); }
  if (lanes == 16u) { sum += subgroupShuffleXor(sum, 8u); }
  return sum;
}
