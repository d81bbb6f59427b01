// synthesise: random weights from a seed, equal to the bit on every GPU, so that a model of any size needs no download.
import type { Arrays, Kernel, Sizes } from '../kernel';
import type { Format } from '../formats/format';
import { f16Bits, f32Bits, randomNumber, randomScale, randomWord } from '../shared/random';

/**
 * weight[at + i] = the tensor's word firstWord + i. A word depends on seed, tensor and its place in the tensor alone,
 * not on how the tensor is cut. Plain formats: numbers with this mean and spread (see `randomNumber`), counted in
 * 2^-20, for f16 in 2^-24. Quantised ones: block scales around spread · 2^-24, and mean 0; where blocks have a minimum, it
 * is lower by mean · 2^-24.
 */
function synthesise(word: Word, { weight }: Arrays, sizes: Sizes) {
  for (let i = 0; i < sizes.words; i++) weight[sizes.at + i] = word(sizes, sizes.firstWord + i);
}

type Word = (sizes: Sizes, position: number) => number;

const wordOf: Record<string, Word> = {
  f32: (sizes, position) => f32Bits(randomNumber(sizes, position, 0)),
  f16: (sizes, position) =>
    f16Bits(randomNumber(sizes, position, 0)) | (f16Bits(randomNumber(sizes, position, 2)) << 16),
  bf16: (sizes, position) =>
    (f32Bits(randomNumber(sizes, position, 0)) >>> 16) |
    (f32Bits(randomNumber(sizes, position, 2)) & 0xffff0000),
  q4_0: (sizes, position) => plainBlockWord(sizes, position, 5),
  q8_0: (sizes, position) => plainBlockWord(sizes, position, 9),
  q4_k: (sizes, position) => superBlockWord(sizes, position, 36, 15),
  q5_k: (sizes, position) => superBlockWord(sizes, position, 44, 31),
  q6_k: sixBitWord,
};

/** Q4_0 and Q8_0: an f16 scale of either sign, then quants, then two bytes of padding. */
function plainBlockWord(sizes: Sizes, position: number, words: number): number {
  const field = position % words;
  const random = randomWord(sizes, position, 1);
  if (field > 0) return field === words - 1 ? random & 0xffff : random;
  const sign = randomWord(sizes, position, 2) & 0x8000;
  return (f16Bits(randomScale(sizes, position)) ^ sign) | (random << 16);
}

/** Q4_K and Q5_K: scale and minimum, sub-scales and sub-minima, then quants from 0 to `largest`. */
function superBlockWord(sizes: Sizes, position: number, words: number, largest: number): number {
  const field = position % words;
  if (field > 3) return randomWord(sizes, position, 0);
  if (field > 0) return subBlocks(sizes, position - field, field);
  const scale = randomScale(sizes, position);
  return f16Bits(scale) | (f16Bits(((scale * largest) >> 1) - sizes.mean) << 16);
}

/** Words 1 to 3 of a block: eight 6-bit sub-scales between 33 and 61, and minima that differ from them by 2 at most. */
function subBlocks(sizes: Sizes, block: number, field: number): number {
  const [low, high, differences] = [1, 2, 3].map((lane) => randomWord(sizes, block, lane));
  const bytes = [0, 8, 16, 24].map((shift) => {
    const lowScale = 33 + ((((low >>> shift) & 255) * 29) >> 8);
    const highScale = 33 + ((((high >>> shift) & 255) * 29) >> 8);
    const lowMinimum = lowScale + ((((differences >>> shift) & 15) * 5) >> 4) - 2;
    const highMinimum = highScale + ((((differences >>> (shift + 4)) & 15) * 5) >> 4) - 2;
    if (field === 1) return lowScale | ((highScale >> 4) << 6);
    if (field === 2) return lowMinimum | ((highMinimum >> 4) << 6);
    return (highScale & 15) | ((highMinimum & 15) << 4);
  });
  return packed(bytes);
}

/** Q6_K: 48 words of quants, 16 signed bytes of magnitude 64 to 127, an f16 scale and two bytes of padding. */
function sixBitWord(sizes: Sizes, position: number): number {
  const field = position % 53;
  const random = randomWord(sizes, position, 0);
  if (field < 48) return random;
  if (field === 52) return f16Bits(randomScale(sizes, position - field));
  return packed(
    [0, 8, 16, 24].map((shift) => {
      const byte = random >>> shift;
      const magnitude = 64 + (byte & 63);
      return byte & 128 ? 256 - magnitude : magnitude;
    }),
  );
}

const packed = (bytes: number[]) => bytes.reduce((word, byte, i) => word | (byte << (8 * i)), 0);

export default (format: Format): Kernel | undefined => format.synthesis && synthesising(format);

const synthesising = (format: Format): Kernel => ({
  about: `Random ${format.name} weights from a seed`,
  reference: (arrays, sizes) => synthesise(wordOf[format.name], arrays, sizes),
  lengths: ({ at, words }) => ({ weight: at + words }),
  inputs: { weight: (length) => new Uint32Array(length) },
  outputs: ['weight'],
  cases: [
    caseOf(format, { blocks: 300, firstBlock: 0, at: 0, seed: 1, tensor: 0 }),
    // The middle of a large tensor, behind something else in the buffer; even numbers around a negative mean.
    caseOf(format, {
      blocks: 7,
      firstBlock: 123_457,
      at: 5,
      seed: 0xfedcba98,
      tensor: 0x9e3779b9,
      mean: -1_000_000,
      even: 1,
    }),
  ],
  tolerance: 0,
  default: format.name,
  plain: format.name,
  keeps: ({ at }) => (at > 0 ? ['weight'] : []),
});

function caseOf({ words }: Format, given: Sizes): Sizes {
  const { blocks, firstBlock, at, seed, tensor, mean = 300_000, even = 0 } = given;
  const place = { words: blocks * words, firstWord: firstBlock * words, at, seed, tensor };
  return { ...place, mean, spread: 5_000, shift: 11, even };
}
