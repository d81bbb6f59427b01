/** Keeps what `tune` found on a GPU in this browser's local storage, by the adapter's name. */
import { array, length, maxLength, number, object, pipe, safeParse, string } from 'valibot';
import { tunedText } from '../../lab/experiment/tuned';

const Kept = object({
  /** Settings that are defaults here: variants and knobs of the kernels whose default depends on the GPU. */
  settings: pipe(string(), maxLength(2000)),
  /** All settings of the run that was called faster, and those that it was compared with. */
  run: pipe(string(), maxLength(4000)),
  before: pipe(string(), maxLength(4000)),
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

const keyOf = (adapter: string) => `rwkv-lab tuned ${adapter}`;

/** The tuning of this adapter; undefined if there is none, or it is damaged or of an older version. */
export function readTuning(adapter: string): KeptTuning | undefined {
  try {
    const { success, output } = safeParse(Kept, JSON.parse(localStorage.getItem(keyOf(adapter)) ?? ''));
    return success ? { ...output, settings: tunedText(output.settings) } : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps a tuning, or forgets it. Without storage it lasts as long as the page. */
export function keepTuning(adapter: string, tuning: KeptTuning | undefined) {
  try {
    if (tuning) localStorage.setItem(keyOf(adapter), JSON.stringify(tuning));
    else localStorage.removeItem(keyOf(adapter));
  } catch {
    // Private windows may have no storage.
  }
}
