// honest: two-dimensional workgroup memory, and workgroups that are no power of two
// kernel: matmul_f32
//! Tiles of 10 × 12 results.
//! grid: rows / 12, tokens / 10, batch
//! use: epilogue

struct Sizes { rows: u32, columns: u32, tokens: u32, batch: u32, stride: u32, epilogue: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;
const wide: u32 = 12;
const high: u32 = 10;
const deep: u32 = 8;
var<workgroup> rows_tile: array<array<f32, deep>, wide>;
var<workgroup> tokens_tile: array<array<f32, deep>, high>;

@compute @workgroup_size(wide, high)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) id: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let first = vec2u(group.x * wide, group.y * high);
  var sum = 0.0;
  for (var k = 0u; k < sizes.columns; k += deep) {
    workgroupBarrier();
    if (thread < wide * deep) {
      let row = min(first.x + thread / deep, sizes.rows - 1);
      rows_tile[thread / deep][thread % deep] = weight[(group.z * sizes.rows + row) * sizes.columns + k + thread % deep];
    }
    if (thread < high * deep) {
      let token = min(first.y + thread / deep, sizes.tokens - 1);
      tokens_tile[thread / deep][thread % deep] = x[(group.z * sizes.tokens + token) * sizes.columns + k + thread % deep];
    }
    workgroupBarrier();
    for (var i = 0u; i < deep; i++) { sum += rows_tile[id.x][i] * tokens_tile[id.y][i]; }
  }
  let at = first + id.xy;
  if (at.x < sizes.rows && at.y < sizes.tokens) { finish(sum, (group.z * sizes.tokens + at.y) * sizes.stride + at.x); }
}
