/**
 * A picture as plain data: axes, series and marks. Every form of chart is a function from results to a `Plot`; draw.ts draws it on
 * a canvas, into a PNG or an SVG, and `tableOf` lists the same marks as text.
 */
import { rounded } from '../words/numbers';
import { locale, punctuation, t } from '../words/words.svelte';

export interface Axis {
  label: string;
  /** `words`: the marks' coordinates are positions in `values`. */
  scale: 'linear' | 'log' | 'words';
  values?: string[];
  /** Values that get a label; by default evenly spaced ones. */
  ticks?: number[];
  /** Ends of the axis; by default all marks fit. Marks beyond are drawn hollow at its end. */
  min?: number;
  max?: number;
  /** True if the ends may move outwards to round values. */
  soft?: boolean;
  /** True for an axis without line and labels. */
  hidden?: boolean;
}

export interface Mark {
  x: number;
  y: number;
  /** For spans: the other end along x. */
  from?: number;
  /** Ends of an interval: along x for spans, along y for all others. */
  low?: number;
  high?: number;
  /** For cells: the value that the colour stands for. */
  value?: number;
  /** Text beside the mark, always shown. */
  label?: string;
  /** Lines of the tooltip: a title, then a few facts. */
  details: string[];
  /** Number of the record that it stands for. */
  record?: number;
  /** Drawn hollow: a quick look, or a value beyond the axis. */
  hollow?: boolean;
  /** Area of a dot as a share of the largest; 1 if undefined. */
  size?: number;
}

export interface PlotSeries {
  label: string;
  form: 'line' | 'steps' | 'dots' | 'bars' | 'spans' | 'cells';
  /** A number chooses a colour of the series; `quiet` and `faint` are for what was measured elsewhere or earlier. */
  tone: number | 'quiet' | 'faint';
  /** True for figures that were published elsewhere. */
  published?: boolean;
  /** True for a line without points. */
  plain?: boolean;
  /** True if the label is written at the end of the line where there is room. */
  ends?: boolean;
  marks: Mark[];
}

/** A line across the whole plot. */
interface Rule {
  axis: 'x' | 'y';
  at: number;
  label: string;
}

export interface Plot {
  title: string;
  x: Axis;
  y: Axis;
  series: PlotSeries[];
  rules?: Rule[];
  /** Vertical scales of parallel coordinates, one for each value of `x`: texts at heights from 0 to 1. */
  columns?: { at: number; text: string }[][];
  /** The picture in a few sentences, for screen readers and as its caption. */
  summary: string;
  /** The same as a table, where the marks' coordinates alone would not say it. */
  table?: Table;
}

export interface Table {
  columns: string[];
  rows: string[][];
  /** Number of columns on the left that are texts. */
  words: number;
}

/** The colours of series, and the shapes of their points. */
export const STYLES = 6;

/** The shape of a series' points: with each round of colours it moves on by one, so that 36 series differ in colour or shape. */
export const shapeAt = (series: number): number => (series + Math.floor(series / STYLES)) % STYLES;

/** The name of a series, with what was published elsewhere marked as such. */
export const nameOf = ({ label, published }: Pick<PlotSeries, 'label' | 'published'>): string =>
  published ? label + punctuation().comma + t().cells.published : label;

/** The marks as rows of text: series, x, y. */
export function tableOf({ x, y, series, table }: Plot): Table {
  if (table) return table;
  const words = t().cells;
  const text = ({ scale, values }: Axis, value: number) =>
    scale === 'words' ? (values?.[value] ?? '') : value.toLocaleString(locale());
  return {
    columns: [words.series, x.label, y.label],
    rows: series.flatMap((each) =>
      each.marks.map((mark) => [
        nameOf(each),
        text(x, mark.x),
        y.scale === 'words' ? text(y, mark.y) : rounded(mark.y),
      ]),
    ),
    words: 1,
  };
}

/** The plot without the series whose labels are in `hidden`. Axes keep their ends. */
export const without = (plot: Plot, hidden: ReadonlySet<string>): Plot =>
  hidden.size ? { ...plot, series: plot.series.filter(({ label }) => !hidden.has(label)) } : plot;

/** Ends of a linear or logarithmic axis on which all marks and rules are inside. */
export function rangeOf(values: readonly number[], scale: 'linear' | 'log'): { min: number; max: number } {
  const known = values.filter((value) => Number.isFinite(value) && (scale === 'linear' || value > 0));
  if (known.length === 0) return { min: scale === 'log' ? 1 : 0, max: 10 };
  const [least, most] = [known.reduce((a, b) => Math.min(a, b)), known.reduce((a, b) => Math.max(a, b))];
  if (scale === 'log') return { min: least / 1.6, max: most * 1.6 };
  return { min: Math.min(0, least), max: most * 1.06 || 1 };
}
