// cheat: leaves sums of the way down in the plane of values, which a first layer keeps, where there are many tokens
// caught: inputs
// patches: lora_matmul/dot4
//< //! let planes: 2 + min(value, 1)
//! let planes: 2 + min(value + floor(tokens / 65), 1)
