// Q5_1: 32 weights of five bits, a scale and a minimum; the twin of q5_1.wgsl. Layout: ggml-common.h, block_q5_1.
import { nibbles } from './nibbles';

export const q5_1 = nibbles({
  name: 'q5_1',
  ggmlType: 7,
  minimum: true,
  fifth: true,
  numberOf: (quant) => quant,
  largest: 31,
});
