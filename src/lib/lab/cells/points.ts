/** The points of a sweep: what makes two of them the same, and which are known. Plain data, for the page and the worker. */
import { kernelOf, membersOf, type Catalogue } from '../experiment/catalogue';
import { isNumberName, NUMBERS } from '../experiment/descriptors';
import type { Run } from '../experiment/expand';
import { formatQuery, writtenSettings } from '../experiment/settings';
import { hashTexts, medianRate, type RunRecord } from '../records/record';
import { median } from '../statistics/descriptive';
import type { OwnVariant } from '../../shaders/variant';

/** A point that need not be measured. */
export interface KnownPoint {
  /** See placeOf. */
  place: string;
  /** The worker measures it anew if its kernels have another hash now; undefined: not even then, because it failed. */
  kernelHash?: string;
}

/** How thoroughly a sweep is measured. `ahead`: nothing is timed; what may be asked for next is compiled and checked. */
export type Effort = 'full' | 'quick' | 'ahead';

/** The settings of a run without those that say only how often it is timed: runs at the same place have the same result. */
export const placeOf = (settings: string): string =>
  formatQuery(
    writtenSettings(settings)
      .filter(({ key }) => !(isNumberName(key) && NUMBERS[key].effect === 'timing'))
      .map(({ key, values }) => [key, values] as const),
  );

/** Hash of the notebook's own shaders that a run uses, 8 hex digits; empty if it uses none. */
export function ownHash(
  { variants }: Pick<Run, 'variants'>,
  own: readonly OwnVariant[],
  catalogue: Catalogue,
): string {
  const used = own.filter(({ kernel, name }) => {
    const members = membersOf(kernel, catalogue);
    return Object.entries(variants).some(
      ([key, chosen]) => chosen.name === name && members.includes(kernelOf(key)),
    );
  });
  if (used.length === 0) return '';
  return hashTexts(Object.fromEntries(used.map(({ kernel, name, wgsl }) => [`${kernel}/${name}`, wgsl])));
}

/** The key of a kept point. `own`: see ownHash. */
export const pointKey = (place: string, own: string, adapter: string, labVersion: string): string =>
  [place, own, adapter, labVersion].join('\n');

/** Seconds that a run of a record takes in samples and warm-up, when it is measured with so many samples. */
export function secondsToMeasure(record: RunRecord, samples: number, warmupSeconds = 0.5): number {
  const { prefill, prefillSeconds, repetitions = 1, sequences, sequencesSeconds } = record;
  const sample = prefill / medianRate(prefill, prefillSeconds);
  const decodeSeconds = sequencesSeconds ?? record.decodeSeconds;
  // Sequences read their prompts one after another.
  const reading = sequencesSeconds ? sequences * sample : 0;
  const decoding = decodeSeconds.length ? reading + median(decodeSeconds) : 0;
  return Math.max(warmupSeconds, sample + decoding) + samples * (repetitions * sample + decoding);
}
