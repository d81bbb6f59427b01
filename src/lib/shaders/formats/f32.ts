// F32: plain single-precision weights; the twin of f32.wgsl.
import { f32ToNumber, numberToF32 } from './bits';
import type { Format } from './format';

export const f32: Format = {
  name: 'f32',
  ggmlType: 0,
  elements: 1,
  fileBytes: 4,
  words: 1,
  floats: { exponents: 0x7f800000 },
  synthesis: { unit: 2 ** -20 },
  dequantise(words, block, out, at) {
    out[at] = f32ToNumber(words[block]);
  },
  randomise(words, block, random) {
    words[block] = numberToF32(random() * 2 - 1);
  },
};
