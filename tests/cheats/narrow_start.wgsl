// cheat: multiplies no more columns than the widest case has
// caught: shapes
// patches: channel_mix_start_q4_k/naive
//< k < sizes.columns; k += 16u
k < min(sizes.columns, 4352u); k += 16u
