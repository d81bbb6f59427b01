/** Formats results of kernels so that figures can be compared down a column. */
import type { MicrobenchmarkRow } from '../../lab/shader/shader';

/** Three significant digits without an exponent: 0.0123, 1.23, 12.3, 1230. */
export function figure(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return '–';
  if (value >= 1000) return String(Math.round(value));
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.max(value, 1e-4))));
  return value.toFixed(Math.min(6, digits));
}

/** A normalised mean squared error; `exact` is shown for 0. */
export const errorFigure = (error: number | undefined, exact: string): string =>
  error === undefined ? '–' : error === 0 ? exact : error.toExponential(1);

/** An element of an array, to the precision of f32. */
export const elementFigure = (value: number | undefined): string =>
  value === undefined ? '' : Number.isInteger(value) ? String(value) : value.toPrecision(7);

/** A variant at one shape, with the variant shown beside it. */
export interface RowPair {
  key: string;
  own: MicrobenchmarkRow;
  other: MicrobenchmarkRow | undefined;
  /** The other's seconds ÷ its own: above 1 when it is faster. */
  ratio: number | undefined;
}

/** The rows of variant `name`, each with the row of another variant at the same shape. */
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
