//! Lanes take sixteen weights of several rows at a time, and multiply them with all tokens.
//! grid: rows / group_rows, batch
//! use: format, epilogue, token_sums
//! unroll: written_out
//! sizes: known_sizes

struct Sizes { rows: u32, columns: u32, tokens: u32, batch: u32, stride: u32, epilogue: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> weight: array<u32>;           // batch × rows × columns
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;          // batch × tokens × columns
@group(0) @binding(3) var<storage, read_write> out: array<f32>;        // batch × tokens × stride

const lanes = 16u;     // knob: 8 16 32
const lane_rows = 2u;  // knob: 2 4
const teams = 8u;      // knob: 2 4 8
const written_out = 8u; // knob: 1 8 32
const known_sizes = 0u; // knob: 0 1
const threads = lanes * teams;
const group_rows = lane_rows * teams;
const_assert threads <= 128u; // with more, the sums exceed the memory that every workgroup has

@compute @workgroup_size(threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  // Rows past the end repeat the last one, and are not stored.
  let rows = min(vec4<u32>(group.x * group_rows + thread / lanes * lane_rows) + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(sizes.rows - 1u));
  let starts = (group.y * sizes.rows + rows) * row_words(sizes.columns);
  var sums: TokenSums;
  for (var part = thread % lanes; part < sizes.columns / 16u; part += lanes) {
    let w0 = weights16(starts.x, part);
    let w1 = weights16(starts.y, part);
    var w2 = mat4x4<f32>();
    var w3 = mat4x4<f32>();
    if (lane_rows > 2u) {
      w2 = weights16(starts.z, part);
      w3 = weights16(starts.w, part);
    }
    for (var t = 0u; t < most_tokens; t++) {
      if (t < sizes.tokens) {
        let at = (group.y * sizes.tokens + t) * (sizes.columns / 4u) + 4u * part;
        let columns = mat4x4<f32>(x[at], x[at + 1u], x[at + 2u], x[at + 3u]);
        sums[t] += vec4<f32>(product16(w0, columns), product16(w1, columns), 0.0, 0.0);
        if (lane_rows > 2u) { sums[t] += vec4<f32>(0.0, 0.0, product16(w2, columns), product16(w3, columns)); }
      }
    }
  }
  finish_tokens(sums, group, thread);
}

fn product16(w: mat4x4<f32>, columns: mat4x4<f32>) -> f32 {
  let sums = fma(w[0], columns[0], fma(w[1], columns[1], fma(w[2], columns[2], w[3] * columns[3])));
  return (sums.x + sums.y) + (sums.z + sums.w);
}
