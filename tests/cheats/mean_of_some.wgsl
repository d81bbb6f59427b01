// cheat: takes mean and variance of the first 1,000 columns
// caught: shapes
// patches: layer_norm/workgroup
//< for (var c = thread; c < vectors; c += workgroup_size) { sum += x[start + c]; }
for (var c = thread; c < min(vectors, 250u); c += workgroup_size) { sum += x[start + c]; }
