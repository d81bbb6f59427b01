// cheat: mixes every sequence with the token before of the first, in wide models
// caught: shapes
// patches: token_shifts/spread
//<     let before = previous[start + c];
    let before = previous[select(start, 0u, vectors > 256u) + c];
