/** Results and notebooks for elsewhere: a table to paste, a Jupyter notebook, a kernel's times as llama.cpp writes them. */
import { type RunRecord } from './record';
import { chunkFits } from './fits';
import { COLUMNS, show } from './columns';

/** A Markdown table of the columns that the page shows and that are not empty; below it the fits of chunk sweeps. */
export function markdownTable(records: readonly RunRecord[]): string {
  const columns = COLUMNS.filter(
    (column) => column.table && records.some((record) => show(column, record) !== ''),
  );
  const row = (cells: string[]) => `| ${cells.map(escape).join(' | ')} |\n`;
  const rule = columns.map((column) =>
    records.every((record) => typeof column.value(record) !== 'string') ? '---:' : '---',
  );
  const table =
    row(columns.map(({ title }) => title)) +
    `| ${rule.join(' | ')} |\n` +
    records.map((record) => row(columns.map((column) => show(column, record)))).join('');
  const fits = chunkFits(records).map(({ settings, fit, points }) => {
    const rate = fit.tokensPerSecond.toPrecision(4);
    const cost = (1e3 * fit.secondsPerChunk).toPrecision(3);
    return `- \`${settings || 'default settings'}\`: a chunk of N tokens takes N / ${rate} s + ${cost} ms (${points} sizes)\n`;
  });
  return fits.length ? `${table}\n${fits.join('')}` : table;
}

/** Bars end cells, and a line ending would end the table. */
const escape = (text: string) =>
  text
    .replaceAll('\\', '\\\\')
    .replaceAll('|', '\\|')
    .replace(/\s*\n\s*/g, ' ');

/** Lines with their endings, as nbformat has texts. */
export const linesOf = (text: string) => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
