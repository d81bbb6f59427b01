import type { Random } from '../kernel';
import type { Format } from '../formats/format';

/** A generator of packed weights for a check. */
export const weightsOf = (format: Format) => (length: number, random: Random) => {
  const words = new Uint32Array(length);
  for (let block = 0; block < length / format.words; block++) format.randomise(words, block, random);
  return words;
};
