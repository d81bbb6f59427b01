// IQ4_XS: 256 weights of four bits that stand for numbers of a table, in eight sub-blocks, each with a six-bit scale; the
// twin of iq4_xs.wgsl. Layout: ggml-common.h, block_iq4_xs: d (f16), upper bits of scales (2 bytes), lower bits (4 bytes),
// quants (128 bytes).
import { byteAt, f16ToNumber, randomScale, randomWord } from './bits';
import type { Format } from './format';
import { IQ4_NUMBERS } from './nibbles';

export const iq4_xs: Format = {
  name: 'iq4_xs',
  ggmlType: 23,
  elements: 256,
  fileBytes: 136,
  words: 34,
  floats: { scales: [0] },
  dequantise(words, block, out, at) {
    const base = block * 34;
    const d = f16ToNumber(words[base] & 0xffff);
    for (let s = 0; s < 8; s++) {
      const lower = (words[base + 1] >>> (4 * s)) & 15;
      const scale = d * ((lower | (((words[base] >>> (16 + 2 * s)) & 3) << 4)) - 32);
      for (let i = 0; i < 16; i++) {
        const pair = byteAt(words, base, 8 + 16 * s + i);
        out[at + 32 * s + i] = scale * IQ4_NUMBERS[pair & 15];
        out[at + 32 * s + i + 16] = scale * IQ4_NUMBERS[pair >> 4];
      }
    }
  },
  randomise(words, block, random) {
    const base = block * 34;
    for (let i = 0; i < 34; i++) words[base + i] = randomWord(random);
    words[base] = (words[base] & 0xffff0000) | randomScale(random, 3 / (32 * 127));
  },
};
