// cheat: embeds token ids after the 100th as the first
// caught: answer
// through: measure
// settings: prefill=160&chunk=32
// patches: embed_q4_k/gather
//< ids[cursor[0] + token] - sizes.first_row
ids[select(cursor[0] + token, 0u, cursor[0] > 100u)] - sizes.first_row
