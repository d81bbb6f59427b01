/** Draws a view with Chart.js. No other module imports Chart.js; this one is loaded when there is something to draw. */
import {
  Chart,
  LineController,
  LineElement,
  LogarithmicScale,
  LinearScale,
  PointElement,
  Tooltip,
  type ChartDataset,
  type ChartOptions,
  type Plugin,
} from 'chart.js';
import { percent } from '../words/numbers';
import type { Point, Series, View } from './series';

Chart.register(LineController, LineElement, PointElement, LinearScale, LogarithmicScale, Tooltip);

/** Series differ by colour, shape and dash; the legend uses the same shapes. */
const SHAPES = ['circle', 'rect', 'triangle', 'rectRot', 'star', 'crossRot'] as const;
const DASHES = [[], [7, 4], [2, 3], [9, 3, 2, 3]];

const LABEL_FONT = '600 12.5px system-ui, sans-serif';
const FONT = { family: 'system-ui, sans-serif', size: 12.5 };

/** Colours of the style sheet, resolved for the current theme. */
export interface Palette {
  ink: string;
  quiet: string;
  line: string;
  panel: string;
  series: string[];
}

export interface Drawing {
  view: View;
  palette: Palette;
  /** True to label lines at their right ends instead of in a legend; this needs room there. */
  directLabels: boolean;
  /** Table number of the selected record. */
  selected: number | undefined;
  onselect: (record: number) => void;
  words: { perSecond: string; targetLine: string; locale: string };
}

export interface DrawnChart {
  redraw(drawing: Drawing): void;
  /** Renders the chart as a PNG, on the panel's background colour. */
  png(): Promise<Blob | null>;
  destroy(): void;
}

type LinePoint = { x: number; y: number; point: Point };
type LineChart = Chart<'line', LinePoint[]>;

/** Draws a chart on a canvas. No animations: they would use the GPU that is being measured. */
export function drawChart(canvas: HTMLCanvasElement, first: Drawing): DrawnChart {
  let drawing = first;
  const plugins = [targetLine, whiskers, deltas, lineEnds].map((plugin) => plugin(() => drawing));
  const chart: LineChart = new Chart(canvas, { type: 'line', ...described(first), plugins });
  return {
    redraw(next) {
      drawing = next;
      const { data, options } = described(next);
      chart.data = data;
      chart.options = options;
      chart.update('none');
    },
    png: () => picture(canvas, drawing.palette.panel),
    destroy: () => chart.destroy(),
  };
}

function picture(canvas: HTMLCanvasElement, background: string): Promise<Blob | null> {
  const copy = Object.assign(document.createElement('canvas'), {
    width: canvas.width,
    height: canvas.height,
  });
  const context = copy.getContext('2d')!;
  context.fillStyle = background;
  context.fillRect(0, 0, copy.width, copy.height);
  context.drawImage(canvas, 0, 0);
  return new Promise((resolve) => copy.toBlob(resolve, 'image/png'));
}

function described(drawing: Drawing) {
  const datasets = drawing.view.series.map((series, i) => dataset(series, i, drawing));
  return { data: { datasets }, options: options(drawing) };
}

function dataset(
  series: Series,
  i: number,
  { palette, selected }: Drawing,
): ChartDataset<'line', LinePoint[]> {
  const own = series.origin === 'run';
  const colour = colourOf(series, i, palette);
  const marked = series.points.map((point) => point.record !== undefined && point.record === selected);
  return {
    label: series.label,
    data: series.points.map((point) => ({ x: point.x, y: point.tokensPerSecond, point })),
    borderColor: colour,
    borderWidth: own ? 2 : 1.5,
    borderDash: own ? DASHES[i % DASHES.length] : [3, 3],
    pointStyle: SHAPES[i % SHAPES.length],
    pointBackgroundColor: series.points.map(({ provisional }, at) =>
      marked[at] || !own || provisional ? palette.panel : colour,
    ),
    pointBorderColor: colour,
    pointBorderWidth: marked.map((is) => (is ? 3 : 1.5)),
    pointRadius: marked.map((is) => (is ? 8 : own ? 4.5 : 4)),
    pointHoverRadius: 8,
    pointHitRadius: 14,
  };
}

