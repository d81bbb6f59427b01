/** The times of single tokens as a histogram. */
import { median, quantile } from '../../../lab/statistics/descriptive';
import { rounded } from '../../words/numbers';
import type { ChartWords } from '../../words/words.svelte';
import type { Mark, Plot } from '../plot';

/** Fewer tokens say nothing about how their times are spread. */
const FEWEST = 8;
const MOST_BARS = 40;
/** The axis reaches this many times as far beyond the median as 95 % of the tokens; what took longer is counted in the last bar. */
const SHOWN_TIMES = 2;

/** How many tokens took how long; undefined for too few. A bar is never narrower than the clock can tell apart. */
export function tokensPlot(seconds: readonly number[], words: ChartWords): Plot | undefined {
  if (seconds.length < FEWEST) return undefined;
  const times = seconds.map((each) => 1e3 * each).sort((a, b) => a - b);
  const middle = median(times);
  const [least, most] = [
    times[0],
    Math.min(times.at(-1)!, middle + SHOWN_TIMES * (quantile(times, 0.95) - middle)),
  ];
  const tick = Math.min(
    ...times.slice(1).flatMap((time, i) => (time > times[i] + 1e-6 ? [time - times[i]] : [])),
  );
  const wanted = Math.min(MOST_BARS, Math.ceil(2 * Math.sqrt(times.length)));
  const width = Math.max((most - least) / wanted, tick < Infinity ? tick : 0.1 * Math.max(middle, 1e-3));
  const count = Math.max(1, Math.floor((most - least) / width + 1e-9) + 1);
  const counts = Array.from({ length: count }, () => 0);
  for (const time of times) counts[Math.min(count - 1, Math.floor((time - least) / width + 1e-9))]++;
  const longer = times.filter((time) => time > least + count * width).length;
  const marks = counts.map((tokens, i): Mark => {
    const [from, to] = [least + i * width, least + (i + 1) * width];
    const range =
      longer && i === count - 1 ? words.atLeast(rounded(from)) : words.between(rounded(from), rounded(to));
    return { x: (from + to) / 2, y: tokens, details: [range, words.tokensCounted(tokens)] };
  });
  return {
    title: words.tokenTimes,
    x: { label: words.tokenMilliseconds, scale: 'linear', min: least, max: least + count * width },
    y: { label: words.tokensTitle, scale: 'linear', min: 0, soft: true },
    series: [{ label: words.tokensTitle, form: 'bars', tone: 0, marks }],
    rules: [{ axis: 'x', at: middle, label: words.median(rounded(middle)) }],
    summary: words.tokensSummary(
      times.length,
      rounded(middle),
      rounded(quantile(times, 0.95)),
      rounded(times.at(-1)!),
    ),
    table: {
      columns: [words.tokenMilliseconds, words.tokensTitle],
      rows: marks.map(({ details: [range], y }) => [range, String(y)]),
      words: 1,
    },
  };
}
