/** The points of a sweep's outcome: which are shown, which are kept for later, and which are missing. Pure functions. */
import { readCell, runsOf } from '../../lab/cells/cells';
import { type KnownPoint, ownHash, placeOf, pointKey, secondsToMeasure } from '../../lab/cells/points';
import type { Catalogue } from '../../lab/experiment/catalogue';
import type { Experiment } from '../../lab/experiment/experiment';
import { type Run, withDefaults } from '../../lab/experiment/expand';
import type { RunRecord } from '../../lab/records/record';
import type { OwnVariant } from '../../shaders/variant';
import type { Outcome, ResultEvent } from './outcome';

/** A run that the settings ask for. `key`: see pointKey. */
export interface WantedPoint {
  run: Run;
  key: string;
  own: string;
}

type PointEvent = Extract<ResultEvent, { type: 'record' | 'failed' }>;
type RecordEvent = Extract<ResultEvent, { type: 'record' }>;

/** Points that are kept beside those shown; the oldest go first. */
const MOST_KEPT = 200;

/** The circumstances that identify points here: the GPU's name, the lab's version, and this GPU's defaults. */
export interface Bench {
  adapter: string;
  version: string;
  defaults: Experiment;
  catalogue: Catalogue;
  own: readonly OwnVariant[];
}

/** The points that a sweep's text asks for, in order; none for a text that cannot be read or run. */
export function wantedPoints(text: string, bench: Bench): WantedPoint[] {
  try {
    const cell = readCell('sweep', text, bench.catalogue);
    return runsOf(cell, bench.catalogue).map((each) => {
      const run = withDefaults(each, bench.defaults, bench.catalogue);
      const own = ownHash(run, bench.own, bench.catalogue);
      return { run, own, key: pointKey(placeOf(run.settings), own, bench.adapter, bench.version) };
    });
  } catch {
    return [];
  }
}

/** The key of a measured or failed point. */
function keyOf(event: PointEvent, bench: Pick<Bench, 'adapter' | 'version'>): string {
  if (event.type === 'failed')
    return pointKey(placeOf(event.settings), event.own ?? '', bench.adapter, bench.version);
  const { settings, adapter, labVersion = '' } = event.record;
  return pointKey(placeOf(settings), event.own ?? '', adapter, labVersion);
}

/**
 * The outcome with the points that are wanted in their order. Points that were shown and are no longer wanted are kept,
 * and become those that the new ones are compared with (`previous`).
 */
export function arranged(outcome: Outcome, wanted: readonly WantedPoint[], bench: Bench): Outcome {
  const points = new Map<string, PointEvent>();
  for (const event of [...(outcome.kept ?? []), ...outcome.events])
    if (isPoint(event)) points.set(keyOf(event, bench), event);
  const events = wanted.flatMap(({ key }) => points.get(key) ?? []);
  const shown = new Set<ResultEvent>(events);
  const gone = outcome.events.filter((event): event is RecordEvent => isRecord(event) && !shown.has(event));
  const kept = [...points.values()].filter(
    (event): event is RecordEvent => isRecord(event) && !shown.has(event),
  );
  return {
    ...outcome,
    events,
    kept: kept.slice(-MOST_KEPT),
    previous: gone.length ? gone.map(({ record }) => record) : outcome.previous,
  };
}

/**
 * The events with one more point, in the order of the wanted points; it takes the place of a point with the same key.
 */
export function withPoint(
  events: readonly ResultEvent[],
  event: PointEvent,
  wanted: readonly WantedPoint[],
  bench: Bench,
): ResultEvent[] {
  const place = placeOf(event.type === 'record' ? event.record.settings : event.settings);
  const own = wanted.find(({ run }) => placeOf(run.settings) === place)?.own ?? '';
  const added: PointEvent = own ? { ...event, own } : event;
  const key = keyOf(added, bench);
  const order = new Map(wanted.map((each, index) => [each.key, index]));
  const others = events.filter((each) => !isPoint(each) || keyOf(each, bench) !== key);
  const rank = (each: ResultEvent) =>
    isPoint(each) ? (order.get(keyOf(each, bench)) ?? Infinity) : Infinity;
  const at = others.findIndex((each) => rank(each) > (order.get(key) ?? Infinity));
  return at < 0 ? [...others, added] : [...others.slice(0, at), added, ...others.slice(at)];
}

