/** The points that live mode has measured in a session, as a run for the history. Loaded when there is something to keep. */
import { placeOf } from '../../lab/cells/points';
import type { Catalogue } from '../../lab/experiment/catalogue';
import { isNumberName } from '../../lab/experiment/descriptors';
import { valuesOf } from '../../lab/experiment/experiment';
import { withSetting, writtenSettings } from '../../lab/experiment/settings';
import { contentOf } from '../../lab/notebook/notebook';
import type { RunRecord } from '../../lab/records/record';
import { type NotebookCell, rewritten } from './cellList';
import { type LiveSession, type Outcome, recordsIn, type ResultEvent } from './outcome';
import { pastRunOf } from './pastRuns';
import { type Bench, standingOf, type WantedPoint, wantedPoints } from './points';
import { ranText } from './readCells';
import type { PastRun } from './store';

/** The text of a session asks for at most so many times the points that were measured. */
const MOST_ASKED = 2;

interface Session {
  /** The notebook's title. */
  notebook: string;
  cell: NotebookCell;
  /** The points that the cell's text asks for. */
  wanted: readonly WantedPoint[];
  outcome: Outcome;
  bench: Bench;
}

/** The run of the session that an outcome belongs to; undefined if nothing was measured in it. */
export function pastRunOfSession({ notebook, cell, wanted, outcome, bench }: Session): PastRun | undefined {
  const run = liveRun(contentOf(cell), wanted, outcome, bench);
  if (!run) return undefined;
  const all = rewritten(cell, run.body);
  const ran = run.former ? '' : ranText(all, [...bench.own], bench.catalogue);
  return pastRunOf(notebook, all, { ...run.outcome, state: 'done', ran }, outcome.session!.id);
}

type Measured = Extract<ResultEvent, { type: 'record' }>;

/** The points of a session, those in view last. */
const pointsOf = ({ events, kept = [] }: Outcome, { since }: LiveSession): Measured[] =>
  [...kept, ...events].filter(
    (event): event is Measured => event.type === 'record' && event.record.startedAt >= since,
  );

/**
 * The measured points of a sweep's session: a text of settings that asks for as many of them as one text can, these points, and the
 * others as kept ones. Points that were measured with a former text of a shader are shown where there are none of the present text.
 * If no point would be shown otherwise, all are, and `former` is true. `wanted`: the points that `text` asks for. Undefined if nothing
 * was measured.
 */
export function liveRun(
  text: string,
  wanted: readonly WantedPoint[],
  outcome: Outcome,
  bench: Bench,
): { body: string; outcome: Outcome; former: boolean } | undefined {
  const { session, ...rest } = outcome;
  const measured = session ? pointsOf(outcome, session) : [];
  if (measured.length === 0) return undefined;
  const { body, asked } = textFor(text, wanted, recordsIn(measured), bench);
  const { records, missing } = standingOf(measured, asked, bench);
  const newest = new Map(measured.map(({ record }) => [placeOf(record.settings), record]));
  const former = missing.flatMap(({ run }) => newest.get(placeOf(run.settings)) ?? []);
  const nearest = [...records, ...former];
  const shown = new Set(nearest.length ? nearest : newest.values());
  const [events, kept] = [true, false].map((is) => measured.filter(({ record }) => shown.has(record) === is));
  return { body, outcome: { ...rest, events, kept, previous: [] }, former: shown.size > records.length };
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
