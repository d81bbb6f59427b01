/** Settings with the plain variants, which software GPUs compile fastest and which every check compiles anyway. */
export const PLAIN = [
  'matmul=naive',
  'matvec=naive',
  'layer_norm=naive',
  'lora_matmul=naive',
  'lora_matvec=naive',
  'wkv=naive',
  'wkv_token=separate',
  'token_shift=separate',
  'argmax=naive',
  'softmax=naive',
];
