/** The content of a chart of runs: the axis, the series, and a summary in words. */
import { NUMBERS, RESULT_NAMES } from '../../lab/experiment/descriptors';
import type { Run } from '../../lab/experiment/expand';
import { writtenSettings } from '../../lab/experiment/settings';
import { coordinates } from '../../lab/records/identity';
import { knownTime, type Phase, type RunRecord, speedOf } from '../../lab/records/record';
import type { ReferencePoint } from './published';
import { rounded } from '../words/numbers';
import { aside, locale, punctuation, t, wordOf } from '../words/words.svelte';
import { labelOf, varyingKeys } from './varying';

/** A finished run with its number in the table. */
export interface NumberedRecord {
  number: number;
  record: RunRecord;
}

export interface Point {
  x: number;
  tokensPerSecond: number;
  /** Ends of the 95 % interval of the median, in tokens per second; with fewer than six samples, of all samples. */
  low: number;
  high: number;
  /** Table number of the record; undefined for published figures and baselines. */
  record: number | undefined;
  /** Which run it is and how often it was sampled, or where the figure is from; a line each. */
  details: string[];
  /** True for a quick look: fewer samples than were asked for. */
  provisional?: boolean;
  /** Change of the speed (0.04: 4 % faster) against the baseline point; without one, against the point that this one replaced. */
  delta?: number;
  /** The name of the baseline point, if `delta` is against it. */
  against?: string;
}

/** The point that the others are compared with. */
export interface Base {
  /** `run 3`, or its settings if it is no longer in the table. */
  name: string;
  record: RunRecord;
}

interface Series {
  label: string;
  /** 'run': measured now; 'reference': published figures; 'baseline': an earlier run; 'ghost': before the last change. */
  origin: 'run' | 'reference' | 'baseline' | 'ghost';
  /** Points in order of x, one per x. */
  points: Point[];
}

export interface View {
  phase: Phase;
  axis: string;
  axisLabel: string;
  /** All x values, ascending. */
  xs: number[];
  series: Series[];
  /** Ends of the lowest and the highest whisker, in tokens per second. */
  lowest: number;
  highest: number;
  target: number | undefined;
  /** True for a logarithmic y axis, which must be asked for. */
  logarithmic: boolean;
  /** True if some runs were on a software adapter. */
  software: boolean;
}

/** Axes in order of preference; knobs are inserted after the first two. */
const AXES = ['chunk', ...RESULT_NAMES.filter((name) => name !== 'chunk')];

/** Possible axes of the runs, best first; `chunk` if nothing varies. */
function possibleAxes(records: readonly RunRecord[]): string[] {
  const varying = varyingKeys(records);
  const knobs = varying.filter((key) => key.includes('.'));
  const found = [...AXES.slice(0, 2), ...knobs, ...AXES.slice(2)].filter((key) => varying.includes(key));
  return found.length ? found : ['chunk'];
}

/** Input of `viewOf`. */
export interface Wanted {
  /** By default prefill. Every record must have it. */
  phase?: Phase;
  runs: readonly NumberedRecord[];
  /** Runs that have not finished yet. */
  planned?: readonly Run[];
  target?: number;
  /** The requested axis; ignored if it is not possible. */
  axis?: string;
  scale?: string;
  references?: readonly ReferencePoint[];
  /** Records of an earlier run to compare with. */
  baseline?: readonly RunRecord[];
  /** Records that were shown before the last change. */
  ghosts?: readonly RunRecord[];
  base?: Base;
}

/** Computes the content of a chart: the axis, the series and their ranges. */
export function viewOf({
  phase = 'prefill',
  runs,
  planned = [],
  target,
  axis: wanted,
  scale,
  references = [],
  baseline = [],
  ghosts: former = [],
  base,
}: Wanted): View {
  const records = runs.map(({ record }) => record);
  const axes = axesOf(records.length ? records : former, references);
  const axis = wanted && axes.includes(wanted) ? wanted : axes[0];
  const ghosts = former.filter(({ startedAt }) => records.every((record) => record.startedAt !== startedAt));
  const varying = varyingKeys(records, ghosts);
  const lines = linesOf(runs, axis, phase, varying);
  const measured = base ? withBase(lines, base, runs, phase) : withDeltas(lines, ghosts, axis, runs, phase);
  const faded = unnumbered(ghosts, axis, phase, 'ghost', varying);
  const before = unnumbered(baseline, axis, phase, 'baseline');
  const series = [...measured, ...faded, ...before, ...referenceLines(references, axis)];
  const points = series.flatMap((line) => line.points);
  const coming = axis === 'chunk' || axis === 'prefill' ? planned.map((run) => run[axis]) : [];
  const highest = Math.max(...points.map(({ high }) => high));
  return {
    phase,
    axis,
    axisLabel: wordOf(t().cells.axes, axis) ?? axis,
    xs: [...new Set([...points.map(({ x }) => x), ...coming])].sort((a, b) => a - b),
    series,
    lowest: Math.min(...points.map(({ low }) => low)),
    highest,
    target,
    logarithmic: scale === 'log',
    software: records.some((record) => record.software),
  };
}

