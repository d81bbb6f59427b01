//! As lanes, for GPUs without subgroups: the threads that share two rows add up through workgroup memory.
//! pass recurrence: columns / rows
//! pass output: columns / 64, tokens / 4
//! use: wkv_rows, wkv_exchange, wkv_output, layer_vectors, wkv_output_pass
//! unroll: written_out

struct Sizes { columns: u32, tokens: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> inputs: array<vec4<f32>>;     // 6 × tokens × columns: r k v w a b
@group(0) @binding(2) var<storage, read> gate: array<vec4<f32>>;       // tokens × columns
@group(0) @binding(3) var<storage, read> vectors: array<vec4<f32>>;    // a layer's: 8 × columns
@group(0) @binding(4) var<storage, read_write> state: array<vec4<f32>>; // heads × 64 × 64
@group(0) @binding(5) var<storage, read_write> out: array<f32>;        // tokens × columns

const lanes = 4u; // knob: 4 8
const rows = 16u; // knob: 8 16 32
const written_out = 1u; // knob: 1 32
const staged = lanes * rows / 32u; // so that each thread fetches one vector of every plane
const unrolled = 2u;

@compute @workgroup_size(threads)
fn recurrence(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  recur(group.x, thread);
}
