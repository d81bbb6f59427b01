/**
 * A notebook is a Markdown text; its cells are a view of it. Fenced blocks whose info string is `lab <kind>`,
 * `wgsl <kernel>/<name>`, `csv results` or `json results` are cells, everything else is prose, other fences included:
 *
 *   # A title
 *   ```lab sweep
 *   prefill=256
 *   chunk=64,128
 *   ```
 *
 * A fence is what CommonMark says is one (blocks.ts), outside of lists, quotations and HTML. Nothing is lost: the texts of
 * the cells, one after another, are the text.
 */

import type { OwnVariant } from '../../shaders/variant';
import { shorten } from '../experiment/settings';
import { BlockScanner } from './blocks';

export const LAB_KINDS = ['sweep', 'compare', 'profile', 'roofline', 'tune', 'evaluate', 'generate'] as const;

export type LabKind = (typeof LAB_KINDS)[number];

export type CellKind = 'prose' | LabKind | 'wgsl' | 'csv';

/** One cell as plain data; `open + body + close` is its text exactly. */
export interface Cell {
  kind: CellKind;
  /** "kernel/name" for wgsl cells, else empty. */
  name: string;
  /** The line of the opening fence with its line ending, after a byte order mark if the text has one; empty for prose. */
  open: string;
  body: string;
  /** The line of the closing fence; empty for prose, and if the text ends before the fence does. */
  close: string;
}

export const isLab = (kind: CellKind): kind is LabKind => (LAB_KINDS as readonly string[]).includes(kind);

/** Most cells of a notebook that comes from a link or a file: the page shows a frame for each. */
const MOST_CELLS = 2000;

/** Parses a text from outside. Throws an Error for more cells than the page can show. */
export function readNotebookText(text: string): Cell[] {
  const cells = parseNotebook(text);
  // Blank lines between cells are no cells on the page.
  const shown = cells.filter(({ kind, body }) => kind !== 'prose' || body.trim() !== '').length;
  if (shown > MOST_CELLS)
    throw new Error(`This notebook has ${shown} cells; at most ${MOST_CELLS} can be opened`);
  return cells;
}

/** Parses any text into cells; printNotebook turns them into the same text again. */
export function parseNotebook(text: string): Cell[] {
  const cells: Cell[] = [];
  let cell: Cell | undefined;
  const scanner = new BlockScanner();
  for (const line of linesOf(text)) {
    const role = scanner.read(cells.length ? line : withoutMark(line));
    const opened = role.kind === 'open' ? cellOf(role.info) : undefined;
    if (opened) cells.push((cell = { ...opened, open: line, body: '', close: '' }));
    else if (role.kind === 'close' && cell && cell.kind !== 'prose') {
      cell.close = line;
      cell = undefined;
    } else {
      if (!cell) cells.push((cell = { kind: 'prose', name: '', open: '', body: '', close: '' }));
      cell.body += line;
    }
  }
  return cells;
}

/**
 * The text of some cells, which parses to them again. Each begins on a line of its own: a missing line ending is added, and
 * so is the closing fence of a cell that is not the last, and an end of the fence, the comment or the HTML that prose leaves
 * open before another cell. A byte order mark stays only at the very beginning.
 */
export function printNotebook(cells: readonly Cell[]): string {
  const parts: string[] = [];
  /** Reads the prose since the last other cell, of all prose cells together, as the parser will. */
  let scanner = new BlockScanner();
  /** Indices in `parts`: where that prose begins, and how far it has been read. */
  let [prose, read] = [0, 0];
  const add = (part: string) => part !== '' && parts.push(part);
  // Only the last part is examined, which keeps this linear: examining the whole text would copy it every time.
  const endLine = () => parts.length && add(ended(parts.at(-1)!).slice(parts.at(-1)!.length));
  const readProse = () => {
    const text = parts.slice(read).join('');
    for (const line of linesOf(read === 0 ? withoutMark(text) : text)) scanner.read(line);
    read = parts.length;
  };
  cells.forEach((written, index) => {
    if (written.open + written.body + written.close === '') return;
    endLine();
    readProse();
    add(endOfBlock(scanner, parts.at(-1)));
    readProse();
    const swallowed = isIndented(written) && swallows(parts.slice(prose).join(''), written.open);
    const { kind, open, body, close } = swallowed ? withContent(written, contentOf(written)) : written;
    add(parts.length ? withoutMark(open) : open);
    add(body);
    if (kind !== 'prose' && close === '' && index < cells.length - 1) {
      endLine();
      add(`${fenceOf(open)}\n`);
    } else add(close);
    if (kind === 'prose') return;
    scanner = new BlockScanner();
    prose = read = parts.length;
  });
  return parts.join('');
}

/**
 * Creates a cell whose content cannot close its fences; the content ends with a line ending. Prose that leaves a fence
 * or an HTML block open gets an end to it, so that a following cell is read as one; prose that contains whole cells is
 * parsed into them later. Throws an Error for a name that an info string cannot hold.
 */
