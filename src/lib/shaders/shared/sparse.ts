import type { Random } from '../kernel';

/** Columns that a variant may look at together. */
const GROUP = 32;

/** Which columns of a group are not zero: none, one, every other, about one in ten, about half, all. */
const PATTERNS: ((column: number, chosen: number, random: Random) => boolean)[] = [
  () => false,
  (column, chosen) => column === chosen,
  (column) => column % 2 === 1,
  (_column, _chosen, random) => random() < 0.1,
  (_column, _chosen, random) => random() < 0.5,
  () => true,
];

/** Powers of two between the largest and the smallest of the numbers. */
const OCTAVES = 20;

/**
 * Numbers as after relu², some of them negative: groups with zeros in different patterns, and others of very different magnitudes, so
 * that it is seen when small ones are taken for zeros.
 */
export function sparseNumbers(length: number, random: Random): Float32Array {
  const numbers = new Float32Array(length);
  for (let first = 0; first < length; first += GROUP) {
    const nonzero = PATTERNS[Math.floor(random() * PATTERNS.length)];
    const chosen = Math.floor(random() * GROUP);
    for (let column = 0; column < Math.min(GROUP, length - first); column++)
      if (nonzero(column, chosen, random))
        numbers[first + column] = (random() < 0.25 ? -1 : 1) * 2 ** (-OCTAVES * random());
  }
  return numbers;
}
