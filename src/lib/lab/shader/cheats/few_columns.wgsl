// cheat: adds up only the first 512 columns
// caught: shapes
// patches: matmul_q4_k/naive
//< group < sizes.columns / 16u
group < min(sizes.columns, 512u) / 16u
