/** What can be learnt of one shader: does it compile, is it right, how fast is it alone. */
import type { Knob } from '../shaders/variant';

/** A wgsl cell that the user wrote or allowed. */
export interface OwnVariant {
  /** A kernel, or a family of kernels (matmul) for all weight formats that the text allows. */
  kernel: string;
  name: string;
  wgsl: string;
}

/** What is wrong with a shader's text, and where. */
export interface Problem {
  /** From 1, of the cell's own text. */
  line: number;
  /** From 1, in UTF-16 code units. */
  column: number;
  /** In UTF-16 code units; 0 where only the place is known. */
  length: number;
  severity: 'error' | 'warning' | 'info';
  message: string;
}

export interface Compilation {
  /** No errors among them: the shader can run on this device. */
  problems: Problem[];
  /** As far as the text can be read, whether it compiles or not. */
  knobs: Record<string, Knob>;
}

/** The first element of an array that is wrong, with its neighbours. */
export interface WrongElement {
  array: string;
  /** In elements of four bytes, from 0. */
  index: number;
  /** Index of the first of `got` and `want`. */
  from: number;
  got: number[];
  want: number[];
}

/** One kernel at one of its cases. */
export interface CaseOutcome {
  kernel: string;
  /** `rows 64, columns 512, …`: every size of the case. */
  sizes: string;
  passed: boolean;
  /** Normalised mean squared error, the largest of the outputs; undefined where it did not come to that. */
  error: number | undefined;
  /** What the variant states for itself, or its kernel allows. */
  tolerance: number;
  /** Undefined where the error is spread over all elements. */
  wrong?: WrongElement;
  /** Anything else: it does not compile, it wrote where it must not. */
  reason?: string;
}

export interface CheckOutcome {
  passed: boolean;
  cases: CaseOutcome[];
}

/** A variant alone at one shape that the model has. */
export interface AloneRow {
  kernel: string;
  variant: string;
  /** `row_threads=16 step=32` */
  knobs: string;
  /** Of the prompt's chunk. */
  tokens: number;
  /** `rows 2560, columns 2560, …` */
  shape: string;
  /** Uses at this shape in such a chunk. */
  uses: number;
  /** Of one use, the median of the batches; undefined where there is a reason. */
  seconds: number | undefined;
  tflops: number | undefined;
  gigabytesPerSecond: number | undefined;
  /** Largest error of the check before it. */
  error: number | undefined;
  clock: 'gpu' | 'wall' | undefined;
  reason?: string;
}

/** The answers. */
export type ShaderEvent =
  | ({ type: 'compiled' } & Compilation)
  | { type: 'checked'; outcome: CheckOutcome }
  | { type: 'alone'; rows: AloneRow[] };
