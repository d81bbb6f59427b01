/** The one cell that an embedded page shows, and what its chart draws. Nothing is measured, compiled or stored for it. */
import { settingsWithout } from '../../lab/experiment/settings';
import { type Cell, contentOf, parseNotebook } from '../../lab/notebook/notebook';
import { readRuns } from '../../lab/records/import';
import { isKernelsCsv } from '../../lab/records/kernelsCsv';
import type { RunRecord } from '../../lab/records/record';
import { isFrozen } from '../../lab/records/textData';
import { textAt } from './address';
import { type Drawn, drawnBy } from './drawnBy';

/** The setting of an address that names the cell: its number on the page, from 1. */
const EMBED = 'embed';

/** The content of an embedded page. */
export interface Embedded extends Drawn {
  /** The first heading of the notebook; empty if it has none. */
  title: string;
  /** Stored records of the cell, or of the results below a sweep. */
  records: RunRecord[];
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
  const cell = cells[at];
  if (!cell || !hasChart(cell))
    throw new NoChart(
      wanted,
      cells.flatMap((each, index) => (hasChart(each) ? [index + 1] : [])),
    );
  if (cell.kind === 'csv')
    return { title, records: readRuns(contentOf(cell)).records, ...drawnBy(cells[at - 1]) };
  const below = cells[at + 1];
  return {
    title,
    records: below?.kind === 'csv' && hasChart(below) ? readRuns(contentOf(below)).records : [],
    ...drawnBy(cell),
  };
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

/** The number, from 1, of the first cell of a notebook whose chart can be embedded; undefined if there is none. */
export function firstChart(text: string): number | undefined {
  const at = shownCells(text).findIndex(hasChart);
  return at < 0 ? undefined : at + 1;
}

/** The HTML of a frame that shows a cell of the notebook at an address. `title`: for screen readers. */
export function codeOf(link: string, cell: number, title: string): string {
  const address = new URL(link);
  address.searchParams.set(EMBED, String(cell));
  const escaped = (value: string) =>
    value.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
  return `<iframe src="${escaped(address.href)}" title="${escaped(title)}" width="100%" height="480" style="border:0"></iframe>`;
}

/** The cells of a text that the page shows: blank lines between cells are none. */
const shownCells = (text: string): Cell[] =>
  parseNotebook(text).filter(({ kind, body }) => kind !== 'prose' || body.trim() !== '');

const hasChart = (cell: Cell) => cell.kind === 'sweep' || (cell.kind === 'csv' && holdsRuns(contentOf(cell)));

/** True for the content of a results cell that is neither a profile nor another result without runs. */
const holdsRuns = (content: string) => !isKernelsCsv(content) && !isFrozen(content);
