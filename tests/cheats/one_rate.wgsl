// cheat: computes the learning rate once for all late tokens
// caught: shapes
// patches: wkv_inputs/heads
//< inputs[4u * plane + i]);
inputs[4u * plane + select(i, c, token >= 40u)]);
