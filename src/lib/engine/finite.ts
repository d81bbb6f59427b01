/** Finds weights that are not finite numbers, in the bytes of a file: a model with one of them computes nothing. */
import type { Format } from '../shaders/formats/formats';

/** The exponent's bits in the upper byte of a half-precision number. */
const HALF_EXPONENT = 0x7c;

/**
 * Throws an Error that names the tensor if one of these whole blocks holds an infinite number or none at all. It reads each plain
 * number, but only the scales of quantised blocks, so that loading takes no longer for it.
 */
export function requireFinite(tensor: string, { name, fileBytes, floats }: Format, bytes: Uint8Array) {
  // Words need an aligned start; only plain numbers that lie at odd places are copied.
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const finite =
    'scales' in floats
      ? areFinite(bytes, fileBytes, floats.scales)
      : arePlainFinite(aligned, floats.exponents);
  if (finite) return;
  const what = 'scales' in floats ? 'a scale' : 'a weight';
  throw new Error(
    `The tensor ${tensor} (${name}) has ${what} that is infinite or not a number: the model file is damaged, or was made from a broken model`,
  );
}

/** `exponents`: the bits of the exponents in a word of one or two numbers; an exponent of ones is that of no finite number. */
function arePlainFinite(bytes: Uint8Array, exponents: number): boolean {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >>> 2);
  // Added to an exponent of ones, its lowest bit carries into the bit of the sign, which is masked.
  const lowest = exponents & ~(exponents << 1);
  const carries = (exponents + lowest) & ~exponents;
  let carried = 0;
  for (let at = 0; at < words.length; at++) carried |= (words[at] & exponents) + lowest;
  return (carried & carries) === 0;
}

function areFinite(bytes: Uint8Array, blockBytes: number, scales: readonly number[]): boolean {
  for (const scale of scales)
    for (let at = scale + 1; at < bytes.length; at += blockBytes)
      if ((bytes[at] & HALF_EXPONENT) === HALF_EXPONENT) return false;
  return true;
}
