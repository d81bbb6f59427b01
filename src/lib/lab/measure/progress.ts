/** How far a run is. Plain data. */

/** Where a run is. Plain data. */
export interface Progress {
  /** Number of the run, from 1. */
  run: number;
  runs: number;
  /** Settings that make the run again. */
  settings: string;
  phase: Phase;
  /**
   * Of the phase: bytes while loading, kernels while compiling and checking, samples while measuring, rounds of at most
   * `total` while comparing, repetitions while profiling, seconds while tuning, tokens while generating.
   */
  done: number;
  total: number;
  /** The tensor that is being loaded, the kernel that is being checked or tuned; else empty. */
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
  | 'timing';

/** What a run tells of itself on the way. */
export type Report = (phase: Progress['phase'], done?: number, total?: number, what?: string) => void;
