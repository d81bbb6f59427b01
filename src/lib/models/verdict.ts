/** Whether a model fits a GPU, from what it needs and what was measured. Does not import the engine: the page shows it. */
import type { MeasuredRoom } from '../engine/room';

export type { MeasuredRoom };

/** The chunk for which the page says what a model needs. */
export const CHUNK = 256;

/** Bytes on the GPU. */
export interface Fit {
  weights: number;
  state: number;
  /** About what a chunk's activations take. */
  activations: number;
  /** The part of them that each token of the chunk adds. */
  tokenBytes: number;
  /** Why it does not fit, as far as the limits of the adapter tell. */
  refusal?: string;
}

/** Whether a model fits into the measured room. */
export type Verdict =
  /** Its buffers are too large for the limits of the adapter. */
  | { is: 'refused'; why: string }
  /** Nothing was measured, or not so much. */
  | { is: 'unknown' }
  | { is: 'fits' }
  /** Only in chunks of so many tokens, or fewer. */
  | { is: 'lower'; chunk: number }
  | { is: 'tooLarge' };

/** All that a model needs on the GPU, in bytes. */
export const needed = ({ weights, state, activations }: Fit): number => weights + state + activations;

/** Smallest chunk that is worth naming. */
const LEAST_CHUNK = 16;

/** Whether a model fits into the room that was measured, and in which chunks it would. */
export function verdictOf(fit: Fit, chunk: number, room: MeasuredRoom | undefined): Verdict {
  if (fit.refusal) return { is: 'refused', why: fit.refusal };
  if (!room) return { is: 'unknown' };
  const over = needed(fit) - room.bytes;
  if (over <= 0) return { is: 'fits' };
  if (room.end === 'most') return { is: 'unknown' };
  const possible = chunk - Math.ceil(over / fit.tokenBytes);
  return possible >= LEAST_CHUNK
    ? { is: 'lower', chunk: 2 ** Math.floor(Math.log2(possible)) }
    : { is: 'tooLarge' };
}
