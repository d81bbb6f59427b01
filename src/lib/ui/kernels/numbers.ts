/** Formats kernel results for table columns. */
import type { MicrobenchmarkRow } from '../../lab/shader/shader';
import { settled } from '../words/numbers';
import { locale } from '../words/words.svelte';

/** Formats a number to three significant digits without an exponent: 0.0123, 1.23, 12.3, 1,230. `–` if undefined. */
export function figure(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return '–';
  if (value >= 1000) return Math.round(value).toLocaleString(locale());
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.max(value, 1e-4))));
  return settled(value).toFixed(Math.min(6, digits));
}

/** Formats a normalised mean squared error; 0 is shown as `exact`. */
export const errorFigure = (error: number | undefined, exact: string): string =>
  error === undefined ? '–' : error === 0 ? exact : error.toExponential(1);

/** Formats an array element to f32 precision. */
export const elementFigure = (value: number | undefined): string =>
  value === undefined ? '' : Number.isInteger(value) ? String(value) : value.toPrecision(7);

/** Row of a variant at one shape, with the row of another variant for comparison. */
export interface RowPair {
  key: string;
  own: MicrobenchmarkRow;
  other: MicrobenchmarkRow | undefined;
  /** The other variant's seconds divided by this one's: above 1 if this one is faster. */
  ratio: number | undefined;
}

/** Rows of variant `name`, each paired with another variant's row at the same kernel, token count and shape. */
export function besideOthers(rows: readonly MicrobenchmarkRow[], name: string): RowPair[] {
  const keyOf = ({ kernel, tokens, shape }: MicrobenchmarkRow) => `${kernel} ${tokens} ${shape}`;
  return rows
    .filter(({ variant }) => variant === name)
    .map((own) => {
      const key = keyOf(own);
      const other = rows.find((row) => row.variant !== name && keyOf(row) === key);
      const ratio = own.seconds && other?.seconds ? other.seconds / own.seconds : undefined;
      return { key, own, other, ratio };
    });
}
