/** Parts of a plot that Chart.js does not draw by itself: intervals, lines across, labels beside marks and at the ends of lines. */
import type { Chart, Plugin } from 'chart.js';
import { type Mark, nameOf, type Plot, type PlotSeries } from '../plot';
import { shadesOf, strengthOf } from './datasets';
import { CAPTION_LINE, colourOf, COLUMN_PAD, type Drawing, inkOn, LABEL_FONT, widthOf } from './drawing';

type Draw = (chart: Chart, drawing: Drawing) => void;

/** The plugins of a chart whose present drawing is `drawing()`. */
export function pluginsOf(drawing: () => Drawing): Plugin[] {
  const plugin = (id: string, hook: 'beforeDatasetsDraw' | 'afterDatasetsDraw', draw: Draw): Plugin => ({
    id,
    [hook]: (chart: Chart) => {
      chart.ctx.save();
      chart.ctx.font = LABEL_FONT;
      draw(chart, drawing());
      chart.ctx.restore();
    },
  });
  return [
    plugin('rules', 'beforeDatasetsDraw', rules),
    plugin('columns', 'afterDatasetsDraw', columns),
    plugin('intervals', 'afterDatasetsDraw', intervals),
    plugin('labels', 'afterDatasetsDraw', labels),
    plugin('ends', 'afterDatasetsDraw', lineEnds),
  ];
}

/** Lines across the plot, with their labels. */
const rules: Draw = (chart, drawing) => {
  const { ctx, chartArea: area, scales } = chart;
  const { plot, palette, directLabels } = drawing;
  for (const { axis, at, label } of plot.rules ?? []) {
    const place = scales[axis].getPixelForValue(at);
    ctx.strokeStyle = ctx.fillStyle = palette.ink;
    ctx.lineWidth = 1.5;
    ctx.setLineDash([6, 5]);
    ctx.beginPath();
    ctx.moveTo(axis === 'y' ? area.left : place, axis === 'y' ? place : area.top);
    ctx.lineTo(axis === 'y' ? area.right : place, axis === 'y' ? place : area.bottom);
    ctx.stroke();
    ctx.textBaseline = 'bottom';
    const room = axis === 'x' && place + 6 + widthOf(label) > area.right;
    ctx.textAlign = room ? 'right' : 'left';
    if (axis === 'y' && directLabels && hasEnds(plot)) continue; // written beside the other ends
    if (axis === 'y') acrossLabel(chart, drawing, label, place);
    else ctx.fillText(label, room ? place - 6 : place + 6, area.top - 3);
  }
};

/**
 * The label of a line across the plot: at the right above it, where most lines of series are far, else at another end without marks,
 * else above the plot.
 */
function acrossLabel(chart: Chart, drawing: Drawing, label: string, place: number) {
  const { ctx, chartArea: area, scales } = chart;
  const width = widthOf(label);
  const dots = drawing.plot.series.flatMap(({ marks }) =>
    marks.map(({ x, y }) => [scales.x.getPixelForValue(x), scales.y.getPixelForValue(y)]),
  );
  const ends = [area.right - 4 - width, area.left + 4].flatMap((left) =>
    [place - 4, place + LABEL_LINE].map((bottom) => ({ left, bottom })),
  );
  const covers = ({ left, bottom }: (typeof ends)[number]) =>
    bottom > area.bottom ||
    dots.some(
      ([x, y]) =>
        Math.abs(x - left - width / 2) < width / 2 + 6 &&
        Math.abs(y - bottom + LABEL_LINE / 2) < LABEL_LINE / 2 + 3,
    );
  const above = { left: area.right - width, bottom: area.top - 3 };
  const { left, bottom } = ends.find((end) => !covers(end)) ?? above;
  ctx.textAlign = 'left';
  haloed(chart, drawing, label, left, bottom);
}

/** The height of a label in pixels. */
const LABEL_LINE = 17;

/** True if series have their names at the ends of their lines. */
const hasEnds = ({ series }: Plot) => series.some(({ ends, marks }) => ends && marks.length > 0);

