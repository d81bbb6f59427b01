/** The lines of a saved picture about its origin, and the name of its file. */
import { browserOf } from '../../lab/records/agent';
import { knownTime, type RunRecord } from '../../lab/records/record';
import { type ChartWords, locale } from '../words/words.svelte';

/** Place and time of a measurement; each is left out if it is not known. */
export interface Origin {
  model?: string;
  adapter?: string;
  agent?: string;
  /** ISO 8601. */
  startedAt?: string;
  warnings?: readonly string[];
}

/** The lines under a picture: models, GPU, browser and day, then the warnings by their names. */
export function captionOf(origins: readonly Origin[], words: ChartWords): string[] {
  const distinct = (values: (string | undefined)[]) => [...new Set(values.filter(Boolean))].join(', ');
  const day = (iso: string | undefined) => {
    const known = knownTime(iso);
    return known && new Date(known).toLocaleDateString(locale());
  };
  const warnings = distinct(origins.flatMap((each) => each.warnings ?? []));
  return [
    words.measuredOn(
      distinct(origins.map(({ model }) => model)),
      distinct(origins.map(({ adapter }) => adapter)),
      distinct(origins.map(({ agent }) => (agent ? browserOf(agent) : undefined))),
      distinct(origins.map(({ startedAt }) => day(startedAt))),
    ),
    warnings && words.warnings(warnings),
  ].filter((line) => line !== '');
}

export const originOf = ({ model, adapter, agent, startedAt, warnings }: RunRecord): Origin => ({
  ...{ model, adapter, agent, startedAt, warnings },
});

const LONGEST_NAME = 100;

/** `prefill-by-chunk-synthetic-2.9b-NVIDIA-H100-2026-11-28`: a file name of what is shown and where it was measured. */
export function fileNameOf(what: string, [origin = {}]: readonly Origin[]): string {
  const { model, adapter, startedAt } = origin;
  return [what, model, adapter, knownTime(startedAt)?.slice(0, 10)]
    .filter(Boolean)
    .join(' ')
    .replace(/[^\p{L}\p{N}.]+/gu, '-')
    .replace(/^-|-$/g, '')
    .slice(0, LONGEST_NAME);
}