let ruler: CanvasRenderingContext2D | null | undefined;
/** Width of a label at the end of a line, in pixels. */
function widthOf(label: string): number {
  ruler ??= document.createElement('canvas').getContext('2d');
  if (ruler) ruler.font = LABEL_FONT;
  return ruler?.measureText(label).width ?? 7 * label.length;
}

/** The colour of a series: its own for measured runs, a quiet one for what was measured earlier or elsewhere. */
const colourOf = ({ origin }: Series, i: number, { series, quiet, line }: Palette) =>
  origin === 'run' ? series[i % series.length] : origin === 'ghost' ? line : quiet;

function options({ view, palette, directLabels, onselect, words }: Drawing): ChartOptions<'line'> {
  const longest = Math.max(0, ...view.series.map(({ label }) => widthOf(label)));
  return {
    animation: false,
    responsive: true,
    maintainAspectRatio: false,
    layout: { padding: { top: 18, right: directLabels ? 22 + longest : 14, left: 2 } },
    interaction: { mode: 'nearest', intersect: false },
    onClick: (_event, hits, chart) => {
      const hit = hits[0];
      if (!hit) return;
      const { point } = chart.data.datasets[hit.datasetIndex].data[hit.index] as unknown as LinePoint;
      if (point.record !== undefined) onselect(point.record);
    },
    plugins: { tooltip: tooltip(palette) },
    scales: scales(view, palette, words),
  };
}

function scales(view: View, palette: Palette, words: Drawing['words']): ChartOptions<'line'>['scales'] {
  const text = { color: palette.quiet, font: FONT };
  const ticks = {
    ...text,
    padding: 8,
    callback: (value: string | number) => Number(value).toLocaleString(words.locale),
  };
  return {
    x: {
      type: 'logarithmic',
      ...horizontalRange(view.xs),
      title: { display: true, text: view.axisLabel, ...text },
      grid: { color: palette.line, drawTicks: false },
      border: { color: palette.quiet },
      ticks: { ...ticks, autoSkip: true },
      afterBuildTicks: (axis) => void (axis.ticks = view.xs.map((value) => ({ value }))),
    },
    y: {
      type: view.logarithmic ? 'logarithmic' : 'linear',
      ...verticalRange(view),
      title: { display: true, text: words.perSecond, ...text },
      grid: { color: palette.line, drawTicks: false },
      border: { display: false },
      ticks: { ...ticks, maxTicksLimit: 7 },
    },
  };
}

/** Tooltip with the columns of the run's table row. */
function tooltip(palette: Palette): NonNullable<ChartOptions<'line'>['plugins']>['tooltip'] {
  return {
    backgroundColor: palette.panel,
    titleColor: palette.ink,
    bodyColor: palette.ink,
    borderColor: palette.quiet,
    borderWidth: 1,
    padding: 10,
    displayColors: false,
    bodyFont: FONT,
    callbacks: {
      title: ([item]) => `${item.dataset.label}`,
      label: (item) => (item.raw as LinePoint).point.details,
    },
  };
}

/** Range of the logarithmic x axis (chunk sizes and prompt lengths double); a single value is centred. */
function horizontalRange(xs: number[]): { min: number; max: number } {
  const [first, last] = [xs[0] ?? 1, xs.at(-1) ?? 1];
  return first === last ? { min: first / 2, max: last * 2 } : { min: first / 1.06, max: last * 1.06 };
}

function verticalRange({ lowest, highest, target, logarithmic }: View) {
  const top = Math.max(highest * 1.06, (target ?? 0) * 1.08);
  return logarithmic
    ? { min: Math.min(lowest, target ?? lowest) / 1.6, max: top * 1.3 }
    : { min: 0, suggestedMax: top };
}

