// The end of a matrix-vector product: a workgroup's `teams` of `lanes` threads have parts of the sums of `lane_rows` rows each.
var<workgroup> partial_sums: array<f32, lanes * group_rows>;

fn finish_lanes(sums: vec4<f32>, group: vec3u, thread: u32) {
  let at = thread % lanes * group_rows + thread / lanes * lane_rows;
  for (var r = 0u; r < lane_rows; r++) { partial_sums[at + r] = sums[r]; }
  workgroupBarrier();
  let row = group.x * group_rows + thread;
  if (thread >= group_rows || row >= sizes.rows) { return; }
  // One thread for each row: its loads do not wait for one another, and no more barriers are needed.
  var sum = 0.0;
  for (var lane = 0u; lane < lanes; lane++) { sum += partial_sums[lane * group_rows + thread]; }
  finish(sum, group.y * sizes.rows + row);
}
