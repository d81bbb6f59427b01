/** The cells of a notebook as the page handles them: plain values, never changed in place, each with a name of its own. */
import {
  contentOf,
  makeCell,
  parseNotebook,
  printNotebook,
  type Cell,
  type CellKind,
} from '../../lab/notebook/notebook';
import { knownToBeShipped } from '../../shaders/loading';

export interface NotebookCell extends Cell {
  /** The same for as long as the notebook is open, and after a reload. */
  id: string;
  /** Blank lines after it: they go where it goes, and are no cell to look at. */
  gap: string;
  /** A shader from somebody else's link: nothing compiles it until the user allows it. */
  foreign?: boolean;
}

/** Blank lines that a text begins with, all of it where there is nothing else. */
const BLANK = /^(?:[ \t]*[\r\n]+)*(?:[ \t]*$)?/;

/** Cells of a text, blank lines between them kept aside: `textOf` gives the same text again. */
export function cellsOf(text: string, foreign = false): NotebookCell[] {
  const cells: NotebookCell[] = [];
  for (const parsed of parseNotebook(text)) {
    const last = cells.at(-1);
    const blank = last && parsed.kind === 'prose' ? BLANK.exec(parsed.body)![0] : '';
    if (last) last.gap += blank;
    const cell = { ...parsed, body: parsed.body.slice(blank.length) };
    if (cell.kind === 'prose' && cell.body === '') continue;
    cells.push({ ...withGap(cell), id: newId(), ...(foreign && isForeign(cell) && { foreign }) });
  }
  return cells;
}

/** Of a text from elsewhere: a shader that nobody here has read. What the lab ships is its own, whoever sends it. */
const isForeign = (cell: Cell) => cell.kind === 'wgsl' && !knownToBeShipped(contentOf(cell));

export function textOf(cells: readonly NotebookCell[]): string {
  return printNotebook(
    cells.flatMap(({ kind, name, open, body, close, gap }) => {
      const cell = { kind, name, open, body, close };
      return gap ? [cell, { kind: 'prose' as const, name: '', open: '', body: gap, close: '' }] : [cell];
    }),
  );
}

/** A new cell, a blank line after it. */
export function newCell(kind: CellKind, body: string, name = ''): NotebookCell {
  return { ...makeCell(kind, body, name), id: newId(), gap: '\n' };
}

/** Text that has no cells yet: the same cell with blank lines at its end taken for its gap. */
function withGap(cell: Cell): Cell & { gap: string } {
  if (cell.kind !== 'prose') return { ...cell, gap: '' };
  const end = /(?<=[\r\n])[ \t\r\n]+$/.exec(cell.body)?.[0] ?? '';
  return { ...cell, body: cell.body.slice(0, cell.body.length - end.length), gap: end };
}

/** The cells with a blank line between any two, which only those lack that were moved or came last. */
export function spaced(cells: NotebookCell[]): NotebookCell[] {
  return cells.map((cell, index) =>
    index < cells.length - 1 && cell.gap === '' ? { ...cell, gap: '\n' } : cell,
  );
}

/** ISO 8601, UTC. */
export const now = () => new Date().toISOString();

export const newId = () => Math.random().toString(36).slice(2, 10);
