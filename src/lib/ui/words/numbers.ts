/** Numbers as the page writes them, in the current locale. */
import { locale, punctuation } from './words.svelte';

/** Formats a number to three significant digits in the current locale. */
export function rounded(value: number): string {
  return value.toLocaleString(locale(), { maximumSignificantDigits: 3 });
}

/** A name such as synthetic-2.9b with word joiners, so that no line breaks at its hyphens. */
export const unbroken = (name: string): string => name.replaceAll('-', '-\u2060');

/** A share in percent, without the sign: `37`, below ten with one decimal unless `decimals` says otherwise: `4.2`. */
export const percentOf = (fraction: number, decimals = fraction < 0.0995 ? 1 : 0): string =>
  (100 * fraction).toFixed(decimals);

/** A change as text: `+4.2 %`, `+311 %`. */
export const percent = (change: number): string =>
  `${change < 0 ? '−' : '+'}${Math.abs(100 * change).toFixed(Math.abs(change) < 0.9995 ? 1 : 0)}${punctuation().percent}`;