/** Vertical scales of parallel coordinates. Their texts keep to the room before the next scale, and the last one's to the margin. */
const columns: Draw = (chart, drawing) => {
  const { ctx, chartArea: area, scales } = chart;
  const { plot, palette } = drawing;
  ctx.textBaseline = 'middle';
  const gap = scales.x.getPixelForValue(1) - scales.x.getPixelForValue(0);
  (plot.columns ?? []).forEach((ticks, at) => {
    const x = scales.x.getPixelForValue(at);
    ctx.strokeStyle = palette.quiet;
    ctx.lineWidth = 1; // the halo of the texts before has another
    ctx.beginPath();
    ctx.moveTo(x, area.top);
    ctx.lineTo(x, area.bottom);
    ctx.stroke();
    ctx.textAlign = 'left';
    ctx.fillStyle = palette.quiet;
    for (const tick of ticks)
      haloed(
        chart,
        drawing,
        shortened(ctx, tick.text, gap - 12),
        x + COLUMN_PAD,
        scales.y.getPixelForValue(tick.at) - 8,
      );
  });
};

/** The text, or its beginning and an ellipsis, no wider than the room in pixels. */
function shortened(ctx: CanvasRenderingContext2D, text: string, room: number): string {
  let length = text.length;
  const shown = () => (length < text.length ? `${text.slice(0, length)}…` : text);
  while (length > 1 && ctx.measureText(shown()).width > room) length--;
  return shown();
}

/** Writes a text that stays legible over lines. */
function haloed({ ctx }: Chart, { palette }: Drawing, text: string, x: number, y: number) {
  ctx.strokeStyle = palette.panel;
  ctx.lineWidth = 4;
  ctx.lineJoin = 'round';
  ctx.strokeText(text, x, y);
  ctx.fillText(text, x, y);
}

/** The interval of each median, as whiskers. */
const intervals: Draw = ({ ctx, scales }, { plot, palette }) => {
  ctx.lineWidth = 1.5;
  for (const { marks, form, tone, published } of plot.series) {
    if (published || form === 'cells') continue;
    const across = form === 'spans';
    ctx.strokeStyle = across ? palette.ink : colourOf(tone, palette);
    for (const { x, y, low, high } of marks) {
      if (low === undefined || high === undefined || low === high) continue;
      const [from, to] = [low, high].map((end) => scales[across ? 'x' : 'y'].getPixelForValue(end));
      const at = scales[across ? 'y' : 'x'].getPixelForValue(across ? y : x);
      const to2d = (along: number, aside: number): [number, number] =>
        across ? [along, at + aside] : [at + aside, along];
      ctx.beginPath();
      ctx.moveTo(...to2d(from, 0));
      ctx.lineTo(...to2d(to, 0));
      for (const end of [from, to]) {
        ctx.moveTo(...to2d(end, -5));
        ctx.lineTo(...to2d(end, 5));
      }
      ctx.stroke();
    }
  }
};

interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Labels beside their marks: inside cells, above points of lines, beside dots and spans where there is room. */
const labels: Draw = (chart, drawing) => {
  const placed = bubbles(chart, drawing);
  drawing.plot.series.forEach((series, at) => {
    const shades = series.form === 'cells' ? shadesOf(series.marks) : [];
    if (series.plain && !drawing.directLabels) return; // the legend names it
    series.marks.forEach((mark, i) => {
      const element = chart.getDatasetMeta(at).data[i];
      if (!mark.label || !element) return;
      const { x, y } = (
        element as unknown as { getCenterPoint(): { x: number; y: number } }
      ).getCenterPoint();
      const { width = Infinity } = element as unknown as { width?: number };
      if (series.form === 'cells') {
        if (widthOf(mark.label) + 6 < width) cellLabel(chart, drawing, mark.label, x, y, shades[i]);
      } else
        besides(
          chart,
          drawing,
          series,
          mark,
          { x: element.x, y: series.form === 'spans' ? y : element.y },
          placed,
        );
    });
  });
};

/** The radius of a dot, in CSS pixels. */
const radiusOf = (size: number) => 4.5 * Math.sqrt(size);

/** The room of dots that have a size or a name: a label over one of them could not be read, or would hide it. */
const bubbles = (chart: Chart, { plot }: Drawing): Box[] =>
  plot.series.flatMap(({ form, marks }, at) =>
    marks.flatMap(({ size, label }, i) => {
      const element = chart.getDatasetMeta(at).data[i];
      if (form !== 'dots' || (size === undefined && !label) || !element) return [];
      const { x, y } = element;
      const radius = radiusOf(size ?? 1);
      return [{ left: x - radius, right: x + radius, top: y - radius, bottom: y + radius }];
    }),
  );

