// One token, shifted by a lerp as its columns are staged for products with rows of q4_K weights: `most_fours` columns at a time.
const section = most_fours / 16u; // of 64 columns

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
