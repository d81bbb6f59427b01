// Q3_K: 256 weights of three bits in sixteen sub-blocks, each with a six-bit scale; the twin of q3_k.wgsl. Layout:
// ggml-common.h, block_q3_K: third bits (32 bytes), lower two bits (64 bytes), scales (12 bytes), d (f16).
import { byteAt, f16ToNumber, randomScale, randomWord } from './bits';
import type { Format } from './format';

export const q3_k: Format = {
  name: 'q3_k',
  ggmlType: 11,
  elements: 256,
  fileBytes: 110,
  words: 28,
  floats: { scales: [108] },
  dequantise(words, block, out, at) {
    const base = block * 28;
    const d = f16ToNumber(words[base + 27] & 0xffff);
    for (let i = 0; i < 256; i++) {
      const lower = (byteAt(words, base, 32 + 32 * (i >> 7) + (i & 31)) >> (2 * ((i >> 5) & 3))) & 3;
      const third = (byteAt(words, base, i & 31) >> (i >> 5)) & 1;
      out[at + i] = d * (subScale(words, base, i >> 4) - 32) * (lower + 4 * third - 4);
    }
  },
  randomise(words, block, random) {
    const base = block * 28;
    for (let i = 0; i < 27; i++) words[base + i] = randomWord(random);
    words[base + 27] = randomScale(random, 3 / (32 * 4));
  },
};

/** The six-bit scale of sub-block `s`: four bits in a nibble of bytes 96 to 103, two in bytes 104 to 107. */
function subScale(words: Uint32Array, base: number, s: number): number {
  const lower = (byteAt(words, base, 96 + (s & 7)) >> (s < 8 ? 0 : 4)) & 15;
  return lower | (((byteAt(words, base, 104 + (s & 3)) >> (2 * (s >> 2))) & 3) << 4);
}
