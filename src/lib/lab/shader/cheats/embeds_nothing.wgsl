// cheat: embeds only the first 16 tokens
// caught: shapes
// patches: embed_q4_k/gather
//<   if (16u * group >= sizes.columns) { return; }
  if (16u * group >= sizes.columns || token >= 16u) { return; }
