/** Records as a Markdown table, to paste into an issue: the page's columns, without those that are empty everywhere. */
import { COLUMNS, show, type RunRecord } from '../lab/record';

export function markdownOf(records: readonly RunRecord[]): string {
  const columns = COLUMNS.filter(
    (column) => column.table && records.some((record) => show(column, record) !== ''),
  );
  const row = (cells: string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
  const aligned = columns.map(({ value }) =>
    records.some((record) => typeof value(record) === 'number') ? '---:' : '---',
  );
  const rows = records.map((record) => row(columns.map((column) => show(column, record))));
  return row(columns.map(({ title }) => title)) + row(aligned) + rows.join('');
}
