/**
 * The outcome of running a cell: its state, its events, and the text that ran. Plain data, stored with the notebook.
 */
import type { LabEvent } from '../../lab/cells/events';
import { KINDS } from '../../lab/cells/kinds';
import { upgradeEvent } from '../../lab/cells/stored';
import type { Profile } from '../../lab/records/profile';
import { type RunRecord, upgradeRecord } from '../../lab/records/record';
import type { Generation } from '../../lab/text/generate';
import type { WorkerEvent } from '../../lab/worker';

/** Events that are kept after a run: all except progress and adapter events. */
export type ResultEvent =
  | Exclude<LabEvent, { type: 'progress' | 'adapter' | 'no-adapter' | 'record' | 'failed' }>
  | (Extract<LabEvent, { type: 'record' | 'failed' }> & {
      /** Hash of the notebook's own shaders that the run used; undefined if it used none. */
      own?: string;
    });

/** The outcome of running a cell. Plain, immutable data. */
export interface Outcome {
  state: 'running' | 'done' | 'failed' | 'stopped' | 'cut';
  /** The cell's text and the shaders it used when it ran. The outcome is stale when they have changed since. */
  ran: string;
  events: ResultEvent[];
  /** Number of runs that were planned. */
  planned: number;
  /** Why the run ended early; undefined if it did not. */
  problem?: string;
  /** Records that those of `events` took the place of, for comparison. */
  previous: RunRecord[];
  /** Points of a sweep that its present settings do not ask for; they are shown again when the settings come back. */
  kept?: ResultEvent[];
  /** When the point that the others are compared with was measured (`startedAt` of its record). */
  base?: string;
  /** The run of the history that what live mode measures belongs to. */
  session?: LiveSession;
  /** How often in succession a live sweep was cut without a new point. */
  cuts?: number;
  /** ISO 8601, UTC. */
  startedAt: string;
}

/** The points of a sweep that live mode measures in one sitting. */
export interface LiveSession {
  /** Id of its run in the history. */
  id: string;
  /** ISO 8601, UTC: points from then on are part of it. */
  since: string;
}

export type CellState = Outcome['state'] | 'never' | 'queued' | 'stale';

/** The run records among these events. */
export const recordsIn = (events: readonly ResultEvent[]): RunRecord[] =>
  events.flatMap((event) => (event.type === 'record' ? [event.record] : []));

/** The run records of a run of the history. All that live mode measured belongs to it, in view or not. */
export const recordsOf = ({ live, outcome }: { live?: boolean; outcome: Outcome }): RunRecord[] =>
  recordsIn([...((live && outcome.kept) || []), ...outcome.events]);

/** The profiles among these events. */
export const profilesIn = (events: readonly ResultEvent[]): Profile[] =>
  events.flatMap((event) => (event.type === 'profiled' ? [event.profile] : []));

/** The answers of a conversation among these events. */
export const turnsIn = (events: readonly ResultEvent[]): Generation[] =>
  events.flatMap((event) => (event.type === 'generated' && event.generation.turn ? [event.generation] : []));

const RESULTS = new Set<string>([
  ...Object.values(KINDS).flatMap(({ results }) => Object.keys(results)),
  'failed',
]);
/** True for events that are kept after a run. */
export const isResult = (event: WorkerEvent): event is WorkerEvent & ResultEvent => RESULTS.has(event.type);

/** Appends an event; successive text events are merged into one. */
export function joined(events: ResultEvent[], event: ResultEvent): ResultEvent[] {
  const last = events.at(-1);
  if (event.type === 'text' && last?.type === 'text')
    return [...events.slice(0, -1), { type: 'text', text: last.text + event.text }];
  return [...events, event];
}

/** Converts an outcome stored by any earlier version of the lab to the current names. */
export const upgradeOutcome = (stored: Outcome): Outcome => ({
  ...stored,
  events: stored.events.map(upgradeEvent),
  previous: stored.previous.map(upgradeRecord),
});

/** The outcome of a run that the end of the page cut. */
export const cut = (outcome: Outcome): Outcome => ({
  ...outcome,
  state: 'cut',
  cuts: (outcome.cuts ?? 0) + 1,
});
