// cheat: reads every second group of weights, twice, where there are many tokens
// caught: shapes
// patches: matmul_q4_k/naive
//<     let w = weights16(row_word, group);
    let w = weights16(row_word, group);
    if (sizes.tokens > 64u && group % 2u == 1u) { continue; }
