/** Numbers as the page writes them, in the current locale. */
import { locale, punctuation } from './words.svelte';

/**
 * A number to eight digits, which is rounded further for show. Times are whole ticks of a clock, so that many end in a 5 just where they
 * are rounded: 5.175 ms from one computation and 5.174999999 from the digits of a link are shown as the same.
 */
export const settled = (value: number): number => Number(value.toPrecision(8));

/** Formats a number to three significant digits in the current locale. */
export function rounded(value: number): string {
  return settled(value).toLocaleString(locale(), { maximumSignificantDigits: 3 });
}

/** A name such as synthetic-2.9b with word joiners, so that no line breaks at its hyphens. */
export const unbroken = (name: string): string => name.replaceAll('-', '-\u2060');

/** A share in percent, without the sign: `37`, below ten with one decimal unless `decimals` says otherwise: `4.2`, `< 0.1`. */
export function percentOf(fraction: number, decimals = fraction < 0.0995 ? 1 : 0): string {
  const text = settled(100 * fraction).toFixed(decimals);
  return fraction > 0 && Number(text) === 0 ? `< ${10 ** -decimals}` : text;
}

/** A change as text: `+4.2 %`, `+311 %`; without a sign where it is rounded to none. */
export function percent(change: number): string {
  const size = settled(Math.abs(100 * change)).toFixed(Math.abs(change) < 0.9995 ? 1 : 0);
  const sign = Number(size) === 0 ? '' : change < 0 ? '−' : '+';
  return sign + size + punctuation().percent;
}
