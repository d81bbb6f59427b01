/** Results in files, the lab's own and llama-bench's, read as records. */
import { parseCsv } from './csv';
import { shorten } from '../experiment/settings';
import { isKernelsCsv } from './kernelsCsv';
import { fromLlamaBench, isLlamaTable, readLlamaTable } from './llamaTests';
import type { FailedRun, RunRecord } from './record';
import { isRun, readResults } from './runsCsv';
import { isRunJson, readRunJson } from './runsJson';
import { isSampleRow, readSampleRows } from './samplesCsv';
import { findJson, fromHeader, isFrozen, type Line, told } from './textData';

export interface ImportedRuns {
  records: RunRecord[];
  /** These and, among them, runs that failed; absent if none did. */
  results?: (RunRecord | FailedRun)[];
  /** Tests and lines of the file that cannot be shown as a run, one sentence each. */
  leftOut: string[];
  /** True if some of these are lines that hold no result: of a log, or cut off. */
  readPast: boolean;
}

/** Tables of so many columns are told from log lines that have less than half of them. */
const WIDE = 8;

/**
 * Reads results: CSV of the lab (runs, summaries or samples), its JSON and JSON Lines, and llama-bench's `-o csv`, `json`, `jsonl` and
 * `md`, with log lines around them. Each prompt test of llama-bench becomes a run, whose decode speed comes from the generation test
 * with the same setup. Throws an Error that names the line, or the entry, that cannot be read.
 */
export function readRuns(text: string): ImportedRuns {
  const trimmed = text.replace(/^\uFEFF/, '').trimStart();
  if (trimmed === '') throw new Error('There is nothing in this file; it should hold runs as CSV or JSON');
  if (isFrozen(trimmed))
    throw new Error('These are results of a cell without runs; a notebook shows them as that cell did');
  if (isKernelsCsv(trimmed))
    throw new Error('These are times of kernels (kernels.csv), not runs; a notebook shows them as a profile');
  const { text: table, skipped } = fromHeader(text, isHeader);
  if (skipped.length === 0 && !isHeader(firstLine(trimmed))) {
    if (isLlamaTable(trimmed)) return { ...fromLlamaBench(readLlamaTable(trimmed), 'Row'), readPast: false };
    if (/^[ \t]*[[{]/m.test(trimmed) && !/^sep=/i.test(trimmed)) return fromJson(trimmed);
  }
  return fromTable(table, skipped);
}

const firstLine = (text: string) => text.split(/[\r\n]/, 1)[0];

/** True for a line that names the columns of results. */
function isHeader(line: string): boolean {
  if (/^[ \t]*[[{]/.test(line)) return false; // JSON on one line
  const has = (name: string) => new RegExp(`(^|[,;\\t"])${name}($|[,;\\t"\\r])`).test(line);
  return has('x_settings') || (has('n_prompt') && has('avg_ns')) || (has('phase') && has('wall_s'));
}

function fromJson(text: string): ImportedRuns {
  const { rows, skipped } = findJson(text);
  const readPast = skipped.length > 0;
  if (rows.some(isRunJson)) return { records: rows.map(readRunJson), leftOut: skipped, readPast };
  const { records, leftOut } = fromLlamaBench(rows, 'Entry');
  return { records, leftOut: [...leftOut, ...skipped], readPast };
}

/** The rows of a CSV, and the lines between that are none. A last line that was cut off is read past, like a log line. */
function rowsOf(text: string): { rows: Record<string, string>[]; others: Line[] } {
  const others: Line[] = [];
  const parsed = (part: string) =>
    parseCsv(part, (line, cells, wanted) => {
      const log = wanted >= WIDE && cells.length < wanted / 2;
      if (log) others.push({ line, text: cells.join(',') });
      return log;
    });
  try {
    return { rows: parsed(text), others };
  } catch (reason) {
    if (!text.split(/\r\n?|\n/).some(isHeader)) throw neither(firstLine(text.trimStart()));
    const whole = Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r')) + 1;
    if (whole === 0 || whole === text.length) throw reason;
    others.length = 0;
    try {
      const rows = parsed(text.slice(0, whole));
      const line = text.slice(0, whole).split(/\r\n?|\n/).length;
      return { rows, others: [...others, { line, text: text.slice(whole) }] };
    } catch {
      throw reason;
    }
  }
}

function fromTable(text: string, before: readonly Line[]): ImportedRuns {
  const { rows, others } = rowsOf(text);
  const skipped = told([...before, ...others]);
  const readPast = skipped.length > 0;
  const names = Object.keys(rows[0] ?? {});
  if (rows.length === 0) throw new Error('This CSV names columns and has no rows');
  if (names.includes('x_settings') && !isSampleRow(rows[0])) {
    const results = readResults(rows);
    const records = results.filter(isRun);
    const failures = results.length > records.length;
    return { records, ...(failures && { results }), leftOut: skipped, readPast };
  }
  if (isSampleRow(rows[0])) return { records: readSampleRows(rows), leftOut: skipped, readPast };
  if (names.includes('n_prompt') && names.includes('avg_ns')) {
    const { records, leftOut } = fromLlamaBench(rows, 'Row');
    return { records, leftOut: [...leftOut, ...skipped], readPast };
  }
  throw neither(names.join(', '));
}

const neither = (columns: string) =>
  new Error(
    `These columns are neither the lab's (x_settings …) nor llama-bench's (n_prompt, n_gen, avg_ns …): ${shorten(columns)}`,
  );
