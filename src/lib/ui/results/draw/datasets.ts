/** Series of a plot as datasets of Chart.js. */
import type { ChartDataset } from 'chart.js';
import { type Axis, type Mark, type PlotSeries, shapeAt } from '../plot';
import { colourOf, type Drawing, faded } from './drawing';
import { rangesOf } from './scales';

/** Series differ by colour, shape and dash; the legend uses the same shapes. */
const SHAPES = ['circle', 'rect', 'triangle', 'rectRot', 'star', 'crossRot'] as const;
const DASHES = [[], [7, 4], [2, 3], [9, 3, 2, 3]];

/** A mark with its place on the canvas. */
export interface DrawnMark {
  x: number | [number, number];
  y: number;
  mark: Mark;
}

export function datasetOf(series: PlotSeries, at: number, drawing: Drawing): ChartDataset {
  const { label, form } = series;
  const data = series.marks.map((mark) => placeOf(mark, form, drawing));
  // Faint series are drawn first, below the others; without an order the last series would be the lowest.
  const common = { label, data, order: series.tone === 'faint' ? 1 : 0 };
  const colour = colourOf(series.tone, drawing.palette);
  if (form === 'cells') return { type: 'matrix', ...common, ...cells(series, drawing) } as ChartDataset;
  if (form === 'bars' || form === 'spans')
    return { type: 'bar', ...common, ...bars(series, colour, drawing) } as ChartDataset;
  const type = form === 'dots' ? 'scatter' : 'line';
  return { type, ...common, ...points(series, at, colour, drawing) } as ChartDataset;
}

/** The mark's place, moved to the end of an axis that does not reach it. */
function placeOf(mark: Mark, form: PlotSeries['form'], { plot }: Drawing): DrawnMark {
  const ranges = rangesOf(plot);
  const inside = (value: number, axis: Axis, { min, max }: { min: number; max: number }) =>
    axis.scale === 'words' ? value : Math.min(max, Math.max(min, value));
  const [x, y] = [inside(mark.x, plot.x, ranges.x), inside(mark.y, plot.y, ranges.y)];
  if (form === 'spans') return { x: [mark.from ?? 0, mark.x], y: mark.y, mark };
  const beyond = x !== mark.x || y !== mark.y;
  return { x, y, mark: beyond && form === 'dots' ? { ...mark, hollow: true } : mark };
}

function points(
  { form, tone, published, plain, marks }: PlotSeries,
  at: number,
  colour: string,
  { palette, selected, plot }: Drawing,
) {
  const own = typeof tone === 'number';
  const marked = marks.map(({ record }) => record !== undefined && record === selected);
  // Lines without points need no shape.
  const shape = plot.series.slice(0, at).filter((each) => !each.plain && each.form !== 'steps').length;
  const bare = plain || form === 'steps';
  const radius = (mark: Mark) => (own ? 4.5 : 4) * Math.sqrt(mark.size ?? 1);
  return {
    showLine: form !== 'dots',
    stepped: form === 'steps',
    borderColor: colour,
    borderWidth: own ? 2 : 1.5,
    borderDash: bare ? [] : published || !own ? [3, 3] : DASHES[at % DASHES.length],
    pointStyle: SHAPES[shapeAt(shape)],
    pointBackgroundColor: marks.map(({ hollow, x, y }, i) =>
      marked[i] || !own || hollow || beyond(x, y, plot) ? palette.panel : colour,
    ),
    pointBorderColor: colour,
    pointBorderWidth: marked.map((is) => (is ? 3 : 1.5)),
    pointRadius: marks.map((mark, i) => (marked[i] ? 8 : bare ? 0 : radius(mark))),
    pointHoverRadius: bare ? 3 : 8,
    pointHitRadius: 14,
    clip: 10,
  };
}

const beyond = (x: number, y: number, plot: Drawing['plot']) =>
  (plot.x.max !== undefined && x > plot.x.max) || (plot.y.max !== undefined && y > plot.y.max);

function bars({ form, tone, published, marks }: PlotSeries, colour: string, { palette, selected }: Drawing) {
  const chosen = marks.map(({ record }) => record !== undefined && record === selected);
  return {
    grouped: false,
    backgroundColor: marks.map(({ hollow }) =>
      hollow ? faded(colour, 0.25) : published || tone === 'quiet' ? palette.panel : colour,
    ),
    borderColor: chosen.map((is) => (is ? palette.ink : colour)),
    borderWidth: form === 'spans' && typeof tone === 'number' && marks.length > 40 ? 0 : 1.5,
    borderSkipped: false,
    categoryPercentage: form === 'bars' ? 1 : 0.9,
    barPercentage: form === 'bars' ? 0.96 : 0.8,
    minBarLength: 1,
    maxBarThickness: form === 'spans' ? 26 : undefined,
  };
}

/** Cells of a heat map: the better, the more of the first colour. */
function cells({ marks }: PlotSeries, { palette, plot, selected }: Drawing) {
  const shares = shadesOf(marks);
  const [columns, rows] = [plot.x, plot.y].map(({ values = [] }) => values.length || 1);
  return {
    backgroundColor: shares.map((share) => faded(palette.series[0], strengthOf(share))),
    borderColor: marks.map(({ record }) =>
      record !== undefined && record === selected ? palette.ink : palette.panel,
    ),
    borderWidth: marks.map(({ record }) => (record !== undefined && record === selected ? 3 : 1)),
    width: ({ chart }: { chart: { chartArea?: { width: number } } }) =>
      (chart.chartArea?.width ?? 0) / columns - 1,
    height: ({ chart }: { chart: { chartArea?: { height: number } } }) =>
      (chart.chartArea?.height ?? 0) / rows - 1,
  };
}

/** How opaque a cell of a heat map is, by its place from the least (0) to the largest (1). */
export const strengthOf = (share: number): number => 0.08 + 0.84 * share;

/** How far each value is from the least (0) to the largest (1). */
export function shadesOf(marks: readonly Mark[]): number[] {
  const values = marks.map(({ value = 0 }) => value);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return values.map((value) => (most > least ? (value - least) / (most - least) : 1));
}
