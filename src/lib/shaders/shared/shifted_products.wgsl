// Products of rows of q4_K weights with one token, which is shifted by a lerp as its columns are staged: `most_fours` columns at a time.
const section = most_fours / 16u; // of 64 columns

// A lane's part of its rows' sums over the staged section from the pair `start` on. `first`: the weights of the lane's first pair.
fn section_products(first: Pairs, starts: vec4<u32>, start: u32, lane: u32) -> vec4<f32> {
  let end = min(start + section, sizes.columns / 64u);
  var sums = vec4<f32>();
  var next = first;
  for (var pair = start + lane; pair < end; pair += lanes) {
    let now = next;
    next = fetch_pairs(starts, min(pair + lanes, end - 1u), lane_rows);
    sums = add_pairs(sums, now, pair, staged_x(pair - start));
  }
  return sums;
}

// Shifts the columns of a section, then rounds them.
fn stage(fours: Fours, norm: vec2<f32>, thread: u32) {
  workgroupBarrier();
  for (var i = 0u; i < own_fours; i++) { exchanged[i * threads + thread] = shifted(fours[i], norm); }
  workgroupBarrier();
  for (var block = thread; block < most_fours / 4u; block += threads) {
    let at = 4u * block;
    let v = mat4x4<f32>(exchanged[at], exchanged[at + 1u], exchanged[at + 2u], exchanged[at + 3u]);
    stage_block(v, block / 4u, block % 4u);
  }
  workgroupBarrier();
}
