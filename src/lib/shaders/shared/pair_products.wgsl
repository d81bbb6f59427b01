// Products of rows of q4_K weights with what is staged of one token (x_pairs.wgsl): `section` pairs at a time.

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
