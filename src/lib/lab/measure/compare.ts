/**
 * Compares runs of one model by interleaving them (A B, B A, A B …), so that a GPU that warms up or throttles slows all
 * of them alike. The result is the median of the ratios within the pairs.
 */
import type { Run } from '../experiment/expand';
import { formatCsv } from '../records/csv';
import { medianRate, type RunRecord, tokensPerSecond } from '../records/record';
import { median, medianInterval } from '../statistics/descriptive';
import { prepareRun, type PreparedRun } from './prepare';
import { onePrompt, promptTokens } from './prompt';
import type { LoadedModel, RunContext } from './session';

/** The second of two runs compared with the first. Times are those of whole samples: prefill plus decoding, if any. */
export interface PairComparison {
  verdict: 'faster' | 'slower' | 'same' | 'cannot tell';
  /** Median over the pairs of first time ÷ second time: 1.1 means 10 % faster. */
  ratio: number;
  /** Bounds of the ratio's 95 % confidence interval, if there are enough pairs. */
  low: number;
  high: number;
  /** Wall seconds of each sample, in the order of the pairs. */
  first: number[];
  second: number[];
}

/** One of several interleaved runs. */
export interface ComparedRun {
  /** Settings that reproduce the run. */
  settings: string;
  /** Tokens of one sample: prompt and decoded. */
  tokens: number;
  /** Wall seconds of prefill plus decoding, one entry per round. */
  sampleSeconds: number[];
  tokensPerSecond: number;
  kernelHash: string;
}

/** The result of a compare cell. Plain data. */
export interface Comparison {
  /** The first run is the baseline of the others. */
  runs: ComparedRun[];
  /** Each run after the first, compared with the first. */
  against: PairComparison[];
  adapter: string;
  software: boolean;
  /** ISO 8601, UTC. */
  startedAt: string;
  agent: string;
}

/**
 * Number of pairs: at least FEWEST_PAIRS, then until half the logarithmic width of the interval is at most NARROW, or
 * until MOST_PAIRS or the time limit.
 */
const FEWEST_PAIRS = 12;
const MOST_PAIRS = 100;
const NARROW = 0.01;

/** Smallest effect (logarithm of the ratio) that is called faster or slower: less is of no practical use. */
const SMALLEST_EFFECT = 0.005;

/** Seconds of interleaved, untimed warm-up before the first pair. */
const WARMUP_SECONDS = 0.5;

/** Checks two runs of a model, warms up, and times interleaved pairs for at most `seconds`. */
export async function compare(
  runs: [Run, Run],
  model: LoadedModel,
  context: RunContext,
  seconds: number,
): Promise<PairComparison> {
  const [first, second] = await timeInterleaved(runs, model, context, seconds);
  return judge(first.sampleSeconds, second.sampleSeconds);
}

/**
 * Times several runs of one model round by round, in alternating order (A B C, C B A …), until the ratio of every run
 * to the first is precise enough or `seconds` have passed. Throws when a variant is wrong on this GPU.
 */
async function timeInterleaved(
  runs: Run[],
  { engine }: LoadedModel,
  context: RunContext,
  seconds: number,
): Promise<Pick<ComparedRun, 'sampleSeconds' | 'kernelHash'>[]> {
  const { gpu, report, signal } = context;
  const prepared: PreparedRun[] = [];
  for (const run of runs)
    prepared.push(await prepareRun(run, engine, context, { beside: prepared.length > 0 }));
  const sample = async (which: number) => {
    signal.throwIfAborted();
    const tokens = promptTokens(runs[which].prefill, engine.geometry.vocabulary);
    const { prefill, decode = 0 } = await onePrompt(runs[which], engine, prepared[which].plans, tokens, gpu);
    return prefill + decode;
  };
  report('warming up');
  for (let warm = 0; warm < WARMUP_SECONDS;) for (const which of runs.keys()) warm += await sample(which);
  const taken: number[][] = runs.map(() => []);
  const end = performance.now() + 1e3 * seconds;
  while (!enough(taken, performance.now() > end)) {
    report('comparing', taken[0].length, MOST_PAIRS);
    const order = [...runs.keys()];
    if (taken[0].length % 2) order.reverse();
    for (const which of order) taken[which].push(await sample(which));
  }
  gpu.throwPendingErrors();
  return prepared.map(({ kernelHash }, which) => ({ sampleSeconds: taken[which], kernelHash }));
}

