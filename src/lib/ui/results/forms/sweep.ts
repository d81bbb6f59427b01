/** The results of a sweep as pictures: bars, lines or a heat map, whichever says most; and the samples of a run. */
import type { Phase, RunRecord } from '../../../lab/records/record';
import { median } from '../../../lab/statistics/descriptive';
import { percent, rounded } from '../../words/numbers';
import { locale, punctuation, sentences, t, type ChartWords } from '../../words/words.svelte';
import type { Mark, Plot, PlotSeries } from '../plot';
import {
  axesOf,
  barsOf,
  type BarOf,
  type NumberedRecord,
  onePlace,
  type Point,
  pointOf,
  summarise,
  type View,
  viewOf,
  type Wanted,
} from '../series';
import { varyingKeys } from '../varying';

/** The title of a chart of this phase; by default prefill. */
export const titleOf = (phase: Phase | undefined, words: ChartWords) =>
  phase === 'decode' ? words.decodeTitle : t().cells.chartTitle;

export type Form = 'bars' | 'lines' | 'grid';

/** The form of a sweep's chart. An axis that the settings name asks for lines. */
export function formOf(runs: readonly NumberedRecord[], axis?: string): Form {
  if (runs.length > 0 && onePlace(runs, axis) !== undefined) return 'bars';
  if (!axis && knobsOf(runs)) return 'grid';
  return !axis && runs.length > 0 && withoutLines(runs) ? 'bars' : 'lines';
}

/** True if no axis has two runs on one line, as when each run differs from every other in several settings. */
const withoutLines = (runs: readonly NumberedRecord[]): boolean =>
  axesFor(runs, []).every((axis) => viewOf({ runs, axis }).series.every(({ points }) => points.length < 2));

/** The two knobs in which the runs differ, if they differ in nothing else: along the chart the one with more values. */
function knobsOf(runs: readonly NumberedRecord[]): [string, string] | undefined {
  const records = runs.map(({ record }) => record);
  const [first, second, ...others] = varyingKeys(records);
  if (!first?.includes('.') || !second?.includes('.') || others.length) return undefined;
  const counts = [first, second].map((key) => new Set(records.map((record) => knobIn(record, key))).size);
  return counts[0] >= counts[1] ? [first, second] : [second, first];
}

function knobIn({ variants }: RunRecord, key: string): number | undefined {
  const at = key.lastIndexOf('.');
  return variants[key.slice(0, at)]?.knobs[key.slice(at + 1)];
}

/** Runs that differ in two knobs as cells, each with its speed. Throws an Error for other runs. */
export function gridPlot(runs: readonly NumberedRecord[], words: ChartWords, phase: Phase = 'prefill'): Plot {
  const keys = knobsOf(runs);
  if (!keys) throw new Error('These runs do not differ in exactly two knobs');
  const [xs, ys] = keys.map((key) =>
    [...new Set(runs.map(({ record }) => knobIn(record, key) ?? 0))].sort((a, b) => a - b),
  );
  const latest = new Map<string, Mark>();
  for (const { record, number } of runs) {
    const [x, y] = [xs.indexOf(knobIn(record, keys[0]) ?? 0), ys.indexOf(knobIn(record, keys[1]) ?? 0)];
    const point = pointOf(record, number, x, phase);
    const title = `${keys[0]}=${xs[x]} ${keys[1]}=${ys[y]}`;
    latest.set(`${x} ${y}`, {
      ...{ x, y, value: point.tokensPerSecond, label: rounded(point.tokensPerSecond), record: number },
      ...{ low: point.low, high: point.high, hollow: point.provisional },
      details: [title, ...detailsOf(point, words)],
    });
  }
  const marks = [...latest.values()];
  const missing = xs.length * ys.length - marks.length;
  return {
    title: titleOf(phase, words),
    x: { label: keys[0], scale: 'words', values: xs.map(String) },
    y: { label: keys[1], scale: 'words', values: ys.map(String) },
    series: [{ label: t().cells.perSecond, form: 'cells', tone: 0, marks }],
    summary: sentences(gridSummary(marks, words), missing ? words.cellsMissing(missing) : ''),
    table: {
      columns: [`${keys[1]} \\ ${keys[0]}`, ...xs.map(String)],
      rows: ys.map((y, at) => [String(y), ...xs.map((_, x) => latest.get(`${x} ${at}`)?.label ?? '')]),
      words: 1,
    },
  };
}