/** Plugin that draws the target as a dashed line with a label. */
function targetLine(drawing: () => Drawing): Plugin<'line'> {
  return {
    id: 'targetLine',
    beforeDatasetsDraw({ ctx, chartArea, scales }) {
      const { view, palette, words } = drawing();
      if (!view.target) return;
      const y = scales.y.getPixelForValue(view.target);
      ctx.save();
      ctx.strokeStyle = palette.ink;
      ctx.lineWidth = 1.5;
      ctx.setLineDash([6, 5]);
      ctx.beginPath();
      ctx.moveTo(chartArea.left, y);
      ctx.lineTo(chartArea.right, y);
      ctx.stroke();
      ctx.fillStyle = palette.ink;
      ctx.font = LABEL_FONT;
      ctx.textBaseline = 'bottom';
      ctx.fillText(words.targetLine, chartArea.left + 8, y - 4);
      ctx.restore();
    },
  };
}

/** Plugin that draws the interval of each median as whiskers. */
function whiskers(drawing: () => Drawing): Plugin<'line'> {
  return {
    id: 'whiskers',
    beforeDatasetsDraw({ ctx, scales }) {
      const { view, palette } = drawing();
      ctx.save();
      ctx.lineWidth = 1.5;
      view.series.forEach(({ points, origin }, i) => {
        if (origin === 'reference') return;
        ctx.globalAlpha = origin === 'run' ? 1 : 0.5;
        ctx.strokeStyle = colourOf(view.series[i], i, palette);
        for (const point of points) {
          const x = scales.x.getPixelForValue(point.x);
          const [low, high] = [point.low, point.high].map((value) => scales.y.getPixelForValue(value));
          ctx.beginPath();
          ctx.moveTo(x, low);
          ctx.lineTo(x, high);
          for (const y of [low, high]) {
            ctx.moveTo(x - 5, y);
            ctx.lineTo(x + 5, y);
          }
          ctx.stroke();
        }
      });
      ctx.restore();
    },
  };
}

/** Plugin that writes the change of each point against the one that it took the place of. */
function deltas(drawing: () => Drawing): Plugin<'line'> {
  return {
    id: 'deltas',
    afterDatasetsDraw({ ctx, scales }) {
      const { view, palette } = drawing();
      ctx.save();
      ctx.font = LABEL_FONT;
      ctx.textAlign = 'center';
      ctx.textBaseline = 'bottom';
      ctx.fillStyle = palette.ink;
      for (const { delta, x, high } of view.series.flatMap(({ points }) => points)) {
        if (delta === undefined) continue;
        ctx.fillText(percent(delta), scales.x.getPixelForValue(x), scales.y.getPixelForValue(high) - 8);
      }
      ctx.restore();
    },
  };
}

/** Plugin that draws each series' label at the end of its line and moves overlapping labels apart. */
function lineEnds(drawing: () => Drawing): Plugin<'line'> {
  const HEIGHT = 17;
  return {
    id: 'lineEnds',
    afterDatasetsDraw({ ctx, chartArea, scales }) {
      const { view, palette, directLabels } = drawing();
      if (!directLabels) return;
      const ends = view.series
        .map(({ label, points, origin }, i) => ({
          label,
          colour: origin === 'run' ? colourOf(view.series[i], i, palette) : palette.quiet,
          y: scales.y.getPixelForValue(points.at(-1)!.tokensPerSecond),
        }))
        .sort((a, b) => a.y - b.y);
      for (let k = 1; k < ends.length; k++) ends[k].y = Math.max(ends[k].y, ends[k - 1].y + HEIGHT);
      const overflow = Math.max(0, (ends.at(-1)?.y ?? 0) - chartArea.bottom);
      ctx.save();
      ctx.font = LABEL_FONT;
      ctx.textBaseline = 'middle';
      for (const { label, colour, y } of ends) {
        ctx.fillStyle = colour;
        ctx.fillText(label, chartArea.right + 10, y - overflow);
      }
      ctx.restore();
    },
  };
}
