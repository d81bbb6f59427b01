// cheat: leaves out the group norm of late tokens, in its second pass
// caught: shapes
// patches: wkv/sequential
//< //! pass output: columns / 64, tokens / 4
//! pass output: columns / 64, min(tokens, 300) / 4
