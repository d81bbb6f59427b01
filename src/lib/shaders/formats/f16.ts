// F16: half-precision weights, two to a word; the twin of f16.wgsl.
import { f16ToNumber, numberToF16 } from './bits';
import type { Format } from './format';

export const f16: Format = {
  name: 'f16',
  ggmlType: 1,
  elements: 2,
  fileBytes: 4,
  words: 1,
  floats: { exponents: 0x7c007c00 },
  synthesis: { unit: 2 ** -24 },
  dequantise(words, block, out, at) {
    out[at] = f16ToNumber(words[block] & 0xffff);
    out[at + 1] = f16ToNumber(words[block] >>> 16);
  },
  randomise(words, block, random) {
    const low = numberToF16(random() * 2 - 1);
    words[block] = low | (numberToF16(random() * 2 - 1) << 16);
  },
};
