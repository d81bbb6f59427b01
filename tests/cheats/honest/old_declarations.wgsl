// honest: comments with old declarations, bindings in another order and under hexadecimal numbers
// kernel: advance
//! Old declarations stay as comments.
//! grid: values / 32

// @group(0) @binding(1) var<storage, read_write> last: array<f32>;
/* @group(0) @binding(3) var<storage, read_write> best: array<u32>;
   /* nested: const threads = 64u; // knob: 64 */ */
@binding(0x5) @group(0) var<storage, read_write> cursor: array<u32>;
@binding(4) @group(0) var<storage, read_write> ids: array<u32>;
@binding(3u) @group(0) var<storage, read> best: array<u32>;
@group(0) @binding(1 + 1) var<storage, read_write> previous: array<f32>;
@group(0) @binding(1) var<storage> last: array<f32>;
struct Sizes { values: u32, tokens: u32, feed: u32, }
@group(0) @binding(0) var<uniform> sizes: Sizes;

@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) at: vec3<u32>) {
  if at.x < sizes.values { previous[at.x] = last[at.x]; }
  if at.x != 0 { return; }
  cursor[0] += sizes.tokens;
  if sizes.feed == 1 { ids[cursor[0]] = best[0]; }
}
