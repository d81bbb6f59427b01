//! One thread per row of a head's state, which stays in its registers from the first token of the chunk to the last.
//! pass recurrence: columns / rows
//! pass output: columns / 64, tokens
//! use: wkv_output

struct Sizes { columns: u32, tokens: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> inputs: array<f32>;           // 6 × tokens × columns: r k v w a b
@group(0) @binding(2) var<storage, read> gate: array<f32>;             // tokens × columns
@group(0) @binding(3) var<storage, read> norm_weight: array<f32>;      // columns
@group(0) @binding(4) var<storage, read> norm_bias: array<f32>;        // columns
@group(0) @binding(5) var<storage, read> bonus: array<f32>;            // columns
@group(0) @binding(6) var<storage, read_write> state: array<vec4<f32>>; // heads × 64 × 64
@group(0) @binding(7) var<storage, read_write> out: array<f32>;        // tokens × columns

const rows = 32u;  // knob: 16 32 64
const staged = 8u; // knob: 2 4 8

// The planes that run along the keys, in the order they are used. The value, one number a row, is read directly.
const planes = 5u;
const plane_of = array<u32, planes>(4u, 3u, 1u, 5u, 0u); // a w k b r
var<workgroup> tile: array<vec4<f32>, staged * planes * 16u>;

@compute @workgroup_size(rows)
fn recurrence(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let row = group.x * rows + thread; // of all heads' rows: also the channel of v and y
  let head = group.x * rows / 64u;
  var s: array<vec4<f32>, 16>;
  for (var j = 0u; j < 16u; j++) { s[j] = state[row * 16u + j]; }

  for (var first = 0u; first < sizes.tokens; first += staged) {
    workgroupBarrier();
    stage(first, head, thread);
    workgroupBarrier();
    for (var t = 0u; t < min(staged, sizes.tokens - first); t++) {
      let at = t * planes * 16u;
      let value = inputs[(2u * sizes.tokens + first + t) * sizes.columns + row];
      var sa4 = vec4<f32>();
      for (var j = 0u; j < 16u; j++) { sa4 = fma(s[j], tile[at + j], sa4); }
      let sa = sa4.x + sa4.y + sa4.z + sa4.w;
      var y4 = vec4<f32>();
      for (var j = 0u; j < 16u; j++) {
        s[j] = fma(s[j], tile[at + 16u + j], fma(vec4<f32>(value), tile[at + 32u + j], sa * tile[at + 48u + j]));
        y4 = fma(s[j], tile[at + 64u + j], y4);
      }
      out[(first + t) * sizes.columns + row] = y4.x + y4.y + y4.z + y4.w;
    }
  }
  for (var j = 0u; j < 16u; j++) { state[row * 16u + j] = s[j]; }
}

fn stage(first: u32, head: u32, thread: u32) {
  for (var i = thread; i < staged * planes * 16u; i += rows) {
    let token = min(first + i / (planes * 16u), sizes.tokens - 1u);
    let start = (plane_of[i / 16u % planes] * sizes.tokens + token) * sizes.columns + head * 64u + 4u * (i % 16u);
    tile[i] = vec4<f32>(inputs[start], inputs[start + 1u], inputs[start + 2u], inputs[start + 3u]);
  }
}

@compute @workgroup_size(64)
fn output(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  head_output(group.x, group.y, thread);
}
