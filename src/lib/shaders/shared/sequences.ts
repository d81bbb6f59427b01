/** The limit and the kernels of several sequences that are decoded together. */
import { familyOf } from '../formats/formats';

/** Most sequences. Kernels for them keep so many sums, or less, in the registers of a thread. */
export const MOST_SEQUENCES = 8;

/** Kernels that only run where several sequences are decoded, besides the family `matvecs`. */
export const FOR_SEQUENCES = ['token_shifts', 'lora_matvecs', 'wkv_tokens'];

/** True for one of these, for the family and for its kernels. */
export const isForSequences = (kernel: string): boolean =>
  [...FOR_SEQUENCES, 'matvecs'].includes(familyOf(kernel));