export function makeCell(kind: CellKind, content: string, name = ''): Cell {
  if (kind === 'prose') return { kind, name: '', open: '', body: proseEnded(content), close: '' };
  if (kind === 'wgsl' && !SHADER_NAME.test(name))
    throw new Error(`"${shorten(name)}" is not a name for a shader; write kernel/name, for example wkv/mine`);
  const longest = (content.match(/`+/g) ?? []).reduce((most, run) => Math.max(most, run.length), 2);
  const fence = '`'.repeat(longest + 1);
  const info = kind === 'wgsl' ? `wgsl ${name}` : kind === 'csv' ? resultsInfo(content) : `lab ${kind}`;
  const own = kind === 'wgsl' ? name : '';
  return { kind, name: own, open: `${fence}${info}\n`, body: ended(content), close: `${fence}\n` };
}

/**
 * The cell with other content, in the form that contentOf returns. Its fences are kept, without indentation, unless the
 * content would close them.
 */
export function withContent(cell: Cell, content: string): Cell {
  if (cell.kind === 'prose') return { ...cell, body: content };
  const open = ended(cell.open).replace(/^(\uFEFF?) */, '$1');
  const close = cell.close.replace(/^ */, '') || `${fenceOf(open)}\n`;
  const changed = { ...cell, open, body: ended(content), close };
  const [first, ...others] = parseNotebook(changed.open + changed.body + changed.close);
  const whole = others.length === 0 && first.body === changed.body && first.close === changed.close;
  const named = cell.kind !== 'csv' || open.includes(resultsInfo(content));
  return whole && named ? changed : makeCell(cell.kind, content, cell.name);
}

/**
 * The content of a cell: its body without the indentation of its fences, with \n as line endings. Prose is returned as
 * written.
 */
export function contentOf({ kind, open, body }: Cell): string {
  if (kind === 'prose') return body;
  const indent = /^\uFEFF?( *)/.exec(open)![1].length;
  const indentation = new RegExp(`^ {0,${indent}}`);
  return linesOf(body)
    .map((line) => line.replace(indentation, '').replace(/\r\n?$/, '\n'))
    .join('');
}

/** The shaders among these cells, in the form that runs take. */
export function shadersOf(cells: readonly Cell[]): OwnVariant[] {
  return cells.filter(({ kind }) => kind === 'wgsl').map(shaderOf);
}

/** The shader of a wgsl cell: the only way from a cell to the text that is compiled. */
export function shaderOf(cell: Cell): OwnVariant {
  const [kernel, name] = cell.name.split('/');
  return { kernel, name, wgsl: contentOf(cell) };
}

/** The title of a notebook without a heading. */
export const UNTITLED = 'Untitled';

/** The first heading in the prose, else 'Untitled'. */
export function titleOf(cells: readonly Pick<Cell, 'kind' | 'body'>[]): string {
  for (const { kind, body } of cells) {
    if (kind !== 'prose') continue;
    const scanner = new BlockScanner();
    for (const line of linesOf(withoutMark(body))) {
      const role = scanner.read(line);
      if (role.kind === 'heading' && role.title) return role.title;
    }
  }
  return UNTITLED;
}

/** The info string of a results cell, which says the form of its content to readers who highlight it. */
const resultsInfo = (content: string) => (/^\s*[[{]/.test(content) ? 'json results' : 'csv results');

const SHADER_NAME = /^\w+\/[\w.-]+$/;

/** Kind and name of the cell that a fence with this info string opens; undefined if the fence is prose. */
function cellOf(info: string): Pick<Cell, 'kind' | 'name'> | undefined {
  const [first, second = '', ...others] = info.split(/[ \t]+/).filter((word) => word !== '');
  if (others.length) return undefined;
  if (first === 'lab' && (LAB_KINDS as readonly string[]).includes(second))
    return { kind: second as LabKind, name: '' };
  if (first === 'wgsl' && SHADER_NAME.test(second)) return { kind: 'wgsl', name: second };
  const results = (first === 'csv' || first === 'json') && second === 'results';
  return results ? { kind: 'csv', name: '' } : undefined;
}

/** The prose, with an end to the block that it leaves open. */
function proseEnded(content: string): string {
  const body = ended(withoutMark(content));
  return body + endOfBlock(scanned(body), body);
}

/** True for a cell whose opening fence is indented, so that it could belong to the item of a list. */
const isIndented = ({ open }: Cell) => withoutMark(open).startsWith(' ');

/** True if prose, in whole lines, ends with a list whose item this indented fence would belong to. */
const swallows = (prose: string, open: string) => scanned(prose).read(withoutMark(open)).kind !== 'open';

/** A scanner that has read a text. */
function scanned(text: string): BlockScanner {
  const scanner = new BlockScanner();
  for (const line of linesOf(withoutMark(text))) scanner.read(line);
  return scanner;
}

/** The line that ends the fence, comment or HTML that is left open after the line `last`; empty if none is. */
function endOfBlock({ unfinished }: BlockScanner, last = ''): string {
  // A blank line after a carriage return needs another one: together with \n it would be a single line ending.
  const ending = last.endsWith('\r') ? '\r' : '\n';
  return unfinished === undefined ? '' : unfinished + ending;
}

/** The lines of a text, each with its ending. */
const linesOf = (text: string) => text.match(/[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$/g) ?? [];

/** The text with a line ending at its end. Not a regular expression, which would take quadratic time on a long text. */
const ended = (text: string) =>
  text === '' || text.endsWith('\n') || text.endsWith('\r') ? text : `${text}\n`;

/** A text without the byte order mark that it may begin with. */
const withoutMark = (text: string) => text.replace(/^\uFEFF/, '');

/** The fence of an opening line, with its indentation. */
const fenceOf = (open: string) => /^ *(?:`+|~+)/.exec(withoutMark(open))![0];
