/** A search for faster settings as pictures: the best so far with every trial, and one kernel's trials knob by knob. */
import type { Trial } from '../../../lab/tune/found';
import type { BestSoFar } from '../../../lab/tune/tune';
import { percent, rounded } from '../../words/numbers';
import { told, type ChartWords } from '../../words/words.svelte';
import type { Mark, Plot } from '../plot';
import { stepsTo } from './sweep';

/** A trial that is slower than this many times the time without tuning is drawn at the end of the axis. */
const SHOWN_TIMES = 1.25;

const nameOf = ({ variant, knobs }: Trial) => `${variant} ${knobs}`.trim();

/**
 * The time of all searched kernels in a prompt, trial by trial: with the best of each kernel so far, and with the trial in the place
 * of its kernel. Undefined without trials, as in results of version 0.2 and older.
 */
export function curvePlot(found: readonly BestSoFar[], words: ChartWords): Plot | undefined {
  const before = found.reduce((sum, { beforeSeconds }) => sum + beforeSeconds, 0);
  const [steps, dots, failed]: Mark[][] = [[{ x: 0, y: 1e3 * before, details: [words.bestSoFar] }], [], []];
  let others = before;
  let number = 0;
  for (const { kernel, beforeSeconds, bestSeconds, trials = [] } of found) {
    others -= beforeSeconds;
    let best = beforeSeconds;
    for (const trial of trials) {
      const { seconds, reason } = trial;
      const x = ++number;
      best = Math.min(best, seconds ?? Infinity);
      const title = words.trialOf(x, kernel, nameOf(trial));
      const said = [
        title,
        seconds === undefined ? told(reason ?? '') : `${rounded(1e3 * seconds)} ${words.milliseconds}`,
      ];
      const y = 1e3 * (others + (seconds ?? Infinity));
      (seconds === undefined ? failed : dots).push({ x, y, details: said });
      steps.push({
        x,
        y: 1e3 * (others + best),
        details: [words.bestSoFar, `${rounded(1e3 * (others + best))} ${words.milliseconds}`],
      });
    }
    others += bestSeconds;
  }
  if (number === 0) return undefined;
  const end = `${rounded(1e3 * others)} ${words.milliseconds}`;
  steps.push({ x: number, y: 1e3 * others, details: [words.bestSoFar, end] });
  return {
    title: words.curve,
    x: { label: words.trialNumber, scale: 'linear', min: 0, max: number + 0.5, ticks: stepsTo(number) },
    y: { label: words.milliseconds, scale: 'linear', min: 0, max: 1e3 * SHOWN_TIMES * before, soft: true },
    series: [
      { label: words.bestSoFar, form: 'steps', tone: 0, marks: steps },
      { label: words.trials, form: 'dots', tone: 1, marks: dots },
      ...(failed.length
        ? [{ label: words.failedTrials, form: 'dots' as const, tone: 'quiet' as const, marks: failed }]
        : []),
    ],
    summary: words.curveSummary(
      number,
      rounded(1e3 * before),
      rounded(1e3 * others),
      percent(before / others - 1),
    ),
    table: {
      columns: [words.trialNumber, words.trials, words.milliseconds],
      rows: [...dots, ...failed]
        .sort((a, b) => a.x - b.x)
        .map(({ x, details: [title, said] }) => [String(x), title.replace(/^[^:：]*[:：]\s*/, ''), said]),
      words: 2,
    },
  };
}

/** True if a plot has marks at the end of its axis because they do not fit on it. */
export const isClipped = ({ series, y }: Plot): boolean =>
  y.max !== undefined && series.some(({ marks }) => marks.some((mark) => mark.y > y.max!));

/** The searches whose trials can be drawn knob by knob, one for each kernel: at least three were timed. */
export function parallelSearches(found: readonly BestSoFar[]): BestSoFar[] {
  const drawn = found.filter(
    ({ trials = [] }) => trials.filter(({ seconds }) => seconds !== undefined).length >= 3,
  );
  return [...new Map(drawn.map((search) => [search.kernel, search])).values()];
}

/** The timed trials of a kernel as lines through its variant, its knobs and its time. The heights of knobs are ranks of their values. */
export function parallelPlot({ kernel, trials = [] }: BestSoFar, words: ChartWords): Plot {
  const timed = trials
    .flatMap(({ seconds, ...trial }) => (seconds === undefined ? [] : [{ ...trial, seconds }]))
    .map((trial) => ({ ...trial, values: valuesOf(trial) }))
    .sort((a, b) => b.seconds - a.seconds);
  const names = [...new Set(timed.flatMap(({ values }) => Object.keys(values)))];
  const several = names.filter((name) => new Set(timed.map(({ values }) => values[name])).size > 1);
  const ranks = several.map((name) => ranksOf(timed.map(({ values }) => values[name])));
  const best = timed.at(-1)!;
  const fastest = best.seconds;
  const slowest = timed[0].seconds;
  // The time is logarithmic: the slowest may take a hundred times as long.
  const height = (seconds: number) =>
    slowest > fastest ? Math.log(seconds / fastest) / Math.log(slowest / fastest) : 0;
  const series = timed.map((trial) => {
    const details = [nameOf(trial), `${rounded(1e3 * trial.seconds)} ${words.milliseconds}`];
    const marks = several.flatMap((name, x) => {
      const y = ranks[x].get(trial.values[name]);
      return y === undefined ? [] : [{ x, y, details }];
    });
    return [...marks, { x: several.length, y: height(trial.seconds), details }];
  });
  return {
    title: words.parallel,
    x: {
      label: '',
      scale: 'words',
      values: [...several.map((name) => (name === '' ? words.variant : name)), words.time],
    },
    y: { label: '', scale: 'linear', min: -0.08, max: 1.08, hidden: true },
    series: series.map((marks, i) => ({
      ...{ label: nameOf(timed[i]), form: 'line' as const, plain: true, marks },
      tone: i === series.length - 1 ? 0 : ('faint' as const),
    })),
    columns: [
      ...ranks.map((rank) => [...rank].map(([text, at]) => ({ at, text }))),
      [...new Set([fastest, Math.sqrt(fastest * slowest), slowest])].map((seconds) => ({
        at: height(seconds),
        text: rounded(1e3 * seconds),
      })),
    ],
    summary: words.parallelSummary(kernel, timed.length, nameOf(best), rounded(1e3 * fastest)),
    table: {
      columns: [...several.map((name) => name || words.variant), words.time],
      rows: timed
        .toReversed()
        .map(({ values, seconds }) => [...several.map((name) => values[name] ?? ''), rounded(1e3 * seconds)]),
      words: 0,
    },
  };
}

/** A trial's variant, under the empty name, and its knobs. */
function valuesOf({ variant, knobs }: Pick<Trial, 'variant' | 'knobs'>): Record<string, string> {
  const pairs = knobs
    .split(' ')
    .filter(Boolean)
    .map((knob) => knob.split('=') as [string, string]);
  return { '': variant, ...Object.fromEntries(pairs) };
}

/** Heights from 0 to 1 for the distinct values, in order of the numbers or else as they come. */
function ranksOf(values: (string | undefined)[]): Map<string | undefined, number> & Map<string, number> {
  const distinct = [...new Set(values.filter((value) => value !== undefined))];
  const numbers = distinct.every((value) => Number.isFinite(Number(value)));
  const sorted = numbers ? distinct.sort((a, b) => Number(a) - Number(b)) : distinct;
  return new Map(sorted.map((value, i) => [value, sorted.length > 1 ? i / (sorted.length - 1) : 0.5])) as Map<
    string | undefined,
    number
  > &
    Map<string, number>;
}
