/** The input of drawing: a plot, the colours of the page, and what the user has chosen; and measures of its text. */
import { nameOf, type Plot } from '../plot';

/** Colours of the style sheet, resolved for the current theme. */
export interface Palette {
  ink: string;
  quiet: string;
  line: string;
  panel: string;
  series: string[];
}

export interface Drawing {
  plot: Plot;
  palette: Palette;
  /** True to label lines at their right ends. */
  directLabels: boolean;
  /** Number of the selected record. */
  selected?: number;
  onselect?: (record: number) => void;
  locale: string;
  /** True while the page is printed: more pixels are drawn than a screen has. */
  paper?: boolean;
}

export const LABEL_FONT = '600 12.5px system-ui, sans-serif';
export const FONT = { family: 'system-ui, sans-serif', size: 12.5 };
/** Height of a line of a saved picture's caption, and of labels that are moved apart. */
export const CAPTION_LINE = 17;

/** Labels at line ends may take this share of the width. */
const MOST_FOR_LABELS = 0.38;

let ruler: CanvasRenderingContext2D | null | undefined;

/** Width of a text in pixels. */
export function widthOf(text: string, font = LABEL_FONT): number {
  ruler ??= document.createElement('canvas').getContext('2d');
  if (ruler) ruler.font = font;
  return ruler?.measureText(text).width ?? 7 * text.length;
}

/** The texts at the ends of lines: the names of series and, beside these, of the lines across. */
function endsOf({ series, rules = [] }: Plot): string[] {
  const names = series.filter(({ ends }) => ends).map(nameOf);
  return names.length
    ? [...names, ...rules.filter(({ axis }) => axis === 'y').map(({ label }) => label)]
    : [];
}

/** Pixels between a scale of parallel coordinates and its texts. */
export const COLUMN_PAD = 7;

/** Room for the texts at the right of a plot: the names of lines, or the numbers of its last scale. */
export function marginOf(plot: Plot, directLabels: boolean): number {
  const ends = directLabels ? endsOf(plot).map((text) => 22 + widthOf(text)) : [];
  const last = plot.columns?.at(-1) ?? [];
  return Math.max(16, ...ends, ...last.map(({ text }) => COLUMN_PAD + 4 + widthOf(text)));
}

/** True if labels at the ends of lines leave enough of the width to the lines, and all fit below each other. */
export function labelsFit(plot: Plot, width: number, height: number): boolean {
  const ends = endsOf(plot);
  return (
    ends.length > 0 &&
    ends.length * CAPTION_LINE < 0.8 * height &&
    Math.max(...ends.map((text) => widthOf(text))) + 22 < MOST_FOR_LABELS * width
  );
}

/** A text in lines of at most `width` pixels, broken at spaces. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const longer = lines.length ? `${lines.at(-1)} ${word}` : word;
    if (lines.length && widthOf(longer) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/** The colour of a series. Faint ones are still told from the grid, also on dark. */
export const colourOf = (tone: number | 'quiet' | 'faint', { series, quiet }: Palette): string =>
  typeof tone === 'number' ? series[tone % series.length] : tone === 'quiet' ? quiet : faded(quiet, 0.45);

/** The channels of a colour as getComputedStyle gives it, from 0 to 255; undefined in another notation. */
const channelsOf = (colour: string): number[] | undefined =>
  /^rgb\(([\d.]+, [\d.]+, [\d.]+)\)$/.exec(colour)?.[1].split(', ').map(Number);

/** Luminance of channels from 0 to 255, as WCAG defines it. */
export const luminanceOf = (channels: readonly number[]): number =>
  channels
    .map((channel) => channel / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, i) => sum + part * [0.2126, 0.7152, 0.0722][i], 0);

/** Black or white, whichever is read better on a colour that covers `share` of the ground: the contrast is 4.5 or more on any. */
export function inkOn(colour: string, ground: string, share: number): '#000' | '#fff' {
  const [over, under] = [channelsOf(colour), channelsOf(ground)];
  if (!over || !under) return '#000';
  const mixed = over.map((channel, i) => share * channel + (1 - share) * under[i]);
  return luminanceOf(mixed) > 0.179 ? '#000' : '#fff';
}

/** A colour as getComputedStyle gives it, made transparent; a colour in another notation stays as it is. */
export function faded(colour: string, share: number): string {
  const channels = channelsOf(colour);
  return channels ? `rgba(${channels.join(', ')}, ${share})` : colour;
}