/** Possible axes: keys in which the runs differ, then those of the published figures. */
export function axesOf(records: readonly RunRecord[], references: readonly ReferencePoint[]): string[] {
  const own = records.length ? possibleAxes(records) : [];
  const published = references.map(({ key }) => key);
  return [...new Set([...own, ...published])].concat(own.length + published.length ? [] : ['chunk']);
}

/** Lines of records that are not in the table. */
function unnumbered(
  records: readonly RunRecord[],
  axis: string,
  phase: Phase,
  origin: 'baseline' | 'ghost',
  varying?: string[],
): Series[] {
  const runs = records.map((record) => ({ record, number: undefined }));
  const word = t().cells[origin === 'ghost' ? 'before' : 'baseline'];
  return linesOf(runs, axis, phase, varying).map((line) => ({
    ...line,
    label: line.label + aside(word),
    origin,
  }));
}

/** The lines with the change of each point against the ghost at its x that differs from it in the fewest settings. */
function withDeltas(
  lines: Series[],
  ghosts: readonly RunRecord[],
  axis: string,
  runs: readonly NumberedRecord[],
  phase: Phase,
): Series[] {
  if (ghosts.length === 0) return lines;
  const byNumber = new Map(runs.map(({ number, record }) => [number, record]));
  const deltaOf = ({ record: number, tokensPerSecond: rate, x }: Point) => {
    const record = byNumber.get(number ?? -1);
    const ghost =
      record &&
      nearest(
        record,
        ghosts.filter((each) => coordinates(each)[axis] === x),
      );
    return ghost && rate / speedOf(ghost, phase).rate - 1;
  };
  return lines.map((line) => ({
    ...line,
    points: line.points.map((point) => ({ ...point, delta: deltaOf(point) })),
  }));
}

/** The lines with the change of each point against the baseline point, which itself has none. */
const withBase = (lines: Series[], base: Base, runs: readonly NumberedRecord[], phase: Phase): Series[] =>
  lines.map((line) => ({
    ...line,
    points: line.points.map((point) => againstBase(point, base, runs, phase)),
  }));

function againstBase<P extends Point>(
  point: P,
  { name, record }: Base,
  runs: readonly NumberedRecord[],
  phase: Phase,
): P {
  const own = runs.find(({ number }) => number === point.record)?.record;
  if (own?.startedAt === record.startedAt) return point;
  return { ...point, delta: point.tokensPerSecond / speedOf(record, phase).rate - 1, against: name };
}

/** The record that differs from this one in the fewest settings; undefined if two differ equally little. */
function nearest(record: RunRecord, others: readonly RunRecord[]): RunRecord | undefined {
  const place = coordinates(record);
  const ranked = others
    .map((other) => {
      const its = coordinates(other);
      const keys = new Set([...Object.keys(place), ...Object.keys(its)]);
      return { other, differing: [...keys].filter((key) => place[key] !== its[key]).length };
    })
    .sort((a, b) => a.differing - b.differing);
  return ranked.length > 1 && ranked[0].differing === ranked[1].differing ? undefined : ranked[0]?.other;
}

/** One bar of a chart of runs at one place. */
export type BarOf = Point & Pick<Series, 'label' | 'origin'>;

/** The x value at which all runs lie; undefined if they lie at several, so that a line can be drawn. */
export function onePlace(runs: readonly NumberedRecord[], axis?: string): number | undefined {
  const view = viewOf({ runs, axis });
  return view.xs.length === 1 ? view.xs[0] : undefined;
}

/** The same content as bars, fastest first: runs at one place, those before the last change, and published figures there. */
export function barsOf(wanted: Wanted, x: number | undefined): BarOf[] {
  const { phase = 'prefill', runs, references = [], baseline = [], ghosts: former = [], base } = wanted;
  const records = runs.map(({ record }) => record);
  const ghosts = former.filter(({ startedAt }) => records.every((record) => record.startedAt !== startedAt));
  const varying = varyingKeys(records, [...ghosts, ...baseline]);
  const words = t().cells;
  const names = new Set<string>();
  const bar = (record: RunRecord, number: number | undefined, origin: Series['origin'], note = ''): BarOf => {
    const ghost = origin === 'run' ? nearest(record, ghosts) : undefined;
    const point = pointOf(record, number, 0, phase);
    // Published figures are of other GPUs, so beside them a single run is named after its own GPU.
    const plain = (references.length > 0 && record.adapter) || record.model;
    const named = `${labelOf(record, varying) || plain}${note && ` (${note})`}`;
    const label = unused(named, (name) => names.has(name));
    names.add(label);
    const bar = { ...point, label, origin };
    if (base && origin === 'run') return againstBase(bar, base, runs, phase);
    return { ...bar, delta: ghost && point.tokensPerSecond / speedOf(ghost, phase).rate - 1 };
  };
  const axis = viewOf(wanted).axis;
  const published = referenceLines(references, axis).flatMap(({ label, origin, points }) =>
    points.filter((point) => point.x === x).map((point) => ({ ...point, label, origin })),
  );
  return [
    ...runs.map(({ record, number }) => bar(record, number, 'run')),
    ...ghosts.map((record) => bar(record, undefined, 'ghost', words.before)),
    ...baseline.map((record) => bar(record, undefined, 'baseline', words.baseline)),
    ...published,
  ].sort((a, b) => b.tokensPerSecond - a.tokensPerSecond);
}

