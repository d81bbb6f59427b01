// BF16: the upper halves of single-precision weights, two to a word; the twin of bf16.wgsl.
import { bf16ToNumber, numberToBf16 } from './bits';
import type { Format } from './format';

export const bf16: Format = {
  name: 'bf16',
  ggmlType: 30,
  elements: 2,
  fileBytes: 4,
  words: 1,
  floats: { exponents: 0x7f807f80 },
  synthesis: { unit: 2 ** -20 },
  dequantise(words, block, out, at) {
    out[at] = bf16ToNumber(words[block] & 0xffff);
    out[at + 1] = bf16ToNumber(words[block] >>> 16);
  },
  randomise(words, block, random) {
    const low = numberToBf16(random() * 2 - 1);
    words[block] = low | (numberToBf16(random() * 2 - 1) << 16);
  },
};
