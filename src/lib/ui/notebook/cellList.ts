/** The cells of a notebook as the page handles them: immutable plain values, each with a stable id. */
import {
  makeCell,
  parseNotebook,
  printNotebook,
  withContent,
  type Cell,
  type CellKind,
} from '../../lab/notebook/notebook';

export interface NotebookCell extends Cell {
  /** Stable while the notebook is open, and across reloads. */
  id: string;
  /** Blank lines after the cell. They move with it and are not shown as a cell. */
  gap: string;
}

/** Parses a text into cells, with the blank lines between them kept in `gap`: `textOf` gives back the same text. */
export function cellsOf(text: string): NotebookCell[] {
  const cells: NotebookCell[] = [];
  for (const parsed of parseNotebook(text)) {
    const last = cells.at(-1);
    const blank = last && parsed.kind === 'prose' ? parsed.body.slice(0, blankStart(parsed.body)) : '';
    if (last) last.gap += blank;
    const cell = { ...parsed, body: parsed.body.slice(blank.length) };
    if (cell.kind === 'prose' && cell.body === '') continue;
    cells.push({ ...withGap(cell), id: newId() });
  }
  return cells;
}

/** Text of the cells as a notebook; the inverse of cellsOf. */
export function textOf(cells: readonly NotebookCell[]): string {
  return printNotebook(
    cells.flatMap(({ kind, name, open, body, close, gap }) => {
      const cell = { kind, name, open, body, close };
      if (kind === 'prose')
        return { ...cell, body: gap && !isLineEnd(body.at(-1) ?? '\n') ? `${body}\n${gap}` : body + gap };
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
  const start = blankEnd(cell.body);
  return { ...cell, body: cell.body.slice(0, start), gap: cell.body.slice(start) };
}

/** Length of the blank lines at the start of a text; that of the whole text if it is blank. */
function blankStart(text: string): number {
  let lines = 0;
  for (let at = 0; at < text.length; at++) {
    if (isLineEnd(text[at])) lines = at + 1;
    else if (!isBlank(text[at])) return lines;
  }
  return text.length;
}

/** Offset of the blank lines at the end of a text; they begin after a line ending. */
function blankEnd(text: string): number {
  let at = text.length;
  while (at > 0 && isBlank(text[at - 1])) at--;
  while (at < text.length && !isLineEnd(text[at])) at++;
  return Math.min(at + 1, text.length);
}

const isLineEnd = (letter: string) => letter === '\n' || letter === '\r';
const isBlank = (letter: string) => letter === ' ' || letter === '\t' || isLineEnd(letter);

/**
 * Ensures a blank line between neighbouring cells. It can be missing after a move, or after a cell that was the last.
 */
export function spaced(cells: NotebookCell[]): NotebookCell[] {
  return cells.map((cell, index) =>
    index < cells.length - 1 && cell.gap === '' ? { ...cell, gap: '\n' } : cell,
  );
}

/** Prose cells that are known to hold no fence of a cell. */
const plain = new WeakSet<NotebookCell>();

/**
 * The cells with those that stand in the text of a prose cell as cells of their own: that is how a link or a file would show
 * them. The prose cell `except`, which is being edited, stays. The same array if nothing is to be separated.
 */
export function separated(cells: NotebookCell[], except?: string): NotebookCell[] {
  const parts = cells.map((cell, index) => (cell.id === except ? [cell] : partsOf(marked(cell, index))));
  return parts.every(({ length }, index) => length === 1 && parts[index][0] === cells[index])
    ? cells
    : spaced(parts.flat());
}

/** The cell without a byte order mark, unless it is the first: in the middle of a text the mark hides a fence or a comment. */
const marked = (cell: NotebookCell, index: number): NotebookCell =>
  index > 0 && cell.kind === 'prose' && cell.body.startsWith('\uFEFF')
    ? { ...cell, body: cell.body.slice(1) }
    : cell;

function partsOf(cell: NotebookCell): NotebookCell[] {
  if (cell.kind !== 'prose' || plain.has(cell)) return [cell];
  const parts = cellsOf(cell.body);
  if (parts.every(({ kind }) => kind === 'prose')) {
    plain.add(cell);
    return [cell];
  }
  const last = parts.length - 1;
  parts[last] = { ...parts[last], gap: parts[last].gap + cell.gap };
  parts[0] = { ...parts[0], id: cell.id };
  return parts;
}

/** Current time, ISO 8601, UTC. */
export const now = () => new Date().toISOString();

export const newId = () => Math.random().toString(36).slice(2, 10);

/** Returns the cell with new content but the same id and gap. */
export function rewritten(cell: NotebookCell, content: string): NotebookCell {
  if (cell.kind === 'prose') return { ...cell, body: ended(content) };
  const { id, gap } = cell;
  return { ...withContent(cell, content), id, gap };
}

const ended = (text: string) => (text === '' || text.endsWith('\n') ? text : `${text}\n`);

/** A name that no cell has, made of this one and the next free number. */
export function freeName(name: string, cells: readonly NotebookCell[]): string {
  const taken = cells.map((cell) => cell.name);
  for (let number = 2; ; number++) {
    const free = `${name.replace(/_\d+$/, '')}_${number}`;
    if (!taken.includes(free)) return free;
  }
}

/** The cell alone, without what a store keeps beside it. */
export function withoutMarks({ id, kind, name, open, body, close, gap }: NotebookCell): NotebookCell {
  return { id, kind, name, open, body, close, gap };
}
