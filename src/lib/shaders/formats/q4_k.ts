// Q4_K: 256 weights of four bits in eight sub-blocks, each with a six-bit scale and minimum; the twin of q4_k.wgsl.
// Layout: ggml-common.h, block_q4_K: d, dmin (f16), scales (12 bytes), quants (128 bytes).
import { byteAt, f16ToNumber, numberToF16, randomScale, randomWord } from './bits';
import type { Format } from './format';

/** The six-bit scale of sub-block `s`, from the 12 bytes at byte 4 of a Q4_K or Q5_K block. */
export function subBlockScale(words: Uint32Array, base: number, s: number): number {
  if (s < 4) return byteAt(words, base, 4 + s) & 63;
  return (byteAt(words, base, 8 + s) & 15) | ((byteAt(words, base, s) >> 6) << 4);
}

/** The six-bit minimum of sub-block `s`, likewise. */
export function subBlockMinimum(words: Uint32Array, base: number, s: number): number {
  if (s < 4) return byteAt(words, base, 8 + s) & 63;
  return (byteAt(words, base, 8 + s) >> 4) | ((byteAt(words, base, 4 + s) >> 6) << 4);
}

export const q4_k: Format = {
  name: 'q4_k',
  ggmlType: 12,
  elements: 256,
  fileBytes: 144,
  words: 36,
  floats: { scales: [0, 2] },
  synthesis: { deviation: 223.1 },
  dequantise(words, block, out, at) {
    const base = block * 36;
    const d = f16ToNumber(words[base] & 0xffff);
    const dmin = f16ToNumber(words[base] >>> 16);
    for (let s = 0; s < 8; s++) {
      const scale = d * subBlockScale(words, base, s);
      const minimum = dmin * subBlockMinimum(words, base, s);
      for (let i = 0; i < 32; i++) {
        const quant = (byteAt(words, base, 16 + 32 * (s >> 1) + i) >> (4 * (s & 1))) & 15;
        out[at + 32 * s + i] = scale * quant - minimum;
      }
    }
  },
  randomise(words, block, random) {
    const base = block * 36;
    for (let i = 1; i < 36; i++) words[base + i] = randomWord(random);
    const scale = randomScale(random, 2 / (63 * 15));
    // Nibbles average 7.5. So a block's weights are about zero, as a model's are: sums of weights whose mean is not zero have the errors of
    // rounded x in common, and a few draws would have many times the error of the others.
    words[base] = scale | (numberToF16((6 + 3 * random()) * f16ToNumber(scale)) << 16);
  },
};
