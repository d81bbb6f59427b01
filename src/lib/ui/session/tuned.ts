/** Keeps what `tune` found on a GPU in this browser's local storage, by the adapter's name. */
import { array, length, maxLength, number, object, pipe, safeParse, string } from 'valibot';
import { tunedText } from '../../lab/experiment/tuned';
import type { Tuned } from '../../lab/tune/adopt';
import { tuningKey } from './tuningKey';

const Kept = object({
  /** Settings that are defaults here: variants and knobs of the kernels whose default depends on the GPU. */
  settings: pipe(string(), maxLength(8000)),
  /** All settings of the run that was called faster, and those that it was compared with. */
  run: pipe(string(), maxLength(12000)),
  before: pipe(string(), maxLength(12000)),
  /** First time ÷ second time, and its interval; 1 where nothing faster was found. */
  ratio: pipe(array(number()), length(3)),
  /** ISO 8601, UTC. */
  at: pipe(string(), maxLength(40)),
});

export interface KeptTuning {
  settings: string;
  run: string;
  before: string;
  ratio: number[];
  at: string;
}

/**
 * The entry that is kept for a finished search: its settings where blocks call them faster, else that nothing is. Undefined
 * where the search gave no result, or one that is refused. `at`: its start, ISO 8601.
 */
export function tuningOf(tuned: Tuned | undefined, at: string): KeptTuning | undefined {
  if (!tuned || tuned.refused) return undefined;
  const { comparison, settings: run, before } = tuned;
  if (comparison?.verdict !== 'faster') return { settings: '', run, before, ratio: [1, 1, 1], at };
  const { ratio, low, high } = comparison;
  return { settings: tunedText(run), run, before, ratio: [ratio, low, high], at };
}

/** The tuning of this adapter; undefined if there is none, or it is damaged or of an older version. */
export function readTuning(adapter: string): KeptTuning | undefined {
  try {
    const { success, output } = safeParse(Kept, JSON.parse(localStorage.getItem(tuningKey(adapter)) ?? ''));
    return success ? { ...output, settings: tunedText(output.settings) } : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps a tuning, or forgets it. Without storage it lasts as long as the page. */
export function keepTuning(adapter: string, tuning: KeptTuning | undefined) {
  try {
    if (tuning) localStorage.setItem(tuningKey(adapter), JSON.stringify(tuning));
    else localStorage.removeItem(tuningKey(adapter));
  } catch {
    // Private windows may have no storage.
  }
}
