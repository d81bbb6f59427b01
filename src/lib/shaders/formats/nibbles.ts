// Formats with blocks of 32 weights: a scale, perhaps a minimum, perhaps a fifth bit for each weight, then nibbles.
import { byteAt, f16ToNumber, randomScale, randomWord } from './bits';
import type { Format } from './format';

/** The numbers that the nibbles of the IQ4 formats stand for: kvalues_iq4nl of ggml-common.h. */
export const IQ4_NUMBERS = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

/** The properties in which these formats differ. */
interface Nibbles {
  name: string;
  ggmlType: number;
  /** True: an f16 follows the scale and is added to each weight. */
  minimum?: boolean;
  /** True: four bytes before the nibbles have a fifth bit for each weight. */
  fifth?: boolean;
  /** The number that the scale multiplies. */
  numberOf(quant: number): number;
  /** The largest magnitude of such a number. */
  largest: number;
}

/** The format of blocks that hold, in this order, an f16 scale, the minimum, the fifth bits and 16 bytes of nibbles. */
export function nibbles({ name, ggmlType, minimum, fifth, numberOf, largest }: Nibbles): Format {
  const fifths = minimum ? 4 : 2;
  const first = fifths + (fifth ? 4 : 0);
  const fileBytes = first + 16;
  const words = Math.ceil(fileBytes / 4);
  return {
    name,
    ggmlType,
    elements: 32,
    fileBytes,
    words,
    floats: { scales: minimum ? [0, 2] : [0] },
    dequantise(array, block, out, at) {
      const base = block * words;
      const scale = f16ToNumber(array[base] & 0xffff);
      const added = minimum ? f16ToNumber(array[base] >>> 16) : -0; // which leaves a zero's sign as it is
      for (let i = 0; i < 32; i++) {
        const nibble = (byteAt(array, base, first + (i & 15)) >> (i < 16 ? 0 : 4)) & 15;
        const bit = fifth ? (byteAt(array, base, fifths + (i >> 3)) >> (i & 7)) & 1 : 0;
        out[at + i] = scale * numberOf(nibble | (bit << 4)) + added;
      }
    },
    randomise(array, block, random) {
      const base = block * words;
      for (let i = 0; i < words; i++) array[base + i] = randomWord(random);
      const scale = randomScale(random, 2 / largest);
      array[base] = minimum ? scale | (randomScale(random, 1) << 16) : (array[base] & 0xffff0000) | scale;
      if (fileBytes % 4) array[base + words - 1] &= 0xffff; // two bytes of padding
    },
  };
}
