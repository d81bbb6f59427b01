//! A whole head in a workgroup, four columns of four rows of its state a thread: everything in one dispatch.
//! grid: columns / 64
//! use: layer_vectors, lora, lora_rows, wkv_head
//! unroll: written_out
//! sizes: known_sizes

struct Sizes { columns: u32, decay: u32, learning_rate: u32, value: u32, gate: u32, wide: u32, first_layer: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> weight: array<vec4<u32>>;     // the LoRAs' way up: see shared/lora.wgsl
@group(0) @binding(2) var<storage, read> hidden: array<vec4<f32>>;     // all ranks
@group(0) @binding(3) var<storage, read> inputs: array<f32>;           // 3 × columns: r k v
@group(0) @binding(4) var<storage, read> vectors: array<vec4<f32>>;    // a layer's: 8 × columns
@group(0) @binding(5) var<storage, read_write> first_value: array<f32>; // columns
@group(0) @binding(6) var<storage, read_write> state: array<vec4<f32>>; // heads × 64 × 64
@group(0) @binding(7) var<storage, read_write> out: array<f32>;        // columns

const written_out = 1u; // knob: 1 32
const known_sizes = 0u; // knob: 0 1

@compute @workgroup_size(threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) { step_head(group.x * 64u, 0u, thread); }

fn plane_length() -> u32 { return sizes.columns; }
