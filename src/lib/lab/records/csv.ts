/**
 * CSV as in RFC 4180, written and read, and the forms that spreadsheets save: semicolons, tabs, a `sep=` line, a byte order
 * mark. Our own, because the libraries tried here misread what this file refuses; see docs/architecture.md.
 */

import { shorten } from '../experiment/settings';

/** In characters; larger files are refused, as showing them would take minutes. */
const LARGEST_CSV = 50_000_000;
const SEPARATORS = [',', ';', '\t'];

export type Cell = string | number | undefined;

/** Rows of cells, each row ended by a line feed; a missing value is an empty cell. */
export function formatCsv(rows: readonly (readonly Cell[])[]): string {
  return rows.map((row) => `${row.map(quote).join(',')}\n`).join('');
}

/**
 * The rows as objects, keyed by the names in the first row; empty lines are skipped. Takes LF, CRLF and CR. Throws an
 * Error that names the line when a quote is not closed, when a row has more or fewer cells than the first, and when two
 * columns have the same name. `passes`: true for a row with another number of cells that is to be read past instead.
 */
export function parseCsv(
  text: string,
  passes: (line: number, cells: readonly string[], wanted: number) => boolean = () => false,
): Record<string, string>[] {
  if (text.length > LARGEST_CSV)
    throw new Error(`This CSV has ${text.length} characters; at most ${LARGEST_CSV} are read`);
  const rows = readRows(text.replace(/^\uFEFF/, ''));
  if (rows.length === 0) throw new Error('This CSV is empty; its first line should name the columns');
  const [{ cells: names }, ...others] = rows;
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) throw new Error(`This CSV has two columns named "${shorten(name)}"`);
    seen.add(name);
  }
  return others.flatMap(({ line, cells }) => {
    if (cells.length !== names.length && passes(line, cells, names.length)) return [];
    if (cells.length !== names.length)
      throw new Error(
        `Line ${line} of the CSV has ${cells.length} cells; the first line names ${names.length}`,
      );
    return [Object.fromEntries(names.map((name, index) => [name, cells[index]]))];
  });
}

interface Row {
  /** Line on which the row begins, counted from 1. */
  line: number;
  cells: string[];
}

function readRows(text: string): Row[] {
  const { separator, start } = separatorOf(text);
  const rows: Row[] = [];
  const cell = new RegExp(`"([^"]*(?:""[^"]*)*)"|([^"\\r\\n${separator}]*)`, 'y');
  const end = new RegExp(`\\r\\n?|\\n|${separator}|$`, 'y');
  let line = start === 0 ? 1 : 2;
  let row: Row = { line, cells: [] };
  for (let at = start; at < text.length || row.cells.length > 0;) {
    cell.lastIndex = at;
    const [whole, quoted, bare] = cell.exec(text) as RegExpExecArray;
    end.lastIndex = at += whole.length;
    row.cells.push(quoted === undefined ? bare : quoted.replaceAll('""', '"'));
    if (quoted !== undefined) line += whole.split(/\r\n?|\n/).length - 1;
    const ending = end.exec(text)?.[0];
    if (ending === undefined) throw new Error(misplaced(text, at, line));
    at += ending.length;
    if (ending === separator) continue;
    if (row.cells.length > 1 || row.cells[0] !== '') rows.push(row);
    row = { line: ++line, cells: [] };
  }
  return rows;
}

/** The separator that a `sep=` line names, else the one that the first line has most of, and where the rows begin. */
function separatorOf(text: string): { separator: string; start: number } {
  const [declaration, declared] = /^sep=([^\r\n]?)(?:\r\n?|\n|$)/i.exec(text) ?? ['', undefined];
  if (declared !== undefined && !SEPARATORS.includes(declared))
    throw new Error(
      `The first line of the CSV names "${declared}" as separator; a comma, semicolon or tab is read`,
    );
  if (declared !== undefined) return { separator: declared, start: declaration.length };
  const header = /[^\r\n]+/.exec(text)?.[0] ?? '';
  const bare = header.replace(/"[^"]*"/g, '');
  const counts = SEPARATORS.map((separator) => bare.split(separator).length);
  return { separator: SEPARATORS[counts.indexOf(Math.max(...counts))], start: 0 };
}

function misplaced(text: string, at: number, line: number): string {
  return text[at] === '"'
    ? `Line ${line} of the CSV has a quote that is not closed, or one in the middle of a cell`
    : `Line ${line} of the CSV has text after a closing quote`;
}

function quote(value: Cell): string {
  const text = String(value ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
