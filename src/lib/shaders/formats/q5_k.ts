// Q5_K: Q4_K with a fifth bit for each weight; the twin of q5_k.wgsl.
// Layout: ggml-common.h, block_q5_K: d, dmin (f16), scales (12 bytes), fifth bits (32 bytes), quants (128 bytes).
import { byteAt, f16ToNumber, randomScale, randomWord } from './bits';
import type { Format } from './format';
import { subBlockMinimum, subBlockScale } from './q4_k';

export const q5_k: Format = {
  name: 'q5_k',
  ggmlType: 13,
  elements: 256,
  fileBytes: 176,
  words: 44,
  floats: { scales: [0, 2] },
  synthesis: { deviation: 447 },
  dequantise(words, block, out, at) {
    const base = block * 44;
    const d = f16ToNumber(words[base] & 0xffff);
    const dmin = f16ToNumber(words[base] >>> 16);
    for (let s = 0; s < 8; s++) {
      const scale = d * subBlockScale(words, base, s);
      const minimum = dmin * subBlockMinimum(words, base, s);
      for (let i = 0; i < 32; i++) {
        const low = (byteAt(words, base, 48 + 32 * (s >> 1) + i) >> (4 * (s & 1))) & 15;
        const fifth = (byteAt(words, base, 16 + i) >> s) & 1;
        out[at + 32 * s + i] = scale * (low + 16 * fifth) - minimum;
      }
    }
  },
  randomise(words, block, random) {
    const base = block * 44;
    for (let i = 1; i < 44; i++) words[base + i] = randomWord(random);
    words[base] = randomScale(random, 2 / (63 * 31)) | (randomScale(random, 1 / 63) << 16);
  },
};
