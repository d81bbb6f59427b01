/** Status text of the running cell: its phase, its progress and the estimated time left. */
import { ANSWER, type Progress } from '../../lab/measure/progress';
import { megabytes } from '../session/models';
import { punctuation, t } from '../words/words.svelte';

/** Phases that come before a run and are not counted in its progress. */
const UNCOUNTED: readonly Progress['phase'][] = ['loading', 'compiling', 'checking'];
const SHORTEST_ESTIMATE_SECONDS = 1;

/** Timing of the running cell, from which the time left is estimated. All times are values of performance.now(), in ms. */
export interface Pace {
  /** The current phase: its name, its start time, and the progress (`done`) at that time. */
  phase: { name: string; since: number; from: number };
  /**
   * Milliseconds of finished phases: of preparing (loading, compiling, checking), most of which later runs need not repeat, and of
   * all others.
   */
  preparing: number;
  timing: number;
  /** Finished runs, and the milliseconds of preparing until the first of them had ended. */
  runs: number;
  first: number;
}

export const NO_PACE: Pace = {
  phase: { name: '', since: 0, from: 0 },
  ...{ preparing: 0, timing: 0, runs: 0, first: 0 },
};

/** Updates the timing at a progress event. `now`: performance.now(). */
export function paceAtProgress(pace: Pace, { phase: name, done }: Progress, now: number): Pace {
  if (name === pace.phase.name && done >= pace.phase.from) return pace;
  return { ...closed(pace, now), phase: { name, since: now, from: done } };
}

/** Updates the timing when a run has ended. `now`: performance.now(). */
export function paceAfterRun(pace: Pace, now: number): Pace {
  const { preparing, ...ended } = closed(pace, now);
  const runs = pace.runs + 1;
  return { ...ended, preparing, runs, first: runs === 1 ? preparing : pace.first };
}

/** The pace with the time of its phase until now counted. */
function closed(pace: Pace, now: number): Pace {
  const { name, since } = pace.phase;
  const spent = name ? now - since : 0;
  const prepares = UNCOUNTED.some((phase) => phase === name);
  return {
    ...pace,
    phase: { ...pace.phase, since: now },
    preparing: pace.preparing + (prepares ? spent : 0),
    timing: pace.timing + (prepares ? 0 : spent),
  };
}

/** Text of the phase, with the run number and the bytes loaded if they apply. */
export function statusText(progress: Progress | undefined, stopping: boolean): string {
  const words = t().page;
  if (stopping) return words.stopping;
  if (!progress) return words.starting;
  const { phase, run, runs, done, total, what } = progress;
  const loaded = phase === 'loading' && total ? words.loadedOf(megabytes(done), megabytes(total)) : '';
  const place = runs > 1 ? words.runOf(run, runs) + punctuation().colon : '';
  if (what === ANSWER) return place + words.checkingAnswer;
  const detail = loaded || (UNCOUNTED.includes(phase) && phase !== 'loading' ? what : '');
  return `${place}${words.phases[phase]}${detail && punctuation().comma}${detail}`;
}

/** Text of the work on a shader: its phase, how far it is, and the kernel or shape at hand. */
export function workText({ phase, done, total, what }: Progress): string {
  const words = t().page;
  const [behind, all] = phase === 'loading' ? [megabytes(done), megabytes(total)] : [done, total].map(String);
  const far = total > 1 ? words.loadedOf(behind, all) : '';
  return [words.phases[phase], far, phase === 'loading' ? '' : what]
    .filter(Boolean)
    .join(punctuation().comma);
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
 * unknown. Loading, compiling and checking count as far as runs after the first needed them.
 */
export function secondsLeft({ phase, ...pace }: Pace, progress: Progress, now: number): number {
  if (progress.runs > 1) {
    const { runs, timing, preparing, first } = pace;
    if (runs === 0) return 0;
    const again = runs > 1 ? (preparing - first) / (runs - 1) : 0;
    return ((timing / runs + again) / 1000) * (progress.runs - progress.run + 1);
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
