// Q8_0: 32 weights of eight bits and one scale; the twin of q8_0.wgsl. Layout: ggml-common.h, block_q8_0.
import { f16ToNumber, randomScale, randomWord, signedByteAt } from './bits';
import type { Format } from './format';

export const q8_0: Format = {
  name: 'q8_0',
  ggmlType: 8,
  elements: 32,
  fileBytes: 34,
  words: 9,
  floats: { scales: [0] },
  synthesis: { deviation: 74.85 },
  dequantise(words, block, out, at) {
    const base = block * 9;
    const scale = f16ToNumber(words[base] & 0xffff);
    for (let i = 0; i < 32; i++) out[at + i] = scale * signedByteAt(words, base, 2 + i);
  },
  randomise(words, block, random) {
    const base = block * 9;
    for (let i = 0; i < 9; i++) words[base + i] = randomWord(random);
    words[base] = (words[base] & 0xffff0000) | randomScale(random, 1 / 64);
    words[base + 8] &= 0xffff; // two bytes of padding
  },
};
