/**
 * A notebook is a Markdown text; its cells are a view of it. Fenced blocks whose info string is `lab <kind>`,
 * `wgsl <kernel>/<name>` or `csv results` are cells, everything else is prose, other fences included:
 *
 *   # A title
 *   ```lab sweep
 *   prefill=256
 *   chunk=64,128
 *   ```
 *
 * Lines are read as CommonMark reads them, as far as that decides what a fence is: indented by at most three spaces, not
 * in a list item, a quotation, a longer fence or an HTML comment. Nothing is lost: the cells' texts, one after another,
 * are the text.
 */

import type { OwnVariant } from '../../shaders/variant';

export const LAB_KINDS = ['sweep', 'compare', 'profile', 'roofline', 'tune', 'generate'] as const;

export type LabKind = (typeof LAB_KINDS)[number];

export type CellKind = 'prose' | LabKind | 'wgsl' | 'csv';

/** open + body + close is the cell's text exactly. Plain data. */
export interface Cell {
  kind: CellKind;
  /** wgsl: "kernel/name"; else empty. */
  name: string;
  /** The line of the opening fence, with its line ending; empty in prose. */
  open: string;
  body: string;
  /** The line of the closing fence; empty in prose, and where the text ends before the fence does. */
  close: string;
}

/** The cells of any text; printNotebook gives the same text again. */
export function parseNotebook(text: string): Cell[] {
  const cells: Cell[] = [];
  let cell: Cell | undefined;
  const reader = new Reader();
  for (const line of linesOf(text)) {
    const seen = reader.read(line);
    if (seen.kind === 'open') cells.push((cell = { ...seen.cell, open: line, body: '', close: '' }));
    else if (seen.kind === 'close' && cell && cell.kind !== 'prose') {
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
 * The text of some cells. Each begins on a line of its own: where that needs a line ending, or a fence that was left open
 * at the end of a text is followed by another cell now, that is added.
 */
export function printNotebook(cells: readonly Cell[]): string {
  let text = '';
  cells.forEach((cell, index) => {
    const { kind, open, body, close } = cell;
    if (open + body + close !== '') text = ended(text);
    text += open + body;
    const unclosed = kind !== 'prose' && close === '' && index < cells.length - 1;
    text = unclosed ? `${ended(text)}${fenceOf(open)}\n` : text + close;
  });
  return text;
}

/**
 * A cell with fences that its body cannot close, its body ended by a line ending. Prose that leaves a fence or a comment
 * open gets its end, so that a cell after it is one; prose that holds whole cells is theirs once it is parsed. Throws an
 * Error for a name that an info string cannot hold.
 */
export function makeCell(kind: CellKind, body: string, name = ''): Cell {
  if (kind === 'prose') return { kind, name: '', open: '', body: proseEnded(body), close: '' };
  if (kind === 'wgsl' && !SHADER_NAME.test(name))
    throw new Error(
      `"${name.slice(0, 60)}" is no name for a shader; write kernel/name, for example wkv/mine`,
    );
  const longest = Math.max(2, ...(body.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  const info = kind === 'wgsl' ? `wgsl ${name}` : kind === 'csv' ? 'csv results' : `lab ${kind}`;
  const own = kind === 'wgsl' ? name : '';
  return { kind, name: own, open: `${fence}${info}\n`, body: ended(body), close: `${fence}\n` };
}

/** The cell with another body; its fences stay as they are unless the body would close them. */
export function withBody(cell: Cell, body: string): Cell {
  if (cell.kind === 'prose') return { ...cell, body };
  const close = cell.close || `${fenceOf(cell.open)}\n`;
  const changed = { ...cell, open: ended(cell.open), body: ended(body), close };
  const [first, ...others] = parseNotebook(changed.open + changed.body + changed.close);
  const whole = others.length === 0 && first.body === changed.body && first.close === changed.close;
  return whole ? changed : makeCell(cell.kind, body, cell.name);
}

/** What a cell says: its body without the indentation of its fences, lines ended by \n alone. */
export function contentOf({ open, body }: Cell): string {
  const indent = /^ */.exec(open)![0].length;
  return linesOf(body)
    .map((line) => line.replace(new RegExp(`^ {0,${indent}}`), '').replace(/\r\n?$/, '\n'))
    .join('');
}

/** The notebook's own shaders, as runs are given them. */
export function shadersOf(cells: readonly Cell[]): OwnVariant[] {
  return cells
    .filter(({ kind }) => kind === 'wgsl')
    .map((cell) => {
      const [kernel, name] = cell.name.split('/');
      return { kernel, name, wgsl: contentOf(cell) };
    });
}

/** The first heading of the prose, else 'Untitled'. */
export function titleOf(cells: readonly Cell[]): string {
  for (const { kind, body } of cells) {
    if (kind !== 'prose') continue;
    const reader = new Reader();
    for (const line of linesOf(body)) {
      if (reader.read(line).kind !== 'text' || reader.fenced) continue;
      const title = /^ {0,3}#{1,6}[ \t]+([^]*?)(?:[ \t]+#+)?[ \t]*[\r\n]*$/.exec(line)?.[1].trim();
      if (title) return title;
    }
  }
  return 'Untitled';
}

const FENCE = /^( {0,3})(`{3,}|~{3,})([^]*)$/;
const SHADER_NAME = /^\w+\/[\w.-]+$/;
const LIST_ITEM = /^( {0,3}(?:[-+*]|\d{1,9}[.)]))( +|$)/;

/** A line that cannot go on a paragraph of the list item before it. */
const BLOCK = /^ {0,3}(?:#|>|```|~~~|<|(?:[-*_] *){3,}$)/;

/** HTML that holds any lines until its end. */
const HTML: [begin: RegExp, end: RegExp, closing: string][] = [
  [/^ {0,3}<!--/, /-->/, '-->'],
  [/^ {0,3}<(?:pre|script|style|textarea)(?:[\s>]|$)/i, /<\/(?:pre|script|style|textarea)>/i, '</pre>'],
];

/** What a line is: the opening or closing fence of a cell, or text of whatever it stands in. */
type Seen = { kind: 'open'; cell: Pick<Cell, 'kind' | 'name'> } | { kind: 'close' | 'text' };
const TEXT: Seen = { kind: 'text' };

/** Goes through a text line by line and knows what each stands in. */
class Reader {
  /** The fence that is open: `inset` is the indentation of the list item that holds it. */
  #fence: { mark: string; cell: boolean; inset: number } | undefined;
  /** The HTML that is open. */
  #html: (typeof HTML)[number] | undefined;
  /** Indentations of what belongs to the list items that we are in, one in another. */
  #items: number[] = [];
  #blankBefore = true;

  get fenced(): boolean {
    return this.#fence !== undefined;
  }

  /** What would end the block that is open; empty where none is. */
  get closing(): string {
    if (this.#fence) return ' '.repeat(this.#fence.inset) + this.#fence.mark;
    return this.#html?.[2] ?? '';
  }

  read(withEnding: string): Seen {
    const line = withEnding.replace(/[\r\n]+$/, '');
    const blank = /^[ \t]*$/.test(line);
    const indent = /^ */.exec(line)![0].length;
    // What is indented less than a list item's text ends the item, and the fence in it.
    if (this.#fence && this.#fence.inset > indent && !blank) this.#fence = undefined;
    if (this.#fence) return this.#inFence(line);
    if (this.#html) {
      if (this.#html[1].test(line)) this.#html = undefined;
      return TEXT;
    }
    const blankBefore = this.#blankBefore;
    this.#blankBefore = blank;
    if (blank) return TEXT;
    if (blankBefore || BLOCK.test(line)) this.#items = this.#items.filter((inset) => inset <= indent);
    return this.#outside(line, indent);
  }

  #inFence(line: string): Seen {
    const { mark, cell, inset } = this.#fence!;
    const [, , run = '', rest = ''] = FENCE.exec(line.slice(inset)) ?? [];
    if (!run.startsWith(mark) || !/^[ \t]*$/.test(rest)) return TEXT;
    this.#fence = undefined;
    this.#blankBefore = true;
    return cell ? { kind: 'close' } : TEXT;
  }

  #outside(line: string, indent: number): Seen {
    const inset = this.#items.findLast((item) => item <= indent) ?? 0;
    const [, , mark, info = ''] = FENCE.exec(line.slice(inset)) ?? [];
    if (mark && !(mark[0] === '`' && info.includes('`'))) {
      const cell = inset === 0 ? cellOf(info) : undefined;
      this.#fence = { mark, cell: cell !== undefined, inset };
      return cell ? { kind: 'open', cell } : TEXT;
    }
    const [, marker = '', gap = ''] = LIST_ITEM.exec(line) ?? [];
    if (marker) {
      const content = marker.length + (gap.length >= 1 && gap.length <= 4 ? gap.length : 1);
      this.#items = [...this.#items.filter((item) => item <= indent), content];
    } else if (inset === 0) this.#html = HTML.find(([begin, end]) => begin.test(line) && !end.test(line));
    return TEXT;
  }
}

/** What an info string makes of a fence; undefined: prose. */
function cellOf(info: string): Pick<Cell, 'kind' | 'name'> | undefined {
  const [first, second = '', ...others] = info.split(/[ \t]+/).filter((word) => word !== '');
  if (others.length) return undefined;
  if (first === 'lab' && (LAB_KINDS as readonly string[]).includes(second))
    return { kind: second as LabKind, name: '' };
  if (first === 'wgsl' && SHADER_NAME.test(second)) return { kind: 'wgsl', name: second };
  return first === 'csv' && second === 'results' ? { kind: 'csv', name: '' } : undefined;
}

/** Prose with an end to the block that it leaves open. */
function proseEnded(body: string): string {
  const reader = new Reader();
  for (const line of linesOf(body)) reader.read(line);
  return reader.closing ? `${ended(body)}${reader.closing}\n` : ended(body);
}

/** The lines of a text, each with its ending. */
const linesOf = (text: string) => text.match(/[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$/g) ?? [];

const ended = (text: string) => (text === '' || /[\r\n]$/.test(text) ? text : `${text}\n`);

/** The fence of an opening line, indented as it is. */
const fenceOf = (open: string) => /^ *(?:`+|~+)/.exec(open)![0];
