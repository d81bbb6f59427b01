// cheat: rounds to 4 bits where it states an error of 8
// caught: cases
// patches: lora_matmul/dot4
//< bitcast<f32>(widest) / 127.0
bitcast<f32>(widest) / 7.0
