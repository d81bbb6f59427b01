/** Converts events that an earlier version of the lab stored to today's names. */
import { upgradeRecord } from '../records/record';
import type { ComparedRun, Comparison, PairComparison } from '../records/comparison';
import type { LabEvent } from './events';

/** Until version 0.2 a peak was called a roof: an event of type `roofs`, and fields of a profile. */
interface OldProfile {
  roofs: unknown;
  rows: { roofSeconds?: number; computeRoof?: number }[];
}

/** The event with today's names; an event that has them already is returned unchanged. */
export function upgradeEvent<Event extends LabEvent>(event: Event): Event {
  if (event.type === 'record') return { ...event, record: upgradeRecord(event.record) };
  const old = event as unknown as { type: string; run?: string; roofs?: unknown; profile?: OldProfile };
  if (old.type === 'roofs') {
    const { roofs, ...others } = old;
    return { ...others, type: 'peaks', peaks: roofs } as unknown as Event;
  }
  // The settings of a failed run were called `run`.
  if (old.type === 'failed' && old.run !== undefined) {
    const { run: settings, ...others } = old;
    return { ...others, settings } as unknown as Event;
  }
  if (event.type === 'tuned' && event.tuned.comparison)
    return { ...event, tuned: { ...event.tuned, comparison: upgradePair(event.tuned.comparison) } };
  if (event.type === 'compared') return { ...event, compared: upgradeComparison(event.compared) };
  if (old.type !== 'profiled' || !old.profile || !('roofs' in old.profile)) return event;
  const { roofs, rows, ...others } = old.profile;
  const upgraded = rows.map(({ roofSeconds: secondsAtPeak, computeRoof: computePeak, ...row }) => ({
    ...row,
    ...{ secondsAtPeak, computePeak },
  }));
  return { ...event, profile: { ...others, peaks: roofs, rows: upgraded } };
}

/** Until version 0.2 the seconds of a compared run's samples were called `seconds`. */
function upgradeComparison(comparison: Comparison): Comparison {
  const runs = comparison.runs as (ComparedRun & { seconds?: number[] })[];
  return {
    ...comparison,
    runs: runs.map(({ seconds, ...run }) => (seconds ? { ...run, sampleSeconds: seconds } : run)),
    against: comparison.against.map(upgradePair),
  };
}

/** Until version 0.2 a comparison was of pairs of samples, not of blocks: its values are the pairs' log-ratios. */
function upgradePair(stored: PairComparison | (PairComparison & OldPair)): PairComparison {
  if (!('first' in stored)) return stored;
  const { first, second, ...pair } = stored;
  return { ...pair, values: first.map((seconds, at) => Math.log(seconds / second[at])), more: undefined };
}

interface OldPair {
  first: number[];
  second: number[];
}
