/** Comma-separated values as RFC 4180 has them: written, and read back from files that somebody else may have edited. */

/** Larger files are refused rather than read for minutes. */
const LARGEST_CSV = 50_000_000;

export type Cell = string | number | undefined;

/** Rows of cells, each row ended by a line feed; a missing value is an empty cell. */
export function formatCsv(rows: readonly (readonly Cell[])[]): string {
  return rows.map((row) => `${row.map(quote).join(',')}\n`).join('');
}

/**
 * The rows as objects, keyed by the first row. Takes CRLF and LF, and a byte order mark. Throws an Error that names the
 * line when a quote is not closed, when a row has more or fewer cells than the first, and when two columns share a name.
 */
export function parseCsv(text: string): Record<string, string>[] {
  if (text.length > LARGEST_CSV)
    throw new Error(`This CSV has ${text.length} characters; at most ${LARGEST_CSV} are read`);
  const rows = readRows(text.replace(/^\uFEFF/, ''));
  if (rows.length === 0) throw new Error('This CSV is empty; its first line should name the columns');
  const [{ cells: names }, ...others] = rows;
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`This CSV has two columns named "${twice.slice(0, 60)}"`);
  return others.map(({ line, cells }) => {
    if (cells.length !== names.length)
      throw new Error(
        `Line ${line} of the CSV has ${cells.length} cells; the first line names ${names.length}`,
      );
    return Object.fromEntries(names.map((name, index) => [name, cells[index]]));
  });
}

interface Row {
  /** Where it begins, counted from 1. */
  line: number;
  cells: string[];
}

function readRows(text: string): Row[] {
  const rows: Row[] = [];
  const cell = /"((?:[^"]|"")*)"|([^",\r\n]*)/y;
  let line = 1;
  let row: Row = { line, cells: [] };
  for (let at = 0; at < text.length || row.cells.length > 0;) {
    cell.lastIndex = at;
    const [whole, quoted, bare] = cell.exec(text) as RegExpExecArray;
    at += whole.length;
    row.cells.push(quoted === undefined ? bare : quoted.replaceAll('""', '"'));
    line += whole.split('\n').length - 1;
    const end = /\r?\n|,|$/y;
    end.lastIndex = at;
    const separator = end.exec(text)?.[0];
    if (separator === undefined) throw new Error(misplaced(text, at, line));
    at += separator.length;
    if (separator === ',') continue;
    if (row.cells.length > 1 || row.cells[0] !== '') rows.push(row);
    line++;
    row = { line, cells: [] };
  }
  return rows;
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
