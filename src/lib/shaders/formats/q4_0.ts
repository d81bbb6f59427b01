// Q4_0: 32 weights of four bits and one scale; the twin of q4_0.wgsl. Layout: ggml-common.h, block_q4_0.
import { byteAt, f16ToNumber, randomScale, randomWord } from './bits';
import type { Format } from './format';

export const q4_0: Format = {
  name: 'q4_0',
  ggmlType: 2,
  elements: 32,
  fileBytes: 18,
  words: 5,
  floats: { scales: [0] },
  synthesis: { deviation: 4.696 },
  dequantise(words, block, out, at) {
    const base = block * 5;
    const scale = f16ToNumber(words[base] & 0xffff);
    for (let i = 0; i < 16; i++) {
      const pair = byteAt(words, base, 2 + i); // weight i in the low nibble, weight i + 16 in the high one
      out[at + i] = scale * ((pair & 15) - 8);
      out[at + i + 16] = scale * ((pair >> 4) - 8);
    }
  },
  randomise(words, block, random) {
    const base = block * 5;
    for (let i = 0; i < 5; i++) words[base + i] = randomWord(random);
    words[base] = (words[base] & 0xffff0000) | randomScale(random, 1 / 4);
    words[base + 4] &= 0xffff; // two bytes of padding
  },
};