/** Compares several runs of one model with the first of them. Throws when a variant is wrong on this GPU. */
export async function compareRuns(
  runs: Run[],
  model: LoadedModel,
  context: RunContext,
  seconds: number,
): Promise<Comparison> {
  const { gpu, host } = context;
  const startedAt = new Date().toISOString();
  const taken = await timeInterleaved(runs, model, context, seconds);
  return {
    runs: runs.map((run, which) => {
      const tokens = run.prefill + run.decode;
      const tokensPerSecond = medianRate(tokens, taken[which].sampleSeconds);
      return { settings: run.settings, tokens, tokensPerSecond, ...taken[which] };
    }),
    against: taken.slice(1).map((each) => judge(taken[0].sampleSeconds, each.sampleSeconds)),
    adapter: gpu.adapter.name,
    software: gpu.adapter.software,
    startedAt,
    agent: host.agent,
  };
}

/**
 * Compares two records that were measured separately, not interleaved: returns their ratio, but never a verdict. Clock,
 * temperature and other programs may have differed, so even a narrow interval does not isolate the effect of the
 * settings.
 */
export function apart(first: RunRecord, second: RunRecord): PairComparison {
  const rates = [first, second].map(({ prefill, prefillSeconds }) => ({
    prefill,
    ...medianInterval(prefillSeconds),
  }));
  const [before, after] = rates.map(({ prefill, low, high }) => ({
    low: prefill / high,
    high: prefill / low,
  }));
  return {
    verdict: 'cannot tell',
    ratio: tokensPerSecond(second) / tokensPerSecond(first),
    low: after.low / before.high,
    high: after.high / before.low,
    first: first.prefillSeconds,
    second: second.prefillSeconds,
  };
}

function enough([first, ...others]: number[][], timeIsUp: boolean): boolean {
  if (first.length < 2) return false;
  if (timeIsUp || first.length >= MOST_PAIRS) return true;
  if (first.length < FEWEST_PAIRS || first.length % 4) return false;
  return others.every((other) => {
    const { low, high } = judge(first, other);
    return Math.log(high / low) / 2 <= NARROW;
  });
}

/** The verdict on paired times in seconds: entry i of both lists was measured in the same round. */
export function judge(first: number[], second: number[]): PairComparison {
  const ratios = first.map((seconds, pair) => Math.log(seconds / second[pair]));
  const { low, high, coverage } = medianInterval(ratios);
  const effect = median(ratios);
  const certain = coverage >= 0.94 && (low > 0 || high < 0) && Math.abs(effect) > SMALLEST_EFFECT;
  const equal = coverage >= 0.94 && Math.max(Math.abs(low), Math.abs(high)) <= NARROW;
  const winner = effect > 0 ? 'faster' : 'slower';
  return {
    verdict: certain ? winner : equal ? 'same' : 'cannot tell',
    ratio: Math.exp(effect),
    low: Math.exp(low),
    high: Math.exp(high),
    first,
    second,
  };
}

const COMPARISON_COLUMNS = [
  'settings',
  'tokens',
  'tokens_per_second',
  'verdict',
  'ratio',
  'low',
  'high',
  'pairs',
];

/** CSV with one row per run; verdict, ratio and interval compare it with the first run, whose own are empty. */
export function comparisonToCsv({ runs, against }: Comparison): string {
  const lines = runs.map(({ settings, tokens, tokensPerSecond, sampleSeconds }, index) => {
    const { verdict, ratio, low, high } = against[index - 1] ?? {};
    const figures = [ratio, low, high].map((value) => value?.toPrecision(4));
    return [settings, tokens, tokensPerSecond.toPrecision(4), verdict, ...figures, sampleSeconds.length];
  });
  return formatCsv([COMPARISON_COLUMNS, ...lines]);
}
