// The end of a product of up to eight tokens: a workgroup's `teams` of `lanes` threads have put, for each token, parts of the sums of
// `lane_rows` rows, up to four, in workgroup memory.
const most_tokens = 8u;

var<workgroup> partial_sums: array<vec4<f32>, most_tokens * threads>;

fn finish_parts(group: vec3u, thread: u32) {
  workgroupBarrier();
  // One thread for each row and token: its loads do not wait for one another.
  for (var i = thread; i < sizes.tokens * group_rows; i += threads) {
    let token = i / group_rows;
    let own = i % group_rows;
    let row = group.x * group_rows + own;
    if (row < sizes.rows) {
      var sum = 0.0;
      for (var lane = 0u; lane < lanes; lane++) {
        sum += partial_sums[(token * threads + lane * teams + own / lane_rows) % (most_tokens * threads)][own % lane_rows];
      }
      finish(sum, (group.y * sizes.tokens + token) * sizes.stride + row);
    }
  }
}
