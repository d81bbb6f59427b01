/** A profile as a table: a row for each kernel at a shape, and their sum. */
import { type Profile, totalOf } from '../../lab/records/profile';
import { percentOf, rounded, settled } from '../words/numbers';
import { type FoundWords, locale } from '../words/words.svelte';

type Row = Record<keyof FoundWords['profileColumns'], string>;

/** The rows of a profile, with the texts of each column. The second line of the kernel is its shape. */
export function profileRows({ rows, peaks }: Profile): Row[] {
  const all = totalOf(rows).seconds;
  return rows.map(({ kernel, variant, shape, uses, dispatches, seconds, flop, bytes, ...row }) => {
    const rate = (amount: number | undefined) =>
      amount === undefined || seconds === 0 ? undefined : (uses * amount) / seconds;
    const [compute, memory] = [rate(flop), rate(bytes)];
    return {
      kernel: `${kernel} ${variant}\n${shape}`,
      ms: milliseconds(seconds),
      share: percent(all && seconds / all),
      uses: String(uses),
      dispatches: String(dispatches),
      tflops: figure(compute && compute / 1e12),
      computeShare: percent(compute && row.computePeak && compute / row.computePeak),
      gbs: figure(memory && memory / 1e9),
      bandwidthShare: percent(memory && memory / peaks.read),
      beyond: milliseconds(row.beyondTargetSeconds),
    };
  });
}

/** The last row: the sums of the columns that have one. */
export function profileTotal({ rows, wallSeconds, tokens, target }: Profile, name: string): Row {
  const { uses, dispatches, seconds } = totalOf(rows);
  return {
    ...{ kernel: name, ms: milliseconds(seconds), share: '' },
    ...{ uses: String(uses), dispatches: String(dispatches) },
    ...{ tflops: '', computeShare: '', gbs: '', bandwidthShare: '' },
    beyond: milliseconds(wallSeconds - tokens / target),
  };
}

/** Seconds as milliseconds with four significant digits, in the current locale. */
export const milliseconds = (seconds: number): string =>
  settled(1e3 * seconds)
    .toLocaleString(locale(), { maximumSignificantDigits: 4 })
    .replace('-', '−');

const figure = (value: number | undefined) => (value === undefined ? '' : rounded(value));
const percent = (part: number | undefined) => (part === undefined ? '' : percentOf(part, 1));
