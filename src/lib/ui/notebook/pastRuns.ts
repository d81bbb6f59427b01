/** Runs for the history. What live mode has measured in a session is one that grows. */
import { placeOf } from '../../lab/cells/points';
import type { Catalogue } from '../../lab/experiment/catalogue';
import { isNumberName } from '../../lab/experiment/descriptors';
import { valuesOf } from '../../lab/experiment/experiment';
import { withSetting, writtenSettings } from '../../lab/experiment/settings';
import type { RunRecord } from '../../lab/records/record';
import { contentOf } from '../../lab/notebook/notebook';
import { newId, type NotebookCell, now } from './cellList';
import { type LiveSession, type Outcome, recordsIn, type ResultEvent } from './outcome';
import { type Bench, standingOf, type WantedPoint, wantedPoints } from './points';
import type { PastRun } from './store';

/** A session that has measured nothing for this time has ended: the next point begins another. */
const LONGEST_PAUSE_MINUTES = 30;
/** The text of a session asks for at most so many times the points that were measured. */
const MOST_ASKED = 2;

export const newSession = (): LiveSession => ({ id: newId(), since: now() });

/** The session that a point measured now belongs to. */
export function presentSession(outcome: Outcome | undefined): LiveSession {
  const session = outcome?.session;
  if (!session) return newSession();
  const times = eventsOf(outcome, session).map(({ record }) => record.startedAt);
  const last = [session.since, ...times].sort().at(-1)!;
  const pause = Date.parse(now()) - Date.parse(last);
  return pause > LONGEST_PAUSE_MINUTES * 60_000 ? newSession() : session;
}

/** A finished run of a cell as the history keeps it. `notebook`: its title. `liveId`: the session, if it is one. */
export const pastRunOf = (
  notebook: string,
  cell: NotebookCell,
  outcome: Outcome,
  liveId: string | undefined,
): PastRun => ({
  id: liveId ?? newId(),
  ...(liveId !== undefined && { live: true }),
  notebook,
  kind: cell.kind,
  body: contentOf(cell),
  outcome: { ...outcome, previous: [] },
  finishedAt: now(),
  label: '',
});

type Measured = Extract<ResultEvent, { type: 'record' }>;

/** The points of a session, those in view last. */
const eventsOf = ({ events, kept = [] }: Outcome, { since }: LiveSession): Measured[] =>
  [...kept, ...events].filter(
    (event): event is Measured => event.type === 'record' && event.record.startedAt >= since,
  );

/**
 * What the session of a sweep has measured: a text that asks for as many of its points as one can, these, and the others as
 * kept ones. `wanted`: what `text` asks for. Undefined if nothing was measured.
 */
export function liveRun(
  text: string,
  wanted: readonly WantedPoint[],
  outcome: Outcome,
  bench: Bench,
): { body: string; outcome: Outcome } | undefined {
  const { session, ...rest } = outcome;
  const measured = session ? eventsOf(outcome, session) : [];
  if (measured.length === 0) return undefined;
  const { body, asked } = textFor(text, wanted, recordsIn(measured), bench);
  const shown = new Set(standingOf(measured, asked, bench).records);
  const [events, kept] = [true, false].map((is) => measured.filter(({ record }) => shown.has(record) === is));
  return { body, outcome: { ...rest, events, kept, previous: [] } };
}

/**
 * The text with every value that the records have of a setting in which it differs from them, and what it asks for then. It stays
 * where it would ask for far more than was measured.
 */
function textFor(
  text: string,
  wanted: readonly WantedPoint[],
  records: readonly RunRecord[],
  bench: Bench,
): { body: string; asked: readonly WantedPoint[] } {
  const runs = wanted.map(({ run }) => run);
  const keys = new Set([...runs, ...records].flatMap((run) => Object.keys(placeIn(run))));
  const body = [...keys].reduce((before, key) => {
    const [known, measured] = [runs, records].map((each) => valuesIn(each, key, bench.catalogue));
    return known.join() === measured.join() ? before : withSetting(before, key, measured);
  }, text);
  const asked = body === text ? wanted : wantedPoints(body, bench);
  const possible = asked.length > 0 && asked.length <= MOST_ASKED * records.length;
  return possible ? { body, asked } : { body: text, asked: wanted };
}

const placeIn = ({ settings }: { settings: string }): Record<string, string> =>
  Object.fromEntries(writtenSettings(placeOf(settings)).map(({ key, values }) => [key, values[0]]));

/** The values that runs have of a setting, numbers in their order; those that name none have its default. */
function valuesIn(runs: readonly { settings: string }[], key: string, catalogue: Catalogue): string[] {
  const hasDefault = key === 'model' || isNumberName(key) || Object.hasOwn(catalogue.kernels, key);
  const standard = hasDefault ? valuesOf({}, key, catalogue) : [];
  const values = new Set(runs.flatMap((run) => placeIn(run)[key] ?? standard));
  const rank = (value: string) => (Number.isFinite(Number(value)) ? Number(value) : Number.MAX_VALUE);
  return [...values].sort((a, b) => rank(a) - rank(b));
}
