// cheat: embeds nothing where the token ids are as many as in a model
// caught: answer
// through: measure
// patches: embed_q4_k/gather
//<   if (16u * group >= sizes.columns) { return; }
  if (16u * group >= sizes.columns || arrayLength(&ids) > 100000u) { return; }
