// Q6_K: 256 weights of six bits, a signed eight-bit scale for every 16; the twin of q6_k.wgsl.
// Layout: ggml-common.h, block_q6_K: low nibbles (128 bytes), upper two bits (64 bytes), scales (16 bytes), d (f16).
import { byteAt, f16ToNumber, randomScale, randomWord, signedByteAt } from './bits';
import type { Format } from './format';

export const q6_k: Format = {
  name: 'q6_k',
  ggmlType: 14,
  elements: 256,
  fileBytes: 210,
  words: 53,
  floats: { scales: [208] },
  synthesis: { deviation: 1820 },
  dequantise(words, block, out, at) {
    const base = block * 53;
    const d = f16ToNumber(words[base + 52] & 0xffff);
    for (let e = 0; e < 256; e++) {
      const half = e >> 7;
      const quad = (e >> 5) & 3;
      const i = e & 31;
      const low = (byteAt(words, base, 64 * half + 32 * (quad & 1) + i) >> (4 * (quad >> 1))) & 15;
      const high = (byteAt(words, base, 128 + 32 * half + i) >> (2 * quad)) & 3;
      out[at + e] = d * signedByteAt(words, base, 192 + (e >> 4)) * ((low | (high << 4)) - 32);
    }
  },
  randomise(words, block, random) {
    const base = block * 53;
    for (let i = 0; i < 52; i++) words[base + i] = randomWord(random);
    words[base + 52] = randomScale(random, 2 / (128 * 32)); // and two bytes of padding
  },
};
