// The end of a matrix-vector product: a workgroup's `teams` of `lanes` threads have parts of the sums of `lane_rows` rows each, up to
// four: a vector of a thread is one element to set to zero, where numbers would be as many as rows.
var<workgroup> partial_sums: array<vec4<f32>, threads>;

fn finish_lanes(sums: vec4<f32>, group: vec3u, thread: u32) {
  partial_sums[thread % lanes * teams + thread / lanes] = sums;
  workgroupBarrier();
  let row = group.x * group_rows + thread;
  if (thread >= group_rows || row >= sizes.rows) { return; }
  // One thread for each row: its loads do not wait for one another, and no more barriers are needed.
  var sum = 0.0;
  for (var lane = 0u; lane < lanes; lane++) { sum += partial_sums[lane * teams + thread / lane_rows][thread % lane_rows]; }
  finish(sum, group.y * sizes.rows + row);
}
