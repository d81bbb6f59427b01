//! One thread per row of a head's state, which stays in its registers from the first token of the chunk to the last.
//! pass recurrence: columns / rows
//! pass output: columns / 64, tokens / 4
//! use: wkv_output, layer_vectors, wkv_output_pass
//! unroll: written_out

struct Sizes { columns: u32, tokens: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> inputs: array<vec4<f32>>;     // 6 × tokens × columns: r k v w a b
@group(0) @binding(2) var<storage, read> gate: array<vec4<f32>>;       // tokens × columns
@group(0) @binding(3) var<storage, read> vectors: array<vec4<f32>>;    // a layer's: 8 × columns
@group(0) @binding(4) var<storage, read_write> state: array<vec4<f32>>; // heads × 64 × 64
@group(0) @binding(5) var<storage, read_write> out: array<f32>;        // tokens × columns

const rows = 32u;  // knob: 16 32 64
const staged = 8u; // knob: 2 4 8
const written_out = 1u; // knob: 1 32

// The planes that run along the keys, in the order they are used. The value, one number a row, is read directly.
const planes = 5u;
// As digits of a number: an index into a table is not free in Safari.
const plane_digits = 0x05134u; // a w k b r, from the last on
const_assert staged * planes * 16u % rows == 0u; // every thread stages as much as the others
var<workgroup> tile: array<vec4<f32>, staged * planes * 16u>;

@compute @workgroup_size(rows)
fn recurrence(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let row = group.x * rows + thread; // of all heads' rows: also the channel of v and y
  let head = group.x * rows / 64u;
  var s0 = load(row * 16u); var s1 = load(row * 16u + 4u); var s2 = load(row * 16u + 8u); var s3 = load(row * 16u + 12u);

  for (var first = 0u; first < sizes.tokens; first += staged) {
    workgroupBarrier();
    stage(first, head, thread);
    workgroupBarrier();
    for (var t = 0u; t < min(staged, sizes.tokens - first); t++) {
      let at = t * planes * 16u;
      let i = (2u * sizes.tokens + first + t) * sizes.columns + row;
      let value = inputs[i / 4u][i % 4u];
      let sa = dot16(s0, at) + dot16(s1, at + 4u) + dot16(s2, at + 8u) + dot16(s3, at + 12u);
      s0 = next16(s0, at, sa, value);
      s1 = next16(s1, at + 4u, sa, value);
      s2 = next16(s2, at + 8u, sa, value);
      s3 = next16(s3, at + 12u, sa, value);
      let y = dot16(s0, at + 64u) + dot16(s1, at + 68u) + dot16(s2, at + 72u) + dot16(s3, at + 76u);
      out[(first + t) * sizes.columns + row] = y;
    }
  }
  save(row * 16u, s0); save(row * 16u + 4u, s1); save(row * 16u + 8u, s2); save(row * 16u + 12u, s3);
}

// Sixteen numbers of the row with the sixteen staged at `at`: their products' sum.
fn dot16(s: mat4x4<f32>, at: u32) -> f32 {
  let sums = fma(s[0], tile[at], fma(s[1], tile[at + 1u], fma(s[2], tile[at + 2u], s[3] * tile[at + 3u])));
  return (sums.x + sums.y) + (sums.z + sums.w);
}

// Sixteen numbers of the row, a token later: s·w + v·k + (s·a)·b.
fn next16(s: mat4x4<f32>, at: u32, sa: f32, value: f32) -> mat4x4<f32> {
  return mat4x4<f32>(
    next4(s[0], at, sa, value), next4(s[1], at + 1u, sa, value), next4(s[2], at + 2u, sa, value), next4(s[3], at + 3u, sa, value),
  );
}

fn next4(s: vec4<f32>, at: u32, sa: f32, value: f32) -> vec4<f32> {
  return fma(s, tile[at + 16u], fma(vec4<f32>(value), tile[at + 32u], sa * tile[at + 48u]));
}

fn load(at: u32) -> mat4x4<f32> { return mat4x4<f32>(state[at], state[at + 1u], state[at + 2u], state[at + 3u]); }

fn save(at: u32, s: mat4x4<f32>) {
  state[at] = s[0];
  state[at + 1u] = s[1];
  state[at + 2u] = s[2];
  state[at + 3u] = s[3];
}

fn stage(first: u32, head: u32, thread: u32) {
  for (var n = 0u; n < staged * planes * 16u / rows; n++) { // a loop the compiler can unroll: all loads at once
    let i = n * rows + thread;
    let token = min(first + i / (planes * 16u), sizes.tokens - 1u);
    let row = (((plane_digits >> (4u * (i / 16u % planes))) & 15u) * sizes.tokens + token) * sizes.columns + head * 64u;
    tile[i] = inputs[row / 4u + i % 16u];
  }
}
