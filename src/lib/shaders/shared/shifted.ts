// One token's layer norm and token shift, for kernels that multiply the result at once; the twin of shifted_number.wgsl.
import type { Arrays, Sizes } from '../kernel';
import tokenShift from '../token_shift/reference';

/** Weight formats with kernels that join layer norm, token shift and products of one token. */
export const JOINED_FORMATS = ['q4_k'];

/**
 * The planes, one per lerp, that token_shift makes of x (columns), with `vectors`: scale and bias of the norm, then the lerps.
 * Sets `last`.
 */
export function shiftedBy({ x, vectors, previous, last }: Arrays, sizes: Sizes): Float32Array {
  const { columns, lerps } = sizes;
  const shifted = new Float32Array(lerps * columns);
  const [norm_weight, norm_bias] = [0, 1].map((i) => vectors.subarray(i * columns, (i + 1) * columns));
  const lerp = vectors.subarray(2 * columns);
  tokenShift.reference({ x, norm_weight, norm_bias, lerp, previous, shifted, last }, { ...sizes, tokens: 1 });
  return shifted;
}
