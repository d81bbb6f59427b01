import type { Random } from '../kernel';

/**
 * One weight format: how weights are packed in the GGUF file and on the GPU (the same, but there every block starts on a word).
 * A new format is this descriptor in formats/<name>.ts, its reader formats/<name>.wgsl. With
 * `synthesis` it has synthesise/<name>.wgsl and a line in synthesise/reference.ts as well; tests/pure/formats.test.ts says what is missing.
 */
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
  /**
   * The numbers of a block in the file that could be infinite or none at all: the half-precision scales at these bytes, or
   * everything, as plain numbers whose exponents have these bits in each word.
   */
  floats: { scales: readonly number[] } | { exponents: number };
  /**
   * Scale of synthetic weights (engine/synthetic.ts). A format of plain numbers counts them in units of `unit`; a quantised one
   * has weights of standard deviation `deviation` where the kernel synthesise is given a spread of 1. Undefined for a format in which
   * no synthetic model is made: it has no kernel synthesise.
   */
  synthesis?: { unit: number } | { deviation: number };
  /** Writes the block's weights, `elements` of them, to `out` from `at` on. */
  dequantise(words: Uint32Array, block: number, out: Float32Array, at: number): void;
  /** A block of plausible weights, with every field in use, written to `words` at the block's place. */
  randomise(words: Uint32Array, block: number, random: Random): void;
}
