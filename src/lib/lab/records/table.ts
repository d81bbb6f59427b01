/** Runs as a Markdown table, to paste elsewhere. */
import { show } from './column';
import { SHOWN } from './columns';
import { chunkFits } from './fits';
import { placeLabel, setupKeys } from './identity';
import { oneLine } from '../message';
import type { RunRecord } from './record';

/** A Markdown table of the columns that the page shows and that are not all empty, then the fits of chunk sweeps. */
export function markdownTable(records: readonly RunRecord[]): string {
  const places = setupKeys(records);
  const shownIn = (column: (typeof SHOWN)[number], record: RunRecord) =>
    column.name === 'x_setup' ? placeLabel(record, places) : show(column, record);
  const columns = SHOWN.filter((column) => records.some((record) => shownIn(column, record) !== ''));
  const row = (cells: string[]) => `| ${cells.map(escape).join(' | ')} |\n`;
  const rule = columns.map((column) =>
    records.every((record) => typeof column.value(record) !== 'string') ? '---:' : '---',
  );
  const table =
    row(columns.map(({ title }) => title)) +
    `| ${rule.join(' | ')} |\n` +
    records.map((record) => row(columns.map((column) => shownIn(column, record)))).join('');
  const fits = chunkFits(records).map(({ settings, fit, points }) => {
    const rate = fit.tokensPerSecond.toPrecision(4);
    const cost = (1e3 * fit.secondsPerChunk).toPrecision(3);
    return `- \`${settings || 'default settings'}\`: a chunk of N tokens takes N / ${rate} s + ${cost} ms (${points} sizes)\n`;
  });
  return fits.length ? `${table}\n${fits.join('')}` : table;
}

/** Escapes a cell: a bar would end the cell, and a line ending would end the table. */
const escape = (text: string) => oneLine(text).replaceAll('\\', '\\\\').replaceAll('|', '\\|');

/** The lines of a text, with their endings, as nbformat stores texts. */
export const linesOf = (text: string) => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