function gridSummary(marks: readonly Mark[], words: ChartWords): string {
  const by = marks.toSorted((a, b) => (b.value ?? 0) - (a.value ?? 0));
  const [best, worst] = [by[0], by.at(-1)!];
  return words.gridSummary(best.details[0], best.label ?? '', worst.details[0], worst.label ?? '');
}

/** Runs along a number as lines, with the target across. */
export function linesPlot(view: View, words: ChartWords, whole: readonly NumberedRecord[] = []): Plot {
  const places = placesAmong(view, whole);
  const { xs, target, logarithmic } = view;
  const [first, last] = [xs[0] ?? 1, xs.at(-1) ?? 1];
  const top = Math.max(view.highest * 1.06, (target ?? 0) * 1.08) || 1;
  const cells = t().cells;
  return {
    title: titleOf(view.phase, words),
    x: {
      ...{ label: view.axisLabel, scale: 'log', ticks: xs },
      ...(first === last ? { min: first / 2, max: last * 2 } : { min: first / 1.06, max: last * 1.06 }),
    },
    y: logarithmic
      ? {
          label: cells.perSecondLog,
          scale: 'log',
          min: Math.min(view.lowest, target ?? view.lowest) / 1.6,
          max: top * 1.3,
        }
      : { label: cells.perSecond, scale: 'linear', min: 0, max: top, soft: true },
    series: view.series.map((series, at) => lineOf(series, places[at] ?? at, words)),
    rules: rulesOf(target, 'y'),
    summary: summarise(view),
  };
}

/** The place of each series among those of the whole runs, of which the view may show a part: colours follow it. */
function placesAmong({ series, axis }: View, whole: readonly NumberedRecord[]): (number | undefined)[] {
  const all = whole.length ? viewOf({ runs: whole, axis }).series : series;
  const places = new Map(all.flatMap(({ points }, at) => points.map(({ record }) => [record, at] as const)));
  return series.map(({ origin, points: [first] }) =>
    origin === 'run' && first ? places.get(first.record) : undefined,
  );
}

const rulesOf = (target: number | undefined, axis: 'x' | 'y') =>
  target ? [{ axis, at: target, label: t().cells.targetLine(target.toLocaleString(locale())) }] : [];

function lineOf(
  { label, origin, points }: View['series'][number],
  at: number,
  words: ChartWords,
): PlotSeries {
  return {
    ...{ label, form: 'line', tone: toneOf(origin, at), published: origin === 'reference', ends: true },
    marks: points.map((point) => ({
      ...{ x: point.x, y: point.tokensPerSecond, low: point.low, high: point.high, record: point.record },
      ...{ hollow: point.provisional, label: point.delta === undefined ? undefined : percent(point.delta) },
      details: [label, ...detailsOf(point, words)],
    })),
  };
}

const toneOf = (origin: BarOf['origin'], at: number) =>
  origin === 'run' ? at : origin === 'ghost' ? ('faint' as const) : ('quiet' as const);

/** The few facts of a tooltip: which run, its speed and its interval. The table has the others. */
function detailsOf(point: Point, words: ChartWords): string[] {
  const { tokensPerSecond, low, high, delta, against } = point;
  const speed = `${rounded(tokensPerSecond)} ${t().cells.perSecond}`;
  return [
    high > low ? speed + punctuation().comma + words.interval(rounded(low), rounded(high)) : speed,
    delta === undefined
      ? ''
      : against
        ? words.changeFrom(percent(delta), against)
        : words.change(percent(delta)),
    ...point.details,
  ].filter(Boolean);
}

