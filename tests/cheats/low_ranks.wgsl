// cheat: uses only the first 160 ranks of a LoRA
// caught: shapes
// patches: lora_matmul/naive
//< k < own.rank
k < min(own.rank, 160u)
