/** Saves a plot as a picture of its own: PNG or SVG, under its title and over a caption. Loaded when a picture is saved. */
import { BasicPlatform, Chart } from 'chart.js';
import { configOf } from './draw';
import { CAPTION_LINE, type Drawing, FONT, labelsFit, LABEL_FONT, widthOf, wrapped } from './drawing';
import { pluginsOf } from './overlays';
import { escaped, SvgContext } from './svg';

/** Size of the picture in CSS pixels: its whole width, the plot's height, the margin around, and the room for the title. */
const [WIDTH, HEIGHT, MARGIN, TOP] = [960, 540, 24, 52];
const PLOT = { width: WIDTH - 2 * MARGIN, height: HEIGHT };

/** The picture as a PNG with two pixels to each CSS pixel; null if the browser cannot make one. */
export function pngOf(drawing: Drawing, caption: readonly string[]): Promise<Blob | null> {
  const { lines, height } = layoutOf(drawing, caption);
  const canvas = Object.assign(document.createElement('canvas'), { width: 2 * WIDTH, height: 2 * height });
  const context = canvas.getContext('2d')!;
  const plot = Object.assign(document.createElement('canvas'), PLOT);
  const chart = offPage(plot, drawing, 2);
  context.scale(2, 2);
  frame(context, drawing, lines, height);
  context.drawImage(plot, MARGIN, TOP, PLOT.width, PLOT.height);
  chart.destroy();
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
}

/** The picture as an SVG, with its text as text. */
export function svgOf(drawing: Drawing, caption: readonly string[]): string {
  const { lines, height } = layoutOf(drawing, caption);
  const outer = new SvgContext(WIDTH, height, widthOf, 'frame');
  frame(outer as unknown as CanvasRenderingContext2D, drawing, lines, height);
  const plot = new SvgContext(PLOT.width, PLOT.height, widthOf, 'plot');
  const chart = offPage(plot, drawing, 1);
  const inner = `<g transform="translate(${MARGIN} ${TOP})">${plot.content}</g>`;
  chart.destroy();
  const size = `width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}"`;
  const named = `<title>${escaped(drawing.plot.title)}</title>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size}>${named}${outer.content}${inner}</svg>\n`;
}

function layoutOf({ plot }: Drawing, caption: readonly string[]) {
  const lines = [plot.summary, ...caption].flatMap((line) => wrapped(line, PLOT.width));
  return { lines, height: TOP + HEIGHT + CAPTION_LINE * (lines.length + 1) + MARGIN };
}

/** Background, title and caption of a saved picture. */
function frame(
  context: CanvasRenderingContext2D,
  { plot, palette }: Drawing,
  lines: string[],
  height: number,
) {
  context.fillStyle = palette.panel;
  context.fillRect(0, 0, WIDTH, height);
  context.fillStyle = palette.ink;
  context.font = LABEL_FONT.replace(/[\d.]+px/, '18px');
  context.textBaseline = 'alphabetic';
  context.fillText(plot.title, MARGIN, 34);
  context.fillStyle = palette.quiet;
  context.font = `${FONT.size}px ${FONT.family}`;
  lines.forEach((line, i) => context.fillText(line, MARGIN, TOP + HEIGHT + CAPTION_LINE * (i + 1)));
}

/** A chart that is not on the page, drawn once on `canvas` or on what takes its place. */
function offPage(canvas: object, drawing: Drawing, devicePixelRatio: number): Chart {
  const own = {
    ...drawing,
    selected: undefined,
    directLabels: labelsFit(drawing.plot, PLOT.width, PLOT.height),
  };
  const { type, data, options } = configOf(own);
  return new Chart(canvas as HTMLCanvasElement, {
    ...{ type, data, options: { ...options, responsive: false, events: [], devicePixelRatio } },
    platform: BasicPlatform,
    plugins: pluginsOf(() => own),
  });
}
