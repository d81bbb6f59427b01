/** Draws plots with Chart.js on the page's canvas. No module outside this folder imports Chart.js; it is loaded when there is something to draw. */
import {
  BarController,
  BarElement,
  Chart,
  type ChartConfiguration,
  LinearScale,
  LineController,
  LineElement,
  LogarithmicScale,
  PointElement,
  ScatterController,
  Tooltip,
} from 'chart.js';
import { MatrixController, MatrixElement } from 'chartjs-chart-matrix';
import { datasetOf, type DrawnMark } from './datasets';
import { type Drawing, FONT, marginOf } from './drawing';
import { pluginsOf } from './overlays';
import { scalesOf } from './scales';

export { labelsFit } from './drawing';

Chart.register(
  ...[BarController, BarElement, LinearScale, LineController, LineElement, LogarithmicScale],
  ...[MatrixController, MatrixElement, PointElement, ScatterController, Tooltip],
);

/** Pixels of a printed picture to one CSS pixel, about 290 to an inch. */
const PAPER_PIXELS = 3;

export interface DrawnPlot {
  redraw(drawing: Drawing): void;
  destroy(): void;
}

/** Draws a plot on a canvas. No animations: they would use the GPU that is being measured. */
export function drawPlot(canvas: HTMLCanvasElement, first: Drawing): DrawnPlot {
  let drawing = first;
  const chart = new Chart(canvas, { ...configOf(first), plugins: pluginsOf(() => drawing) });
  return {
    redraw(next) {
      const medium = drawing.paper;
      drawing = next;
      const { data, options } = configOf(next);
      chart.data = data;
      chart.options = options!;
      chart.update('none');
      if (next.paper !== medium) chart.resize(chart.width, chart.height);
    },
    destroy: () => chart.destroy(),
  };
}

/** The configuration of Chart.js for a drawing. */
export function configOf(drawing: Drawing): ChartConfiguration {
  const { plot, directLabels, onselect } = drawing;
  const across = plot.series.some(({ form }) => form === 'spans');
  const cells = plot.series.some(({ form }) => form === 'cells');
  return {
    type: 'scatter',
    data: { datasets: plot.series.map((series, at) => datasetOf(series, at, drawing)) },
    options: {
      animation: false,
      responsive: true,
      devicePixelRatio: drawing.paper ? PAPER_PIXELS : undefined,
      maintainAspectRatio: false,
      indexAxis: across ? 'y' : 'x',
      layout: { padding: { top: 18, right: marginOf(plot, directLabels), left: 2 } },
      interaction: { mode: 'nearest', intersect: across || cells },
      onClick: (_event, hits, chart) => {
        const [hit] = hits;
        const drawn = hit && (chart.data.datasets[hit.datasetIndex].data[hit.index] as unknown as DrawnMark);
        if (drawn?.mark.record !== undefined) onselect?.(drawn.mark.record);
      },
      plugins: { tooltip: tooltipOf(drawing) },
      scales: scalesOf(drawing),
    },
  };
}

/** A short tooltip: the mark's own lines. */
function tooltipOf({ palette }: Drawing) {
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
      title: ([item]: { raw: unknown }[]) => (item?.raw as DrawnMark | undefined)?.mark.details[0] ?? '',
      label: (item: { raw: unknown }) => (item.raw as DrawnMark).mark.details.slice(1),
    },
  };
}
