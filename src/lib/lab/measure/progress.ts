/** The progress of a run, and the function that reports it. */

/** The state of a run in progress. Plain data. */
export interface Progress {
  /** Number of the run, from 1. */
  run: number;
  runs: number;
  /** Settings that repeat the run. */
  settings: string;
  phase: Phase;
  /**
   * Progress within the phase: bytes while loading, kernels while compiling and checking, samples while measuring,
   * rounds of at most `total` while comparing, repetitions while profiling, seconds while tuning, tokens while
   * generating, evaluating and checking the answer.
   */
  done: number;
  total: number;
  /** The tensor, kernel, shape or settings at hand; empty if there is none. */
  what: string;
}

export type Phase =
  | 'loading'
  | 'compiling'
  | 'checking'
  | 'warming up'
  | 'measuring'
  | 'checking answer'
  | 'comparing'
  | 'profiling'
  | 'measuring peaks'
  | 'tuning'
  | 'prefilling'
  | 'generating'
  | 'evaluating'
  | 'timing';

/** True for a phase in which a shader can hang; a long sample is legitimate. */
export const canHang = (phase: Phase): boolean =>
  phase === 'compiling' || phase === 'checking' || phase === 'checking answer';

/** Reports the progress of a run. */
export type Report = (phase: Progress['phase'], done?: number, total?: number, what?: string) => void;
