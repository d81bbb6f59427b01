// honest: adds up from the last column to the first
// patches: matmul_q4_k/naive
//< for (var group = 0u; group < sizes.columns / 16u; group++) {
for (var left = sizes.columns / 16u; left > 0u; left--) {
    let group = left - 1u;