/** How far the wanted points are: those without a record, those with fewer samples than asked for, and the failed ones. */
export interface Standing {
  missing: WantedPoint[];
  provisional: WantedPoint[];
  failed: WantedPoint[];
  records: RunRecord[];
}

export function standingOf(
  events: readonly ResultEvent[],
  wanted: readonly WantedPoint[],
  bench: Pick<Bench, 'adapter' | 'version'>,
): Standing {
  const points = new Map(events.filter(isPoint).map((event) => [keyOf(event, bench), event]));
  const standing: Standing = { missing: [], provisional: [], failed: [], records: [] };
  for (const point of wanted) {
    const event = points.get(point.key);
    if (!event) standing.missing.push(point);
    else if (event.type === 'failed') standing.failed.push(point);
    else {
      standing.records.push(event.record);
      if (isProvisional(event.record, point.run.samples)) standing.provisional.push(point);
    }
  }
  return standing;
}

/** True for a record of a quick look, which has fewer samples than were asked for. */
const isProvisional = ({ prefillSeconds, summary }: RunRecord, samples: number): boolean =>
  !summary && prefillSeconds.length < samples;

/**
 * The points that the worker need not measure for this effort: a quick look leaves all that were measured or failed, refining
 * leaves those that failed or have all samples, and a full run leaves those that have all samples.
 */
export function knownPoints(
  events: readonly ResultEvent[],
  wanted: readonly WantedPoint[],
  bench: Pick<Bench, 'adapter' | 'version'>,
  effort: 'full' | 'quick' | 'refine',
): KnownPoint[] {
  const asked = new Map(wanted.map(({ key, run }) => [key, run]));
  return events.filter(isPoint).flatMap((event) => {
    const run = asked.get(keyOf(event, bench));
    if (!run) return [];
    const place = placeOf(run.settings);
    if (event.type === 'failed') return effort === 'full' ? [] : [{ place }];
    if (effort !== 'quick' && isProvisional(event.record, run.samples)) return [];
    return [{ place, kernelHash: event.record.kernelHash }];
  });
}

/** Seconds that these points take, judged by records of the same model; undefined without any. */
export function secondsFor(
  points: readonly WantedPoint[],
  records: readonly RunRecord[],
): number | undefined {
  const each = points.map(({ run }) => secondsOf(run, records, run.samples, 0.5));
  if (each.some((seconds) => seconds === undefined)) return undefined;
  return each.reduce<number>((sum, seconds) => sum + seconds! + CHECKING_SECONDS, 0);
}

/** Seconds of a run's warm-up and samples, judged by the record of its model with the nearest length of prompt. */
function secondsOf(
  { model, prefill }: Run,
  records: readonly RunRecord[],
  samples: number,
  warmupSeconds: number,
): number | undefined {
  const like = records.filter((record) => record.model === model && !record.summary);
  if (like.length === 0) return undefined;
  const distance = (record: RunRecord) => Math.abs(Math.log(record.prefill / prefill));
  const near = like.reduce((best, record) => (distance(record) < distance(best) ? record : best));
  return secondsToMeasure(near, samples, warmupSeconds) * Math.max(1, prefill / near.prefill);
}

/** Seconds that compiling and checking a point add, estimated. */
const CHECKING_SECONDS = 0.5;
/** A sweep is live by itself if a quick look at one of its points takes less. */
const LIVE_SECONDS = 2;

/**
 * True if a quick look at each of these points takes less than two seconds, judged by records of their models. Unknown without
 * records, and meaningless on a CPU that emulates a GPU: false.
 */
export const isQuick = (wanted: readonly WantedPoint[], records: readonly RunRecord[]): boolean =>
  wanted.length > 0 &&
  records.every(({ software }) => !software) &&
  wanted.every(({ run }) => (secondsOf(run, records, 3, 0.2) ?? Infinity) < LIVE_SECONDS);

const isRecord = (event: ResultEvent): event is RecordEvent => event.type === 'record';
const isPoint = (event: ResultEvent): event is PointEvent =>
  event.type === 'record' || event.type === 'failed';
