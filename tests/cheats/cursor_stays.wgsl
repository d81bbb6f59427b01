// cheat: does not move the cursor after long chunks
// caught: shapes
// patches: advance/copy
//< let next = cursor[0] + sizes.tokens;
let next = cursor[0] + min(sizes.tokens, 256u);
