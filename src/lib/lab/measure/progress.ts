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
   * generating and evaluating.
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
  | 'comparing'
  | 'profiling'
  | 'measuring peaks'
  | 'tuning'
  | 'prefilling'
  | 'generating'
  | 'evaluating'
  | 'timing';

/** The name of the last check, after those of the kernels: the model's answer with them. */
export const ANSWER = 'the answer';

/** Reports the progress of a run. */
export type Report = (phase: Progress['phase'], done?: number, total?: number, what?: string) => void;
