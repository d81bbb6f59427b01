/** Named arrays, one per storage binding of a kernel; integers and packed weights are Uint32Array. */
export type Arrays = Record<string, Float32Array | Uint32Array>;
/** Named lengths: the fields of the kernel's `Sizes` uniform, in order. */
export type Sizes = Record<string, number>;
/** A repeatable source of numbers, at least 0 and below 1. */
export type Random = () => number;

/** The contract of all variants of a kernel: `src/lib/shaders/<kernel>/reference.ts` default-exports one. */
export interface Kernel {
  /** One line that says what the kernel computes. */
  about: string;
  /** The kernel in plain TypeScript: reads the inputs, fills the outputs. Written to be read, not to be fast. */
  reference(arrays: Arrays, sizes: Sizes): void;
  /** Number of four-byte elements of each storage array. */
  lengths(sizes: Sizes): Record<string, number>;
  /** Generators for inputs that are not plain numbers between −1 and 1: token ids, packed weights, decays. */
  inputs?: Record<string, (length: number, random: Random, sizes: Sizes) => Float32Array | Uint32Array>;
  /** Inputs that may be zero for the most part, as after relu²: they are checked with many zeros, besides data with none. */
  sparse?: string[];
  /** Names of the arrays that the kernel writes; the others must stay unchanged. */
  outputs: string[];
  /** Sizes to check at; in at least one case, no size should be a multiple of a tile size. */
  cases: Sizes[];
  /** Largest allowed normalised mean squared error: mean (got − want)² / mean want². Zero: equal bit for bit. */
  tolerance: number;
  /** Floating-point operations, a multiply-add as two; only for kernels with enough of them to be judged by. */
  flop?(sizes: Sizes): number;
  /** Name of the best portable variant, which runs by default. */
  default: string;
  /**
   * The families of the kernels that do the same one after another, if the kernel only joins what others do: it then has a
   * variant `apart` without passes, which leaves the work to them.
   */
  instead?: string[];
  /** Name of the simplest exact portable variant: what others are compared with at a model's own shapes. */
  plain: string;
  /** The outputs whose former content matters (a residual, a state), by default none; the others are poisoned. */
  keeps?(sizes: Sizes): string[];
  /** Number of runs on different data at a model's shape, by default 2; more where a result says little about it. */
  rounds?: number;
}

/** The choice with which a whole model computes a kernel's part most simply: a kernel that only joins others is left to them. */
export const plainChoice = ({ instead, plain }: Pick<Kernel, 'instead' | 'plain'>): string =>
  instead ? 'apart' : plain;

/** Codes of the checks that refuse a variant; docs/cheats.md explains each. */
export type RefusalCode =
  /** Read-write where only reading is allowed, or a buffer named like another. */
  | 'bindings'
  /** No workgroups where there is work to do. */
  | 'passes'
  /** Wrong at one of its kernel's cases, against the CPU reference. */
  | 'cases'
  /** Wrong at a shape of the model, against the kernel's plain variant. */
  | 'shapes'
  /** Wrong only in a later run of the same pipeline on other data. */
  | 'again'
  /** Not-a-number or infinity in an output. */
  | 'nan'
  /** Writes before or past an array. */
  | 'guards'
  /** Changes its inputs. */
  | 'inputs'
  /** No room beside the model for a check. */
  | 'memory'
  /** Faster than this GPU can be. */
  | 'impossible'
  /** Wrong after it was timed. */
  | 'answer';

/** A variant or a time that the lab does not accept. The message ends with the code in brackets. */
export class Refusal extends Error {
  constructor(
    readonly code: RefusalCode,
    message: string,
  ) {
    super(`${message} [${code}]`);
  }
}

/** A stated error above this is too inexact for a verdict or a tuned setting; its speed is shown all the same. */
const INEXACT = 1e-3;

/** True if a variant states an error above 1e-3: it gets a speed, but never a verdict. */
export const isInexact = ({ error = 0 }: { error?: number }) => !(error <= INEXACT);

/** mulberry32: small, seeded, the same in every JavaScript engine. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
