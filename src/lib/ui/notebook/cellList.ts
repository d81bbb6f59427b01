/** The cells of a notebook as the page handles them: immutable plain values, each with a stable id. */
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
  /** Stable while the notebook is open, and across reloads. */
  id: string;
  /** Blank lines after the cell. They move with it and are not shown as a cell. */
  gap: string;
  /** True for a shader from another person's link: it is not compiled until the user allows it. */
  foreign?: boolean;
}

/** Matches the blank lines at the start of a text, or the whole text if it is blank. */
const BLANK = /^(?:[ \t]*[\r\n]+)*(?:[ \t]*$)?/;

/** Parses a text into cells, with the blank lines between them kept in `gap`: `textOf` gives back the same text. */
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

/**
 * True for a shader cell whose text the lab does not ship: shipped shaders are trusted whatever the source of the
 * notebook.
 */
const isForeign = (cell: Cell) => cell.kind === 'wgsl' && !knownToBeShipped(contentOf(cell));

/** Text of the cells as a notebook; the inverse of cellsOf. */
export function textOf(cells: readonly NotebookCell[]): string {
  return printNotebook(
    cells.flatMap(({ kind, name, open, body, close, gap }) => {
      const cell = { kind, name, open, body, close };
      return gap ? [cell, { kind: 'prose' as const, name: '', open: '', body: gap, close: '' }] : [cell];
    }),
  );
}

/** Makes a cell with a new id, followed by a blank line. */
export function newCell(kind: CellKind, body: string, name = ''): NotebookCell {
  return { ...makeCell(kind, body, name), id: newId(), gap: '\n' };
}

/** Moves blank lines at the end of a prose cell into its gap. */
function withGap(cell: Cell): Cell & { gap: string } {
  if (cell.kind !== 'prose') return { ...cell, gap: '' };
  const end = /(?<=[\r\n])[ \t\r\n]+$/.exec(cell.body)?.[0] ?? '';
  return { ...cell, body: cell.body.slice(0, cell.body.length - end.length), gap: end };
}

/**
 * Ensures a blank line between neighbouring cells. It can be missing after a move, or after a cell that was the last.
 */
export function spaced(cells: NotebookCell[]): NotebookCell[] {
  return cells.map((cell, index) =>
    index < cells.length - 1 && cell.gap === '' ? { ...cell, gap: '\n' } : cell,
  );
}

/** Current time, ISO 8601, UTC. */
export const now = () => new Date().toISOString();

export const newId = () => Math.random().toString(36).slice(2, 10);
