/** What a chart of some runs shows: which key runs along its axis, which runs make a line, and the same in words. */
import type { Run } from '../lab/expand';
import { COLUMNS, show, tokensPerSecond, type RunRecord } from '../lab/record';

/** A run that has finished, with its number in the table. */
export interface NumberedRecord {
  number: number;
  record: RunRecord;
}

export interface Point {
  x: number;
  tokensPerSecond: number;
  /** Of the slowest and the fastest sample. */
  low: number;
  high: number;
  /** Number of the record. */
  record: number;
  /** The run's columns, a line each. */
  details: string[];
}

export interface Series {
  label: string;
  /** By x, one for each; of runs repeated with the same settings, the last. */
  points: Point[];
}

export interface View {
  axis: string;
  axisLabel: string;
  /** Every x there is, in order. */
  xs: number[];
  series: Series[];
  /** Tokens per second, of any sample. */
  lowest: number;
  highest: number;
  target: number | undefined;
  /** The target is so far away that a linear scale would press the runs into a line. */
  logarithmic: boolean;
  /** A CPU stood in for the GPU in some of the runs. */
  software: boolean;
}

const AXIS_LABELS: Record<string, string> = {
  chunk: 'chunk, tokens per pass',
  prefill: 'prompt length, tokens',
  decode: 'tokens decoded after the prompt',
  steps_per_submit: 'steps per submit',
  seed: 'seed',
};
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
  for (const record of records)
    for (const [key, value] of Object.entries(coordinates(record)))
      values.set(key, (values.get(key) ?? new Set()).add(value));
  const whole = records.every(({ chunk, prefill }) => chunk === prefill);
  return [...values].flatMap(([key, { size }]) => (size > 1 && !(whole && key === 'chunk') ? [key] : []));
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

/** `planned`: runs that are still to come; `wanted`: the axis asked for, if it is possible. */
export function viewOf(
  runs: readonly NumberedRecord[],
  planned: readonly Run[],
  target: number | undefined,
  wanted?: string,
): View {
  const records = runs.map(({ record }) => record);
  const axes = possibleAxes(records);
  const axis = wanted && axes.includes(wanted) ? wanted : axes[0];
  const varying = varyingKeys(records);
  const lines = new Map<string, Map<number, Point>>();
  for (const run of runs) {
    const x = coordinates(run.record)[axis];
    if (typeof x !== 'number') continue; // a variant that lacks the knob of the axis
    const label = labelOf(run.record, varying, axis) || run.record.model;
    const line = lines.get(label) ?? new Map<number, Point>();
    lines.set(label, line.set(x, pointOf(run, x)));
  }
  const series = [...lines].map(([label, line]) => ({
    label,
    points: [...line.values()].sort((a, b) => a.x - b.x),
  }));
  const points = series.flatMap((line) => line.points);
  const coming = axis === 'chunk' || axis === 'prefill' ? planned.map((run) => run[axis]) : [];
  const highest = Math.max(...points.map(({ high }) => high));
  return {
    axis,
    axisLabel: AXIS_LABELS[axis] ?? axis,
    xs: [...new Set([...points.map(({ x }) => x), ...coming])].sort((a, b) => a - b),
    series,
    lowest: Math.min(...points.map(({ low }) => low)),
    highest,
    target,
    logarithmic: target !== undefined && target > FARTHEST_ON_LINEAR * highest,
    software: records.some((record) => record.software),
  };
}

function pointOf({ number, record }: NumberedRecord, x: number): Point {
  const columns = COLUMNS.filter(({ table, name }) => table && name !== 'x_variants');
  const details = columns
    .map((column) => [column.title, show(column, record)])
    .filter(([, value]) => value !== '');
  return {
    x,
    tokensPerSecond: tokensPerSecond(record),
    low: record.prefill / Math.max(...record.seconds),
    high: record.prefill / Math.min(...record.seconds),
    record: number,
    details: [`Run ${number}`, ...details.map(([title, value]) => `${title}: ${value}`)],
  };
}

/** The chart in a few sentences, for those who do not see it. */
export function summarise({ series, axis, target, software }: View): string {
  const all = series.flatMap(({ label, points }) => points.map((point) => ({ label, ...point })));
  if (all.length === 0) return 'No runs yet.';
  const by = all.toSorted((a, b) => b.tokensPerSecond - a.tokensPerSecond);
  const say = ({ label, x, tokensPerSecond }: (typeof all)[number]) =>
    `${label} at ${axis} ${x.toLocaleString('en')}, ${rounded(tokensPerSecond)} tokens/s`;
  const [fastest, slowest] = [by[0], by.at(-1)!];
  // A CPU's share of a GPU's target would be a number without a meaning.
  const share =
    target && !software
      ? `, ${Math.round((100 * fastest.tokensPerSecond) / target)} % of the ${target} target`
      : '';
  const first = `Fastest: ${say(fastest)}${share}.`;
  return all.length > 1 ? `${first} Slowest: ${say(slowest)}.` : first;
}

export function rounded(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en');
}
