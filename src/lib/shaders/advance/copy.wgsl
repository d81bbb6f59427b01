//! One thread per value; the first also moves the cursor.
//! grid: values / workgroup_size

struct Sizes { values: u32, tokens: u32, feed: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> last: array<f32>;             // layers × 2 × columns
@group(0) @binding(2) var<storage, read_write> previous: array<f32>;   // layers × 2 × columns
@group(0) @binding(3) var<storage, read> best: array<u32>;             // feed
@group(0) @binding(4) var<storage, read_write> ids: array<u32>;        // the prompt and what follows
@group(0) @binding(5) var<storage, read_write> cursor: array<u32>;     // 1: the chunk's first token

const workgroup_size = 256u; // knob: 64 256

@compute @workgroup_size(workgroup_size)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < sizes.values) { previous[id.x] = last[id.x]; }
  if (id.x == 0u) {
    let next = cursor[0] + sizes.tokens;
    cursor[0] = next;
    for (var i = 0u; i < sizes.feed; i++) { ids[next + i] = best[i]; }
  }
}
