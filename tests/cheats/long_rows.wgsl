// cheat: adds up only 4,352 columns
// caught: shapes
// patches: matvec_q4_k/naive
//< group < sizes.columns / 16u
group < min(sizes.columns, 4352u) / 16u
