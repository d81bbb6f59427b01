/** What a chart of some runs shows: which key runs along its axis, which runs make a line, and the same in words. */
import type { Run } from '../../lab/experiment/expand';
import { rateInterval, type RunRecord, tokensPerSecond } from '../../lab/records/record';
import { COLUMNS, show } from '../../lab/records/columns';
import type { ReferencePoint } from './published';
import { locale, t } from '../words/words.svelte';

/** A run that has finished, with its number in the table. */
export interface NumberedRecord {
  number: number;
  record: RunRecord;
}

export interface Point {
  x: number;
  tokensPerSecond: number;
  /** A 95 % interval of the median; of fewer than six samples, all of them. */
  low: number;
  high: number;
  /** Number of the record; none of ours where it is undefined. */
  record: number | undefined;
  /** The run's columns, a line each. */
  details: string[];
}

export interface Series {
  label: string;
  /** Measured here, published by others, or measured here some time ago. */
  origin: 'run' | 'reference' | 'baseline';
  /** By x, one for each; of runs repeated with the same settings, the last. */
  points: Point[];
}

export interface View {
  axis: string;
  axisLabel: string;
  /** Every x there is, in order. */
  xs: number[];
  series: Series[];
  /** Tokens per second, of any whisker. */
  lowest: number;
  highest: number;
  target: number | undefined;
  /** Of tokens per second: as asked for, else where a linear scale would press the runs into a line. */
  logarithmic: boolean;
  /** A CPU stood in for the GPU in some of the runs. */
  software: boolean;
}

/** Axes in the order in which they are preferred; knobs come between. */
const AXES = ['chunk', 'prefill', 'decode', 'steps_per_submit', 'seed'];

/** A scale from zero serves until the target is this many times the fastest run. */
const FARTHEST_ON_LINEAR = 8;

/** The settings that place a record among others. */
export function coordinates({ model, prefill, chunk, decode, stepsPerSubmit, seed, variants }: RunRecord) {
  const place: Record<string, string | number> = {
    model,
    prefill,
    chunk,
    decode,
    steps_per_submit: stepsPerSubmit,
  };
  if (model.startsWith('synthetic-')) place.seed = seed;
  for (const [kernel, { name, knobs }] of Object.entries(variants)) {
    place[kernel] = name;
    for (const [knob, value] of Object.entries(knobs)) place[`${kernel}.${knob}`] = value;
  }
  return place;
}

/** The keys in which these records differ. A chunk that is always the whole prompt says nothing of its own. */
export function varyingKeys(records: readonly RunRecord[]): string[] {
  const values = new Map<string, Set<string | number>>();
  const varying = new Map<string, boolean>(); // in the order of coordinates
  for (const record of records)
    for (const [key, value] of Object.entries(coordinates(record))) {
      // A knob varies where one variant has several values of it: another variant's default is told by that variant's name.
      const variant = key.includes('.') ? record.variants[key.slice(0, key.lastIndexOf('.'))]?.name : '';
      const found = values.get(`${key} ${variant}`) ?? new Set();
      values.set(`${key} ${variant}`, found.add(value));
      varying.set(key, varying.get(key) || found.size > 1);
    }
  const whole = records.every(({ chunk, prefill }) => chunk === prefill);
  return [...varying].flatMap(([key, varies]) => (varies && !(whole && key === 'chunk') ? [key] : []));
}

/** The keys that could run along the axis, the best first; `chunk` when nothing varies. */
export function possibleAxes(records: readonly RunRecord[]): string[] {
  const varying = varyingKeys(records);
  const knobs = varying.filter((key) => key.includes('.'));
  const found = [...AXES.slice(0, 2), ...knobs, ...AXES.slice(2)].filter((key) => varying.includes(key));
  return found.length ? found : ['chunk'];
}

/** What tells a record from the others, its place on the axis aside: `tiled step=16`. Empty when nothing does. */
export function labelOf(record: RunRecord, varying: string[], axis?: string): string {
  const place = coordinates(record);
  const kernels = varying.filter((key) => key in record.variants);
  const words = varying
    .filter((key) => key !== axis && place[key] !== undefined)
    .map((key) => {
      if (key === 'model') return String(place[key]);
      if (key in record.variants) return kernels.length > 1 ? `${key}=${place[key]}` : String(place[key]);
      const knob = key.split('.')[1];
      return knob && kernels.length <= 1 ? `${knob}=${place[key]}` : `${key}=${place[key]}`;
    });
  return words.join(' ');
}

