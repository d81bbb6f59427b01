/** The one cell that an embedded page shows, and what its chart draws. Nothing is measured, compiled or stored for it. */
import { settingsWithout } from '../../lab/experiment/settings';
import { type Cell, contentOf, isLab, parseNotebook } from '../../lab/notebook/notebook';
import { readFrozen } from '../../lab/records/frozen';
import { isKernelsCsv } from '../../lab/records/kernelsCsv';
import { readResults, type Results } from '../../lab/records/resultsText';
import { isFrozen } from '../../lab/records/textData';
import { textAt } from './address';
import { type Drawn, drawnBy } from './drawnBy';

/** The setting of an address that names the cell: its number on the page, from 1. */
const EMBED = 'embed';

/** The content of an embedded page. */
export interface Embedded extends Drawn {
  /** The first heading of the notebook; empty if it has none. */
  title: string;
  /** Stored results of the cell, or those below it. */
  results: Results;
  /** The address of the whole notebook, query and hash. */
  address: string;
}

/** The value of `embed` in a query; undefined if the page is the whole notebook. */
export const embeddedCell = (search: string): string | undefined =>
  new URLSearchParams(search).get(EMBED) ?? undefined;

/** Reads an address with `embed`. Rejects with an Error that says what cannot be shown, and what could. */
export async function readEmbedded(search: string, hash: string): Promise<Embedded> {
  const wanted = embeddedCell(search) ?? '';
  const query = settingsWithout(search.replace(/^\?/, ''), EMBED);
  const address = (query && `?${query}`) + hash;
  const { text } = await textAt(query && `?${query}`, hash);
  return { ...embeddedOf(text, wanted), address };
}

/** The chart of one cell of a notebook's text. `wanted`: its number from 1. Throws an Error. */
export function embeddedOf(text: string, wanted: string): Omit<Embedded, 'address'> {
  const cells = shownCells(text);
  const title = /^#{1,6} +(.{1,200})/m.exec(text.slice(0, 10_000))?.[1].trim() ?? '';
  const at = Number(wanted) - 1;
  const charts = chartsIn(cells);
  const chart = charts.find(({ cell }) => cell === at + 1);
  if (!chart)
    throw new NoChart(
      wanted,
      charts.map(({ cell }) => cell),
    );
  const results = readResults(chart.results ? contentOf(chart.results) : '');
  return { title, results, ...drawnBy(cells[chart.kind === 'csv' ? at - 1 : at]) };
}

/** There is no cell of this number with a chart. */
export class NoChart extends Error {
  constructor(
    readonly wanted: string,
    /** The numbers of the cells that have one. */
    readonly possible: number[],
  ) {
    super(`Cell ${wanted.slice(0, 20)} has no chart; cells with one: ${possible.join(', ') || 'none'}`);
  }
}

/** A cell whose chart can be embedded: its number, from 1, and the results that are drawn, if there are some. */
export interface Chart {
  cell: number;
  kind: Cell['kind'];
  results: Cell | undefined;
}

/** The charts of a notebook that can be embedded. */
export const chartsOf = (text: string): Chart[] => chartsIn(shownCells(text));

/** Pixels that the pictures of a cell take at a width of 900: a sweep 493, a search 997, a profile of a few kernels 927. */
const heightOf = ({ results }: Chart): number => {
  const content = results && contentOf(results);
  return content && (isKernelsCsv(content) || isFrozen(content)) ? 1000 : 500;
};

/** The HTML of a frame that shows a cell of the notebook at an address. `title`: for screen readers. */
export function codeOf(link: string, chart: Chart, title: string): string {
  const address = new URL(link);
  address.searchParams.set(EMBED, String(chart.cell));
  const escaped = (value: string) =>
    value.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
  return `<iframe src="${escaped(address.href)}" title="${escaped(title)}" width="100%" height="${heightOf(chart)}" style="border:0"></iframe>`;
}

/** The cells of a text that the page shows: blank lines between cells are none. */
const shownCells = (text: string): Cell[] =>
  parseNotebook(text).filter(({ kind, body }) => kind !== 'prose' || body.trim() !== '');

function chartsIn(cells: readonly Cell[]): Chart[] {
  return cells.flatMap((each, at) => {
    const { kind } = each;
    const results = [each, ...(isLab(kind) ? cells.slice(at + 1, at + 2) : [])].find(areDrawn);
    // A sweep is drawn without results too: with published ones.
    return results || kind === 'sweep' ? [{ cell: at + 1, kind, results }] : [];
  });
}

/** True for a results cell with a chart: runs, profiles or a search. Broken ones say what is wrong where they are shown. */
function areDrawn(cell: Cell): boolean {
  if (cell.kind !== 'csv') return false;
  const content = contentOf(cell);
  try {
    return !isFrozen(content) || readFrozen(content).some(({ type }) => type === 'tuning');
  } catch {
    return true;
  }
}
