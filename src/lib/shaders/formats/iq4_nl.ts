// IQ4_NL: 32 weights of four bits that stand for numbers of a table, and one scale; the twin of iq4_nl.wgsl. Layout:
// ggml-common.h, block_iq4_nl.
import { IQ4_NUMBERS, nibbles } from './nibbles';

export const iq4_nl = nibbles({
  name: 'iq4_nl',
  ggmlType: 20,
  numberOf: (quant) => IQ4_NUMBERS[quant],
  largest: 127,
});
