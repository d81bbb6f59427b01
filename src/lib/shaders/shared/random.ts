// Random words and numbers for synthesise, by integer arithmetic only; the twin of random.wgsl.
import type { Sizes } from '../kernel';
import { numberToF32 } from '../formats/bits';

/** An integer hash in which every bit of x decides every bit of the result (constants: C. Wellons, hash-prospector). */
function scramble(x: number): number {
  let y = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  y = Math.imul(y ^ (y >>> 15), 0x846ca68b);
  return (y ^ (y >>> 16)) >>> 0;
}

/** The random word of a place in the tensor; lane 0 to 3. */
export function randomWord({ seed, tensor }: Sizes, position: number, lane: number): number {
  return scramble(scramble(4 * position + lane) + scramble(seed ^ scramble(tensor)));
}

/** mean + spread · 2^-shift · n, where n is even over ±2^17 or bell-shaped (a sum of four 16-bit numbers) in the same range. */
export function randomNumber(sizes: Sizes, position: number, lane: number): number {
  const a = randomWord(sizes, position, lane);
  const b = randomWord(sizes, position, lane + 1);
  const bell = (a & 0xffff) + (a >>> 16) + (b & 0xffff) + (b >>> 16) - 131070;
  const even = (a >>> 14) - 131072;
  return sizes.mean + (((sizes.even === 1 ? even : bell) * sizes.spread) >> sizes.shift);
}

/** The scale of the block that starts at a position: spread, 0.7 to 1.3 times, in units of 2^-24. */
export function randomScale(sizes: Sizes, block: number): number {
  return (sizes.spread * (179 + (((randomWord(sizes, block, 0) >>> 16) * 154) >>> 16))) >> 8;
}

/** The f16 of a number of units of 2^-24, which is the smallest f16; bits that do not fit are dropped. */
export function f16Bits(units: number): number {
  const magnitude = Math.abs(units);
  const shift = Math.max(31 - Math.clz32(magnitude), 10) - 10;
  return ((shift << 10) + (magnitude >>> shift)) | (units < 0 ? 0x8000 : 0);
}

/** The bits of the f32 of a number of units of 2^-20; exact below 2^24 units. */
export function f32Bits(units: number): number {
  return numberToF32(units * 2 ** -20);
}
