/** Status text of the running cell: its phase, its progress and the estimated time left. */
import type { Progress } from '../../lab/measure/progress';
import { megabytes } from '../session/models';
import { t } from '../words/words.svelte';

/** Phases that come before a run and are not counted in its progress. */
const UNCOUNTED: readonly Progress['phase'][] = ['loading', 'compiling', 'checking'];
const SHORTEST_ESTIMATE_SECONDS = 1;

/**
 * Timing of the running cell, from which the time left is estimated. All times are values of performance.now(), in ms.
 */
export interface Pace {
  /** The current phase: its name, its start time, and the progress (`done`) at that time. */
  phase: { name: string; since: number; from: number };
  /**
   * Times of the end of loading and of the ends of the first and the last finished run, and the number of finished
   * runs.
   */
  runs: { began: number; first: number; last: number; count: number };
}

export const NO_PACE: Pace = {
  phase: { name: '', since: 0, from: 0 },
  runs: { began: 0, first: 0, last: 0, count: 0 },
};

/** Updates the timing at a progress event. `now`: performance.now(). */
export function paceAtProgress(pace: Pace, { phase: name, done }: Progress, now: number): Pace {
  const { phase, runs } = pace;
  return {
    phase: name !== phase.name || done < phase.from ? { name, since: now, from: done } : phase,
    runs: name !== 'loading' && runs.began === 0 ? { ...runs, began: now } : runs,
  };
}

/** Updates the timing when a run has ended. `now`: performance.now(). */
export function paceAfterRun({ phase, runs }: Pace, now: number): Pace {
  const { began, first, count } = runs;
  return { phase, runs: { began, first: count ? first : now, last: now, count: count + 1 } };
}

/** Text of the phase, with the run number and the bytes loaded if they apply. */
export function statusText(progress: Progress | undefined, stopping: boolean): string {
  const words = t().page;
  if (stopping) return words.stopping;
  if (!progress) return words.starting;
  const { phase, run, runs, done, total, what } = progress;
  const loaded = phase === 'loading' && total ? words.loadedOf(megabytes(done), megabytes(total)) : '';
  const place = runs > 1 ? `${words.runOf(run, runs)}: ` : '';
  const detail = loaded || (UNCOUNTED.includes(phase) && phase !== 'loading' ? what : '');
  return `${place}${words.phases[phase]}${detail ? `, ${detail}` : ''}`;
}

/** Estimated time left as text; empty if it is unknown or shorter than SHORTEST_ESTIMATE_SECONDS. */
export function timeLeftText(pace: Pace, progress: Progress, now: number): string {
  const seconds = secondsLeft(pace, progress, now);
  if (seconds < SHORTEST_ESTIMATE_SECONDS) return '';
  return seconds < 90
    ? t().page.secondsLeft(Math.round(seconds))
    : t().page.minutesLeft(Math.round(seconds / 60));
}

/**
 * Estimated seconds left, from the finished runs or, for a single run, from the progress within its phase; 0 if
 * unknown. Loading time is excluded.
 */
export function secondsLeft({ phase, runs }: Pace, progress: Progress, now: number): number {
  const { began, first, last, count } = runs;
  if (progress.runs > 1) {
    if (count === 0) return 0;
    if (count === 1) return ((first - began) / 1000) * (progress.runs - 1);
    // The first run includes compilation that later runs reuse, so it is excluded.
    return ((last - first) / 1000 / (count - 1)) * (progress.runs - count);
  }
  const { done, total } = progress;
  if (UNCOUNTED.includes(progress.phase) || done <= phase.from || total <= done) return 0;
  return ((now - phase.since) / 1000 / (done - phase.from)) * (total - done);
}

/** Completed fraction of all runs, from 0 to 1. */
export function shareDone({ run, runs, done, total, phase }: Progress): number {
  const within = total && !UNCOUNTED.includes(phase) ? done / total : 0;
  return Math.min(1, (run - 1 + within) / Math.max(1, runs));
}