/** What a chart is to show. */
export interface Wanted {
  runs: readonly NumberedRecord[];
  /** Runs that are still to come. */
  planned?: readonly Run[];
  target?: number;
  /** The axis asked for, if it is possible. */
  axis?: string;
  scale?: string;
  references?: readonly ReferencePoint[];
  /** Of an earlier run, to compare with. */
  baseline?: readonly RunRecord[];
}

export function viewOf({
  runs,
  planned = [],
  target,
  axis: wanted,
  scale,
  references = [],
  baseline = [],
}: Wanted): View {
  const records = runs.map(({ record }) => record);
  const axes = axesOf(records, references);
  const axis = wanted && axes.includes(wanted) ? wanted : axes[0];
  const measured = linesOf(runs, axis);
  const before = linesOf(
    baseline.map((record) => ({ record, number: undefined })),
    axis,
  ).map((line) => ({
    ...line,
    label: `${line.label} (${t().cells.baseline})`,
    origin: 'baseline' as const,
  }));
  const series = [...measured, ...before, ...referenceLines(references, axis)];
  const points = series.flatMap((line) => line.points);
  const coming = axis === 'chunk' || axis === 'prefill' ? planned.map((run) => run[axis]) : [];
  const highest = Math.max(...points.map(({ high }) => high));
  const far = target !== undefined && target > FARTHEST_ON_LINEAR * highest;
  return {
    axis,
    axisLabel: t().cells.axes[axis] ?? axis,
    xs: [...new Set([...points.map(({ x }) => x), ...coming])].sort((a, b) => a - b),
    series,
    lowest: Math.min(...points.map(({ low }) => low)),
    highest,
    target,
    logarithmic: scale === 'log' || (scale !== 'linear' && far),
    software: records.some((record) => record.software),
  };
}

/** The keys that could run along the axis: those in which the runs differ, then those of the references. */
export function axesOf(records: readonly RunRecord[], references: readonly ReferencePoint[]): string[] {
  const own = records.length ? possibleAxes(records) : [];
  const published = references.map(({ key }) => key);
  return [...new Set([...own, ...published])].concat(own.length + published.length ? [] : ['chunk']);
}

function linesOf(runs: readonly { record: RunRecord; number: number | undefined }[], axis: string): Series[] {
  const varying = varyingKeys(runs.map(({ record }) => record));
  const lines = new Map<string, Map<number, Point>>();
  for (const { record, number } of runs) {
    const x = coordinates(record)[axis];
    if (typeof x !== 'number') continue; // a variant that lacks the knob of the axis
    const label = labelOf(record, varying, axis) || record.model;
    const line = lines.get(label) ?? new Map<number, Point>();
    lines.set(label, line.set(x, pointOf(record, number, x)));
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
    const details = [`${rounded(tokensPerSecond)} ${t().cells.perSecond}`, t().cells.published, note].filter(
      Boolean,
    );
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

function pointOf(record: RunRecord, number: number | undefined, x: number): Point {
  const columns = COLUMNS.filter(({ table, name }) => table && name !== 'x_variants');
  const words = t().cells;
  const details = columns
    .map((column) => [words.columns[column.name] ?? column.title, show(column, record)])
    .filter(([, value]) => value !== '');
  const name =
    number === undefined ? `${words.baseline}, ${record.startedAt.slice(0, 10)}` : words.runNumber(number);
  return {
    x,
    tokensPerSecond: tokensPerSecond(record),
    ...rateInterval(record),
    record: number,
    details: [name, ...details.map(([title, value]) => `${title}: ${value}`)],
  };
}

/** The chart in a few sentences, for those who do not see it. */
export function summarise({ series, axis, target, software }: View): string {
  const words = t().cells;
  const own = series.filter(({ origin }) => origin === 'run');
  const all = (own.length ? own : series).flatMap(({ label, points }) =>
    points.map((point) => ({ label, ...point })),
  );
  if (all.length === 0) return `${words.noRuns}.`;
  const by = all.toSorted((a, b) => b.tokensPerSecond - a.tokensPerSecond);
  const [fastest, slowest] = [by[0], by.at(-1)!];
  const say = (how: typeof words.fastest, { label, x, tokensPerSecond }: (typeof all)[number]) =>
    how(label, axis, x.toLocaleString(locale()), rounded(tokensPerSecond));
  // A CPU's share of a GPU's target would be a number without a meaning.
  const share =
    target && !software && own.length
      ? words.shareOfTarget(
          Math.round((100 * fastest.tokensPerSecond) / target),
          target.toLocaleString(locale()),
        )
      : '';
  const first = `${say(words.fastest, fastest)}${share}.`;
  return all.length > 1 ? `${first} ${say(words.slowest, slowest)}` : first;
}

export function rounded(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString(locale());
}
