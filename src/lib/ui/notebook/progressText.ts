/** Status text of the running cell: its phase, its progress and the estimated time left. */
import type { Phase, Progress } from '../../lab/measure/progress';
import { megabytes } from '../session/models';
import { punctuation, t } from '../words/words.svelte';

/** Phases that come before a run and are not counted in its progress. */
const UNCOUNTED: readonly Phase[] = ['loading', 'compiling', 'checking'];
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
  /** The largest completed fraction until now: work that is found on the way, such as another sample to check, takes nothing back. */
  share: number;
}

export const NO_PACE: Pace = {
  phase: { name: '', since: 0, from: 0 },
  ...{ preparing: 0, timing: 0, runs: 0, first: 0, share: 0 },
};

/** Updates the timing at a progress event. `now`: performance.now(). */
export function paceAtProgress(before: Pace, progress: Progress, now: number): Pace {
  const { phase: name, done } = progress;
  const pace = { ...before, share: Math.max(before.share, shareDone(progress)) };
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

/** Phases whose text says how far they are; others end soon, or have a share or a time left to show. */
const COUNTED: readonly Phase[] = ['loading', 'compiling', 'checking', 'checking answer'];

/** Text of the phase: the number of the run, how far it is, and the kernel at hand, if they apply. */
export function statusText(progress: Progress | undefined, stopping: boolean): string {
  const words = t().page;
  if (stopping) return words.stopping;
  if (!progress) return words.starting;
  const { phase, run, runs } = progress;
  const place = runs > 1 ? words.runOf(run, runs) + punctuation().colon : '';
  return place + (COUNTED.includes(phase) ? workText(progress) : words.phases[phase]);
}

/** Text of the work on a shader: its phase, how far it is, and the kernel or shape at hand. */
export function workText({ phase, done, total, what }: Progress): string {
  const words = t().page;
  const [behind, all] = phase === 'loading' ? [megabytes(done), megabytes(total)] : [done, total].map(String);
  const unit = phase === 'checking answer' ? words.tokensOf : words.loadedOf;
  const far = total > 1 ? unit(behind, all) : '';
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

/** The part of a run that the check of its answer takes, estimated. */
const ANSWER_PART = 0.2;

/** Completed fraction of all runs, from 0 to 1. */
export function shareDone({ run, runs, done, total, phase }: Progress): number {
  const share = total && !UNCOUNTED.includes(phase) ? done / total : 0;
  const within =
    phase === 'measuring'
      ? share * (1 - ANSWER_PART)
      : phase === 'checking answer'
        ? 1 - ANSWER_PART * (1 - share)
        : share;
  return Math.min(1, (run - 1 + within) / Math.max(1, runs));
}
