/** The content of a results cell: what a cell came to, as text, read back, and shortened for a link. */
import { type FrozenEvent, isFrozenEvent, readFrozen, shortFrozen, toFrozen } from './frozen';
import { readRuns } from './import';
import { isKernelsCsv, kernelsToCsv, readProfiles } from './kernelsCsv';
import type { Profile } from './profile';
import type { FailedRun, Place, RunRecord } from './record';
import { isFailed, isRun, summariesToCsv, toCsv } from './runsCsv';
import { isFrozen } from './textData';

/** The content of a results cell: runs, profiles or other results. `failed`: runs of which no profile came. */
export interface Results {
  runs: (RunRecord | FailedRun)[];
  profiles: Profile[];
  failed: FailedRun[];
  events: FrozenEvent[];
}

/** An event of a cell; those that are no results are left out of a text. */
type Event =
  | { type: 'record'; record: RunRecord }
  | { type: 'profiled'; profile: Profile }
  | { type: 'failed'; settings: string; reason: string }
  | { type: 'planned' | 'finished' }
  | FrozenEvent;

/** The results among the events of one cell as text; empty if there are none. `readResults` reads it. */
export function resultsText(events: readonly Event[]): string {
  const runs = events.flatMap((event): (RunRecord | FailedRun)[] => {
    if (event.type === 'record') return [event.record];
    return event.type === 'failed' ? [{ settings: event.settings, reason: event.reason }] : [];
  });
  if (runs.some(isRun)) return toCsv(runs);
  const profiles = events.flatMap((event) => (event.type === 'profiled' ? [event.profile] : []));
  if (profiles.length) return kernelsToCsv(profiles, { failed: runs.filter(isFailed) });
  return events.some((event) => isFrozenEvent(event) && event.type !== 'failed') ? toFrozen(events) : '';
}

/** The results in the content of a results cell, or in a file. Throws an Error that names the line that cannot be read. */
export function readResults(text: string): Results {
  const none: Results = { runs: [], profiles: [], failed: [], events: [] };
  if (text.trim() === '') return none;
  if (isFrozen(text)) return { ...none, events: readFrozen(text) };
  if (isKernelsCsv(text)) return { ...none, ...readProfiles(text) };
  const { records, results = records } = readRuns(text);
  return { ...none, runs: results };
}

/** The places of the measurements, as far as the results tell them. */
export function placesIn({ runs, profiles, events }: Results): Partial<Place>[] {
  const places = events.flatMap((event): (Partial<Place> | undefined)[] => {
    if (event.type === 'compared') return [event.compared];
    if (event.type === 'generated') return [event.generation];
    if (event.type === 'peaks') return [event.place ?? event];
    return 'place' in event ? [event.place] : [];
  });
  return [...runs.filter(isRun), ...profiles, ...places.filter((place) => place !== undefined)];
}

/** The content as a link holds it, without what `detailsIn` counts; a content that cannot be read stays. */
export function shortened(text: string): string {
  try {
    if (isFrozen(text)) return shortFrozen(text);
    const { runs, profiles, failed } = readResults(text);
    return profiles.length ? kernelsToCsv(profiles, { short: true, failed }) : summariesToCsv(runs);
  } catch {
    return text;
  }
}

/** The parts that `shortened` leaves out: the runs and comparisons with samples, and the profiles with a timeline. */
export function detailsIn(text: string): { samples: number; timelines: number } {
  try {
    const { runs, profiles, events } = readResults(text);
    const samples =
      runs.filter((run) => isRun(run) && !run.summary).length +
      events.filter((event) => event.type === 'compared' && event.compared.runs.some(hasSamples)).length;
    return { samples, timelines: profiles.filter(({ timeline }) => timeline?.length).length };
  } catch {
    return { samples: 0, timelines: 0 };
  }
}

const hasSamples = ({ sampleSeconds }: { sampleSeconds: readonly number[] }) => sampleSeconds.length > 0;
