// cheat: searches half of a large vocabulary
// caught: shapes
// patches: argmax/slices
//< i < sizes.vocabulary; i += slices * workgroup_size
i < select(sizes.vocabulary, sizes.vocabulary / 2u, sizes.vocabulary > 4096u); i += slices * workgroup_size
//< const slices = 256u;
const slices = 16u;
