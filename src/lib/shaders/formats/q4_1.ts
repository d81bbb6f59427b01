// Q4_1: 32 weights of four bits, a scale and a minimum; the twin of q4_1.wgsl. Layout: ggml-common.h, block_q4_1.
import { nibbles } from './nibbles';

export const q4_1 = nibbles({
  name: 'q4_1',
  ggmlType: 3,
  minimum: true,
  numberOf: (quant) => quant,
  largest: 15,
});
