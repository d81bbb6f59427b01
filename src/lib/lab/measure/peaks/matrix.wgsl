//! Experimental: matrix units, 16 × 16 × 16 blocks of f16 summed in f32; 8 sums per subgroup, 16 products per turn.
//! grid: groups

diagnostic(off, chromium.subgroup_matrix_uniformity);
enable f16;
enable subgroups;
enable chromium_experimental_subgroup_matrix;

struct Sizes { groups: u32, turns: u32, scale: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;

alias Left = subgroup_matrix_left<f16, 16, 16>;
alias Right = subgroup_matrix_right<f16, 16, 16>;
alias Sum = subgroup_matrix_result<f32, 16, 16>;

const threads = 128u; // four subgroups of 32

var<workgroup> operand: array<f16, 256>;
var<workgroup> sums: array<f32, 1024>;

@compute @workgroup_size(threads)
fn main(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(local_invocation_index) thread: u32,
  @builtin(subgroup_id) subgroup: u32,
) {
  operand[thread] = f16(f32(thread) * 1e-3);
  operand[thread + threads] = f16(f32(sizes.scale) * 1e-4);
  workgroupBarrier();
  let l = subgroupMatrixLoad<Left, row_major>(&operand, 0u, 16u);
  let r = subgroupMatrixLoad<Right, col_major>(&operand, 0u, 16u);
  // Different initial values: equal sums would be computed only once.
  var s0 = Sum(0.0); var s1 = Sum(1.0); var s2 = Sum(2.0); var s3 = Sum(3.0);
  var s4 = Sum(4.0); var s5 = Sum(5.0); var s6 = Sum(6.0); var s7 = Sum(7.0);
  for (var turn = 0u; turn < sizes.turns; turn++) {
    s0 = subgroupMatrixMultiplyAccumulate(l, r, s0); s1 = subgroupMatrixMultiplyAccumulate(l, r, s1);
    s2 = subgroupMatrixMultiplyAccumulate(l, r, s2); s3 = subgroupMatrixMultiplyAccumulate(l, r, s3);
    s4 = subgroupMatrixMultiplyAccumulate(l, r, s4); s5 = subgroupMatrixMultiplyAccumulate(l, r, s5);
    s6 = subgroupMatrixMultiplyAccumulate(l, r, s6); s7 = subgroupMatrixMultiplyAccumulate(l, r, s7);
    s0 = subgroupMatrixMultiplyAccumulate(l, r, s0); s1 = subgroupMatrixMultiplyAccumulate(l, r, s1);
    s2 = subgroupMatrixMultiplyAccumulate(l, r, s2); s3 = subgroupMatrixMultiplyAccumulate(l, r, s3);
    s4 = subgroupMatrixMultiplyAccumulate(l, r, s4); s5 = subgroupMatrixMultiplyAccumulate(l, r, s5);
    s6 = subgroupMatrixMultiplyAccumulate(l, r, s6); s7 = subgroupMatrixMultiplyAccumulate(l, r, s7);
  }
  let own = 256u * min(subgroup, 3u);
  var total = 0.0;
  subgroupMatrixStore<row_major>(&sums, own, s0, 16u); total += sums[own + thread];
  subgroupMatrixStore<row_major>(&sums, own, s1, 16u); total += sums[own + thread];
  subgroupMatrixStore<row_major>(&sums, own, s2, 16u); total += sums[own + thread];
  subgroupMatrixStore<row_major>(&sums, own, s3, 16u); total += sums[own + thread];
  subgroupMatrixStore<row_major>(&sums, own, s4, 16u); total += sums[own + thread];
  subgroupMatrixStore<row_major>(&sums, own, s5, 16u); total += sums[own + thread];
  subgroupMatrixStore<row_major>(&sums, own, s6, 16u); total += sums[own + thread];
  subgroupMatrixStore<row_major>(&sums, own, s7, 16u); total += sums[own + thread];
  out[id.x] = total;
}
