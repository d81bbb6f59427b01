// Q2_K: 256 weights of two bits in sixteen sub-blocks, each with a four-bit scale and minimum; the twin of q2_k.wgsl.
// Layout: ggml-common.h, block_q2_K: scales and minima (16 bytes), quants (64 bytes), d, dmin (f16).
import { byteAt, f16ToNumber, randomScale, randomWord } from './bits';
import type { Format } from './format';

export const q2_k: Format = {
  name: 'q2_k',
  ggmlType: 10,
  elements: 256,
  fileBytes: 84,
  words: 21,
  floats: { scales: [80, 82] },
  dequantise(words, block, out, at) {
    const base = block * 21;
    const d = f16ToNumber(words[base + 20] & 0xffff);
    const dmin = f16ToNumber(words[base + 20] >>> 16);
    for (let i = 0; i < 256; i++) {
      const both = byteAt(words, base, i >> 4);
      // Each half of 128 weights has 32 bytes of quants, and each byte two bits of four weights that lie 32 apart.
      const quant = (byteAt(words, base, 16 + 32 * (i >> 7) + (i & 31)) >> (2 * ((i >> 5) & 3))) & 3;
      out[at + i] = d * (both & 15) * quant - dmin * (both >> 4);
    }
  },
  randomise(words, block, random) {
    const base = block * 21;
    for (let i = 0; i < 20; i++) words[base + i] = randomWord(random);
    words[base + 20] = randomScale(random, 2 / (15 * 3)) | (randomScale(random, 1 / 15) << 16);
  },
};
