/** What running a cell came to: its events, where it is, and what it ran. Plain data, stored with the notebook. */
import type { LabEvent } from '../../lab/cells/events';
import { KINDS } from '../../lab/cells/kinds';
import { upgradeEvent } from '../../lab/cells/stored';
import { type RunRecord, upgradeRecord } from '../../lab/records/record';
import type { WorkerEvent } from '../../lab/worker';

/** What a run leaves behind: every event but those of its progress. Plain data. */
export type ResultEvent = Exclude<LabEvent, { type: 'progress' | 'adapter' | 'no-adapter' }>;

/** What came of running a cell. Plain data, never changed in place. */
export interface Outcome {
  state: 'running' | 'done' | 'failed' | 'stopped' | 'cut';
  /** The cell's text as it ran, with the shaders it used: where that differs now, the outcome is stale. */
  ran: string;
  events: ResultEvent[];
  /** Runs that were to be made. */
  planned: number;
  /** Why it ended early. */
  problem?: string;
  /** Of the run before this one, to compare with. */
  previous: RunRecord[];
  /** ISO 8601, UTC. */
  startedAt: string;
}

export type CellState = Outcome['state'] | 'never' | 'queued' | 'stale';

export const recordsIn = (events: readonly ResultEvent[]): RunRecord[] =>
  events.flatMap((event) => (event.type === 'record' ? [event.record] : []));

const RESULTS = new Set<string>([
  ...Object.values(KINDS).flatMap(({ results }) => Object.keys(results)),
  'failed',
]);
export const isResult = (event: WorkerEvent): event is WorkerEvent & ResultEvent => RESULTS.has(event.type);

/** Pieces of a text become one. */
export function joined(events: ResultEvent[], event: ResultEvent): ResultEvent[] {
  const last = events.at(-1);
  if (event.type === 'text' && last?.type === 'text')
    return [...events.slice(0, -1), { type: 'text', text: last.text + event.text }];
  return [...events, event];
}

/** An outcome that any version of the lab stored, with today's names. */
export const upgradeOutcome = (stored: Outcome): Outcome => ({
  ...stored,
  events: stored.events.map(upgradeEvent),
  previous: stored.previous.map(upgradeRecord),
});
