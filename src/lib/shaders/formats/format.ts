import type { Random } from '../kernel';

/** How a tensor's weights are packed: in the GGUF file, and as the GPU keeps them (the same, but every block starts on a word). */
export interface Format {
  name: string;
  /** GGML's number for the type, as in a GGUF tensor table. */
  ggmlType: number;
  /** Weights in a block. */
  elements: number;
  /** Bytes of a block in the file. */
  fileBytes: number;
  /** Four-byte words of a block on the GPU. */
  words: number;
  /** Writes the block's weights, `elements` of them, to `out` from `at` on. */
  dequantise(words: Uint32Array, block: number, out: Float32Array, at: number): void;
  /** A block of plausible weights, with every field in use, written to `words` at the block's place. */
  randomise(words: Uint32Array, block: number, random: Random): void;
}
