// Bytes, half-precision numbers and random fields inside arrays of little-endian words.
import type { Random } from '../kernel';

const word = new Uint32Array(1);
const single = new Float32Array(word.buffer);

/** The f32 whose bits these are. */
export function f32ToNumber(bits: number): number {
  word[0] = bits;
  return single[0];
}

/** The bits of the nearest f32. */
export function numberToF32(value: number): number {
  single[0] = value;
  return word[0];
}

/** The IEEE half-precision number whose 16 bits these are. */
export function f16ToNumber(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? (1024 + fraction) * 2 ** (exponent - 25) : fraction * 2 ** -24);
}

/** The 16 bits of the nearest half-precision number (ties to even; too large becomes infinity). */
export function numberToF16(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (magnitude >= 65520) return sign | 0x7c00;
  const exponent = Math.max(-14, exponentOf(magnitude));
  // Counted in units of the last place, so that a fraction that rounds up to 2048 carries into the exponent by itself.
  const units = roundHalfToEven(magnitude * UNITS[exponent + 14]);
  return sign | (units + (exponent + 14) * 1024);
}

/** Units of the last place in one, for each exponent of a half-precision number from −14: a table is faster than powers. */
const UNITS = Float64Array.from({ length: 30 }, (_, index) => 2 ** (24 - index));

const double = new Float64Array(1);
const halves = new Uint32Array(double.buffer);

/** The exponent in the bits of a positive number; −1023 for zero and for numbers that are not normal. */
function exponentOf(value: number): number {
  double[0] = value;
  return (halves[1] >>> 20) - 1023;
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

/** The bfloat16 number whose 16 bits these are. */
export function bf16ToNumber(bits: number): number {
  return f32ToNumber((bits & 0xffff) << 16);
}

/** The 16 bits of the nearest bfloat16 number (rounded from f32, ties to even). */
export function numberToBf16(value: number): number {
  const bits = numberToF32(value);
  if (Number.isNaN(value)) return 0x7fc0;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

/** Byte `index` of a block that starts at word `base`. */
export function byteAt(words: Uint32Array, base: number, index: number): number {
  return (words[base + (index >> 2)] >>> ((index & 3) * 8)) & 255;
}

/** Byte `index` of a block that starts at word `base`, as a number from −128 to 127. */
export function signedByteAt(words: Uint32Array, base: number, index: number): number {
  return (byteAt(words, base, index) << 24) >> 24;
}

/** A number whose 32 bits are all random. */
export function randomWord(random: Random): number {
  return Math.floor(random() * 4294967296) >>> 0;
}

/** The f16 bits of a number between `largest / 2` and `largest`, of either sign: a block's scale, never zero, never infinite. */
export function randomScale(random: Random, largest: number): number {
  const magnitude = largest * (0.5 + random() / 2);
  return numberToF16(random() < 0.5 ? -magnitude : magnitude);
}