function cellLabel({ ctx }: Chart, { palette }: Drawing, label: string, x: number, y: number, shade: number) {
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  ctx.fillStyle = inkOn(palette.series[0], palette.panel, strengthOf(shade));
  ctx.fillText(label, x, y);
}

/** Writes a label to the right of its mark or, at the edge, to the left; lower or higher where another label is in the way. */
function besides(
  chart: Chart,
  drawing: Drawing,
  { form, tone }: PlotSeries,
  mark: Mark,
  { x, y }: { x: number; y: number },
  placed: Box[],
) {
  const { ctx, chartArea: area, scales } = chart;
  const { palette } = drawing;
  const label = mark.label!;
  const width = widthOf(label);
  if (form === 'line') {
    ctx.textAlign = 'center';
    ctx.textBaseline = 'bottom';
    ctx.fillStyle = palette.ink;
    haloed(
      chart,
      drawing,
      label,
      x,
      (mark.high === undefined ? y : scales.y.getPixelForValue(mark.high)) - 8,
    );
    return;
  }
  // A span that goes to the left of its beginning has its label at its left.
  if (form === 'spans' && mark.from !== undefined && mark.x < mark.from && x - 9 - width > area.left) {
    ctx.textAlign = 'right';
    ctx.textBaseline = 'middle';
    ctx.fillStyle = palette.ink;
    ctx.fillText(label, x - 9, y);
    return;
  }
  const whisker = form === 'spans' && mark.high !== undefined ? scales.x.getPixelForValue(mark.high) : x;
  const gap = form === 'dots' ? 4 + radiusOf(mark.size ?? 1) : 9;
  const start = Math.max(x, whisker) + gap;
  const flipped = start + width > area.right;
  const box = {
    left: flipped ? x - gap - width : start,
    right: flipped ? x - gap : start + width,
    top: y - 8,
    bottom: y + 8,
  };
  const hits = (other: Box) =>
    box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom;
  // Lower or, near the lower edge, higher: never over the numbers of the axis.
  for (let moves = 0; moves < 40 && (placed.some(hits) || box.bottom > area.bottom + 8); moves++) {
    const aside = 5 * Math.ceil((moves + 1) / 2) * (moves % 2 ? -1 : 1);
    [box.top, box.bottom] = [y - 8 + aside, y + 8 + aside];
  }
  placed.push(box);
  ctx.textAlign = 'left';
  ctx.textBaseline = 'middle';
  const inside = flipped && form === 'spans';
  ctx.fillStyle = inside && typeof tone === 'number' ? palette.panel : palette.ink;
  if (inside) ctx.fillText(label, box.left, (box.top + box.bottom) / 2);
  else haloed(chart, drawing, label, box.left, (box.top + box.bottom) / 2);
}

/** The label of each series and of each line across, at its end; overlapping labels are moved apart. */
const lineEnds: Draw = ({ ctx, chartArea: area, scales }, { plot, palette, directLabels }) => {
  if (!directLabels || !hasEnds(plot)) return;
  const across = (plot.rules ?? []).filter(({ axis }) => axis === 'y');
  const ends = [
    ...plot.series
      .filter(({ ends, marks }) => ends && marks.length > 0)
      .map((each) => ({
        label: nameOf(each),
        colour: each.tone === 'faint' ? palette.quiet : colourOf(each.tone, palette),
        y: scales.y.getPixelForValue(each.marks.at(-1)!.y),
      })),
    ...across.map(({ label, at }) => ({ label, colour: palette.ink, y: scales.y.getPixelForValue(at) })),
  ].sort((a, b) => a.y - b.y);
  const places = movedApart(
    ends.map(({ y }) => y),
    CAPTION_LINE,
    area.bottom,
  );
  ctx.textBaseline = 'middle';
  ends.forEach(({ label, colour }, at) => {
    ctx.fillStyle = colour;
    ctx.fillText(label, area.right + 10, places[at]);
  });
};

/**
 * Ascending places, moved as little as keeps them `gap` apart and none below `bottom`: down where they overlap, and those at the
 * bottom up again. All in pixels.
 */
export function movedApart(places: readonly number[], gap: number, bottom: number): number[] {
  const moved = [...places];
  for (let k = 1; k < moved.length; k++) moved[k] = Math.max(moved[k], moved[k - 1] + gap);
  for (let k = moved.length - 1, most = bottom; k >= 0; k--, most = moved[k + 1] - gap)
    moved[k] = Math.min(moved[k], most);
  return moved;
}