/** Number of samples; undefined for a summary that does not say. */
export const samplesOf = ({ prefillSeconds, summary }: RunRecord): number | undefined =>
  summary ? summary.samples : prefillSeconds.length;

/**
 * True for a record with fewer samples than its settings ask for, also where a link has only their summary. Only a lab that says its
 * version takes quick looks: another program asks for other numbers.
 */
export function isQuickLook(record: RunRecord): boolean {
  const { settings, labVersion } = record;
  if (labVersion === undefined) return false;
  const asked = writtenSettings(settings).find(({ key }) => key === 'samples')?.values[0];
  return (samplesOf(record) ?? Infinity) < Number(asked ?? NUMBERS.samples.default);
}

/** The label, or `label (2)` and so on if it is taken: nothing tells these runs apart, and each is shown. */
function unused(label: string, taken: (label: string) => boolean): string {
  let name = label;
  for (let count = 2; taken(name); count++) name = `${label} (${count})`;
  return name;
}

function linesOf(
  runs: readonly { record: RunRecord; number: number | undefined }[],
  axis: string,
  phase: Phase,
  varying = varyingKeys(runs.map(({ record }) => record)),
): Series[] {
  const lines = new Map<string, Map<number, Point>>();
  for (const { record, number } of runs) {
    const x = coordinates(record)[axis];
    if (typeof x !== 'number') continue; // its variant does not have the axis's knob
    const named = labelOf(record, varying, axis) || record.model;
    const label = unused(named, (name) => lines.get(name)?.has(x) === true);
    const line = lines.get(label) ?? new Map<number, Point>();
    lines.set(label, line.set(x, pointOf(record, number, x, phase)));
  }
  return [...lines].map(([label, line]) => ({
    label,
    origin: 'run',
    points: [...line.values()].sort((a, b) => a.x - b.x),
  }));
}

function referenceLines(references: readonly ReferencePoint[], axis: string): Series[] {
  const lines = new Map<string, Point[]>();
  for (const { series, key, x, tokensPerSecond, note } of references) {
    if (key !== axis) continue;
    const details = [t().cells.published, note].filter(Boolean);
    const point = {
      x,
      tokensPerSecond,
      low: tokensPerSecond,
      high: tokensPerSecond,
      record: undefined,
      details,
    };
    lines.set(series, [...(lines.get(series) ?? []), point]);
  }
  return [...lines].map(([label, points]) => ({
    label,
    origin: 'reference',
    points: points.sort((a, b) => a.x - b.x),
  }));
}

/** A record as a point of a chart. `number`: in the table; undefined for a record that is not in it. */
export function pointOf(record: RunRecord, number: number | undefined, x: number, phase: Phase): Point {
  const words = t().cells;
  const name =
    number === undefined
      ? [words.baseline, knownTime(record.startedAt)?.slice(0, 10)].filter(Boolean).join(punctuation().comma)
      : words.runNumber(number);
  const count = samplesOf(record);
  const { rate, low, high } = speedOf(record, phase);
  return {
    ...{ x, tokensPerSecond: rate, low, high },
    record: number,
    provisional: number !== undefined && isQuickLook(record),
    details: [count === undefined ? name : `${name}, ${words.samplesOf(String(count))}`, ...record.warnings],
  };
}

/** The chart in a few sentences, for screen readers. */
export function summarise({ series, axisLabel, target, software }: View): string {
  const words = t().cells;
  const { stop } = punctuation();
  const axis = axisLabel.split(/[,（]/)[0]; // without its unit
  const own = series.filter(({ origin }) => origin === 'run');
  const all = (own.length ? own : series).flatMap(({ label, origin, points }) => {
    const name = origin === 'reference' ? label + punctuation().comma + words.published : label;
    return points.map((point) => ({ ...point, label: name }));
  });
  if (all.length === 0) return words.noRuns + stop;
  const by = all.toSorted((a, b) => b.tokensPerSecond - a.tokensPerSecond);
  const [fastest, slowest] = [by[0], by.at(-1)!];
  const say = (how: typeof words.fastest, { label, x, tokensPerSecond }: (typeof all)[number]) =>
    how(label, axis, x.toLocaleString(locale()), rounded(tokensPerSecond));
  // A software adapter's share of a GPU's target is meaningless.
  const share =
    target && !software && own.length
      ? words.shareOfTarget(
          Math.round((100 * fastest.tokensPerSecond) / target),
          target.toLocaleString(locale()),
        )
      : '';
  const first = say(words.fastest, fastest) + share + stop;
  return all.length > 1 ? `${first} ${say(words.slowest, slowest)}${stop}` : first;
}
