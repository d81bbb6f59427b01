//! A whole head in a workgroup, so that group norm, bonus and gate follow at once: one dispatch, for short chunks.
//! grid: columns / rows
//! use: wkv_rows, wkv_exchange, wkv_output, layer_vectors
//! unroll: written_out

struct Sizes { columns: u32, tokens: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> inputs: array<vec4<f32>>;     // 6 × tokens × columns: r k v w a b
@group(0) @binding(2) var<storage, read> gate: array<vec4<f32>>;       // tokens × columns
@group(0) @binding(3) var<storage, read> vectors: array<vec4<f32>>;    // a layer's: 8 × columns
@group(0) @binding(4) var<storage, read_write> state: array<vec4<f32>>; // heads × 64 × 64
@group(0) @binding(5) var<storage, read_write> out: array<vec4<f32>>;  // tokens × columns

const written_out = 1u; // knob: 1 32

const rows = 64u; // the head
const lanes = 4u;
const staged = 8u; // so that each thread fetches one vector of every plane
const unrolled = 2u;

const output_threads = 128u; // sixteen for each of the tokens staged
const_assert output_threads == threads;
var<workgroup> batch_y: array<f32, staged * rows>;

@compute @workgroup_size(threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  recur(group.x, thread);
}

fn put_y(first: u32, t: u32, row: u32, y: f32) { batch_y[t % staged * rows + row % rows] = y; }

fn end_batch(first: u32, head: u32, thread: u32) {
  workgroupBarrier();
  let token = first + thread / head_lanes;
  let last = min(token, sizes.tokens - 1u);
  let at = thread % threads * 4u;
  let y = vec4<f32>(batch_y[at], batch_y[at + 1u], batch_y[at + 2u], batch_y[at + 3u]);
  let result = head_output(y, head, last, thread);
  if (token < sizes.tokens) { out[last * (sizes.columns / 4u) + head * 16u + thread % head_lanes] = result; }
}