/** Runs at one place as horizontal bars, fastest first: the picture that is saved; the page draws them as a list. */
export function barsPlot(wanted: Wanted, x: number | undefined, words: ChartWords): Plot {
  const bars = barsOf(wanted, x);
  const cells = t().cells;
  const name = ({ label, origin }: BarOf) =>
    origin === 'reference' ? label + punctuation().comma + cells.published : label;
  const order = (origin: BarOf['origin']) => (origin === 'run' ? 0 : 1);
  const marks = bars.map((bar, y) => ({
    order: order(bar.origin),
    mark: {
      ...{ x: bar.tokensPerSecond, y, from: 0, low: bar.low, high: bar.high, record: bar.record },
      ...{ label: rounded(bar.tokensPerSecond), hollow: bar.provisional },
      details: [bar.label, ...detailsOf(bar, words)],
    },
  }));
  const of = (wantedOrder: number) =>
    marks.flatMap(({ order, mark }) => (order === wantedOrder ? [mark] : []));
  return {
    title: titleOf(wanted.phase, words),
    x: { label: cells.perSecond, scale: 'linear', min: 0, soft: true },
    y: { label: '', scale: 'words', values: bars.map(name) },
    series: [
      { label: cells.perSecond, form: 'spans', tone: 0, marks: of(0) },
      { label: cells.published, form: 'spans', tone: 'quiet', marks: of(1) },
    ],
    rules: rulesOf(wanted.target, 'x'),
    summary: summarise(viewOf(wanted)),
  };
}

/** The samples of one run in the order in which they were taken, with their median across; undefined for fewer than two. */
export function stripPlot(
  { number, record }: NumberedRecord,
  words: ChartWords,
  phase: Phase = 'prefill',
): Plot | undefined {
  const { summary, [phase]: tokens, [`${phase}Seconds` as const]: samples } = record;
  if (summary || samples.length < 2) return undefined;
  const middle = tokens / median(samples);
  const name = t().cells.runNumber(number);
  const marks = samples.map((seconds, i) => ({
    ...{ x: i + 1, y: tokens / seconds },
    details: [`${name}, ${i + 1}`, `${rounded(tokens / seconds)} ${t().cells.perSecond}`],
  }));
  const rates = marks.map(({ y }) => y);
  const [least, most] = [Math.min(...rates), Math.max(...rates)];
  const room = Math.max(0.25 * (most - least), 0.01 * middle);
  return {
    title: phase === 'decode' ? words.decodeStrip : words.strip,
    x: {
      label: words.sampleNumber,
      scale: 'linear',
      min: 0.5,
      max: marks.length + 0.5,
      ticks: stepsTo(marks.length),
    },
    y: {
      ...{ label: t().cells.perSecond, scale: 'linear', soft: true },
      ...{ min: Math.max(0, least - room), max: most + room },
    },
    series: [{ label: name, form: 'dots', tone: 0, marks }],
    rules: [{ axis: 'y', at: middle, label: words.median(rounded(middle)) }],
    summary: words.stripSummary(name, marks.length, rounded(middle)),
  };
}

/** Whole numbers from 1, at most about twelve. */
export function stepsTo(count: number): number[] {
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find((each) => count / each <= 12) ?? 5000;
  return Array.from({ length: Math.floor(count / step) }, (_, i) => (i + 1) * step);
}

/** Axes that a sweep's chart offers; an empty one stands for the heat map of both knobs. */
export function axesFor(runs: readonly NumberedRecord[], references: Parameters<typeof axesOf>[1]): string[] {
  const axes = axesOf(
    runs.map(({ record }) => record),
    references,
  );
  return knobsOf(runs) ? ['', ...axes] : axes;
}
