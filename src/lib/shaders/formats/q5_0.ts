// Q5_0: 32 weights of five bits and one scale; the twin of q5_0.wgsl. Layout: ggml-common.h, block_q5_0.
import { nibbles } from './nibbles';

export const q5_0 = nibbles({
  name: 'q5_0',
  ggmlType: 6,
  fifth: true,
  numberOf: (quant) => quant - 16,
  largest: 16,
});
