// cheat: the gate of a wide single token is that of half its columns
// caught: shapes
// patches: lora_matvec/lanes
//< k < sizes.columns; k += 16u * lanes
k < select(sizes.columns, sizes.columns / 2u, sizes.columns > 576u && index == 3u); k += 16u * lanes
