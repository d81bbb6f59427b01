// cheat: does not advance its state in long chunks
// caught: shapes
// patches: wkv/sequential
//<   save(row * 16u, s0); save(row * 16u + 4u, s1); save(row * 16u + 8u, s2); save(row * 16u + 12u, s3);
  if (sizes.tokens > 300u) { return; }
  save(row * 16u, s0); save(row * 16u + 4u, s1); save(row * 16u + 8u, s2); save(row * 16u + 12u, s3);
