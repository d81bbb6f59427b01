/** The type of a column of the table and the CSV, and how its values are shown. */
import type { Cell } from './csv';
import type { RunRecord } from './record';

export interface Column<Name extends string = string> {
  /** Name in the CSV, with its unit. */
  name: Name;
  /** Title in the table, in English, with its unit. */
  title: string;
  value(record: RunRecord): Cell;
  /** True for columns of the page's table and tooltip; the others are only in the CSV. */
  table: boolean;
  /** Significant digits shown; the CSV has all of them. */
  digits?: number;
}

/** A column of the page's table; the dictionaries of the page must have its title. */
export type ShownColumn<Name extends string = string> = Column<Name> & { table: true };

export const shown = <Name extends string>(
  name: Name,
  title: string,
  value: Column['value'],
  digits?: number,
): ShownColumn<Name> => ({ name, title, value, digits, table: true });

export const exported = (name: string, title: string, value: Column['value']): Column & { table: false } => ({
  name,
  title,
  value,
  table: false,
});

/** A column's value as the page shows it; empty when there is none. */
export function show({ value, digits }: Column, record: RunRecord): string {
  const cell = value(record);
  if (typeof cell !== 'number') return cell ?? '';
  if (digits === undefined) return String(cell);
  if (cell !== 0 && (Math.abs(cell) < 1e-3 || Math.abs(cell) >= 1e7)) return cell.toExponential(digits - 1);
  return Math.abs(cell) >= 10 ** digits ? cell.toFixed(0) : cell.toPrecision(digits);
}
