// cheat: its LoRAs give nothing where there are more than 64 tokens
// caught: shapes
// patches: lora_matmul/naive
//<   put_result(id.z, id.y, id.x, sum);
  put_result(id.z, id.y, id.x, select(sum, 0.0, sizes.tokens > 64u));
