// cheat: takes a second half of tokens that is longer than in any case as zero
// caught: shapes
// patches: matmul_q4_k/strassen
//<   if (id.y + token_half < sizes.tokens) {
  if (id.y + token_half < min(sizes.tokens, 64u)) {
