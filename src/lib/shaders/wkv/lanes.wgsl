//! Four neighbouring lanes of a subgroup share a row of the state: shorter sums, and more of the GPU at work.
//! pass recurrence: columns / rows
//! pass output: columns / 64, tokens
//! use: wkv_output

enable subgroups;

struct Sizes { columns: u32, tokens: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> inputs: array<vec4<f32>>;     // 6 × tokens × columns: r k v w a b
@group(0) @binding(2) var<storage, read> gate: array<f32>;             // tokens × columns
@group(0) @binding(3) var<storage, read> norm_weight: array<f32>;      // columns
@group(0) @binding(4) var<storage, read> norm_bias: array<f32>;        // columns
@group(0) @binding(5) var<storage, read> bonus: array<f32>;            // columns
@group(0) @binding(6) var<storage, read_write> state: array<vec4<f32>>; // heads × 64 × 64
@group(0) @binding(7) var<storage, read_write> out: array<f32>;        // tokens × columns

const rows = 32u;   // knob: 16 32 64
const staged = 8u;  // knob: 4 8 16

const lanes = 4u;
const threads = lanes * rows;
// The planes that run along the keys, in the order they are used, and then the values of this workgroup's rows.
const planes = 5u;
const plane_of = array<u32, planes>(4u, 3u, 1u, 5u, 0u); // a w k b r
const token_vectors = planes * 16u + rows / 4u;
var<workgroup> tile: array<vec4<f32>, staged * token_vectors>;

@compute @workgroup_size(threads)
fn recurrence(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let own_row = thread / lanes;
  let lane = thread % lanes;
  let row = group.x * rows + own_row; // of all heads' rows: also the channel of v and y
  let own = row * 16u + lane; // a lane has every fourth vector of its row
  var s0 = state[own]; var s1 = state[own + 4u]; var s2 = state[own + 8u]; var s3 = state[own + 12u];

  for (var first = 0u; first < sizes.tokens; first += staged) {
    workgroupBarrier();
    for (var n = 0u; n < staged * token_vectors / threads + 1u; n++) { // a loop the compiler can unroll: all loads at once
      let i = min(n * threads + thread, staged * token_vectors - 1u);
      tile[i] = input_vector(first, group.x, i);
    }
    workgroupBarrier();
    for (var t = 0u; t < min(staged, sizes.tokens - first); t++) {
      let at = t * token_vectors + lane;
      let value = tile[t * token_vectors + planes * 16u + own_row / 4u][own_row % 4u];
      let sa = lanes_sum(fma(s0, tile[at], fma(s1, tile[at + 4u], fma(s2, tile[at + 8u], s3 * tile[at + 12u]))));
      s0 = next4(s0, at, sa, value);
      s1 = next4(s1, at + 4u, sa, value);
      s2 = next4(s2, at + 8u, sa, value);
      s3 = next4(s3, at + 12u, sa, value);
      let r = at + 64u;
      let y = lanes_sum(fma(s0, tile[r], fma(s1, tile[r + 4u], fma(s2, tile[r + 8u], s3 * tile[r + 12u]))));
      if (lane == 0u) { out[(first + t) * sizes.columns + row] = y; }
    }
  }
  state[own] = s0; state[own + 4u] = s1; state[own + 8u] = s2; state[own + 12u] = s3;
}

// Four numbers of the row, a token later: s·w + v·k + (s·a)·b.
fn next4(s: vec4<f32>, at: u32, sa: f32, value: f32) -> vec4<f32> {
  return fma(s, tile[at + 16u], fma(vec4<f32>(value), tile[at + 32u], sa * tile[at + 48u]));
}

fn lanes_sum(sums: vec4<f32>) -> f32 {
  let own = (sums.x + sums.y) + (sums.z + sums.w);
  let pair = own + subgroupShuffleXor(own, 1u);
  return pair + subgroupShuffleXor(pair, 2u);
}

// The i-th vector of the staged tokens; tokens past the end repeat the last, and are not used.
fn input_vector(first: u32, group: u32, i: u32) -> vec4<f32> {
  let token = min(first + i / token_vectors, sizes.tokens - 1u);
  let vector = i % token_vectors;
  var plane = 2u;
  var channel = group * rows + 4u * (vector - min(vector, planes * 16u));
  if (vector < planes * 16u) {
    plane = plane_of[vector / 16u];
    channel = group * rows / 64u * 64u + 4u * (vector % 16u);
  }
  return inputs[((plane * sizes.tokens + token) * sizes.columns + channel) / 4u];
}

@compute @workgroup_size(64)
fn output(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  head_output(group.x, group.y, thread);
}
