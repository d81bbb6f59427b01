/**
 * Two runs of one model against each other, in turn: A B, B A, A B … so that a GPU that warms up or throttles slows both
 * alike. What counts is the ratio within each pair.
 */
import type { Plans } from '../../engine/engine';
import type { Catalogue } from '../experiment/catalogue';
import { choose, type Run } from '../experiment/expand';
import { onePrompt, promptTokens } from './prompt';
import { checkAll, hashOf } from './check';
import { type RunContext } from './session';
import { type RunRecord, tokensPerSecond } from '../records/record';
import type { Report } from './progress';
import type { LoadedModel, OpenGpu } from './session';
import { median, medianInterval } from '../records/statistics';

/** How the second run does against the first. Times are of a sample: its prefill, and its decoding where it has some. */
export interface PairComparison {
  verdict: 'faster' | 'slower' | 'same' | 'cannot tell';
  /** Median of the pairs' first over second time: 1.1 is 10 % faster. */
  ratio: number;
  /** An interval that holds it with 95 % probability, where the pairs are enough. */
  low: number;
  high: number;
  /** Wall seconds of each pair, in the order of the pairs. */
  first: number[];
  second: number[];
}

/** One of several runs that were timed in turn. */
export interface ComparedRun {
  /** Settings that make it again. */
  settings: string;
  /** Of a sample: prompt and decoded. */
  tokens: number;
  /** Wall seconds of each round, in the order of the rounds. */
  seconds: number[];
  /** tokens ÷ median seconds. */
  tokensPerSecond: number;
  kernelHash: string;
}

/** What a compare cell finds. Plain data. */
export interface Comparison {
  /** The first is what the others are compared with. */
  runs: ComparedRun[];
  /** How each run after the first does against it. */
  against: PairComparison[];
  adapter: string;
  software: boolean;
  /** ISO 8601, UTC. */
  startedAt: string;
  agent: string;
}

/** Twelve pairs are enough for a bootstrapped interval; pairs are added until it is this narrow, or time is up. */
const FEWEST_PAIRS = 12;
const MOST_PAIRS = 100;
const NARROW = 0.01;

/** Less than this is no difference that anybody would feel. */
const SMALLEST_EFFECT = 0.005;

/** Both are run in turn for so long before the first pair. */
const WARMUP_SECONDS = 0.5;

/** Where nothing else is said. */
const COMPARE_SECONDS = 20;

export interface CompareOptions {
  /** No rounds are added after so long. */
  seconds?: number;
  catalogue?: Catalogue;
  report?: Report;
}

/** Checks both runs of a model, warms up, and times pairs. */
export async function compare(
  runs: [Run, Run],
  model: LoadedModel,
  gpu: OpenGpu,
  signal: AbortSignal,
  options: CompareOptions = {},
): Promise<PairComparison> {
  const [first, second] = await timeInterleaved(runs, model, gpu, signal, options);
  return judge(first.seconds, second.seconds);
}

/**
 * Wall seconds of several runs of one model, round by round: A B C, C B A … Rounds are added until every run is well
 * known against the first, or time is up.
 */
export async function timeInterleaved(
  runs: Run[],
  { engine }: LoadedModel,
  gpu: OpenGpu,
  signal: AbortSignal,
  { seconds = COMPARE_SECONDS, catalogue, report = () => undefined }: CompareOptions,
): Promise<{ seconds: number[]; kernelHash: string }[]> {
  const ready: { plans: Plans; kernelHash: string }[] = [];
  for (const run of runs) {
    const choice = choose(run, engine.kernelNames, catalogue);
    await checkAll(choice, gpu, report, signal);
    report('compiling');
    const beside = ready.length > 0;
    const plans = await engine.prepare(choice, run.chunk, run.stepsPerSubmit, [run.prefill], beside);
    ready.push({ plans, kernelHash: hashOf(choice) });
  }
  gpu.throwPendingErrors();
  const sample = async (which: number) => {
    signal.throwIfAborted();
    const tokens = promptTokens(runs[which].prefill, engine.geometry.vocabulary);
    const { prefill, decode = 0 } = await onePrompt(runs[which], engine, ready[which].plans, tokens, gpu);
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
  return ready.map(({ kernelHash }, which) => ({ seconds: taken[which], kernelHash }));
}

/** Runs of one model against the first of them. Throws an Error where they cannot be compared. */
export async function compareRuns(
  runs: Run[],
  model: LoadedModel,
  { gpu, host, catalogue, report, signal }: RunContext,
  seconds: number,
): Promise<Comparison> {
  const startedAt = new Date().toISOString();
  const taken = await timeInterleaved(runs, model, gpu, signal, { seconds, catalogue, report });
  return {
    runs: runs.map((run, which) => {
      const tokens = run.prefill + run.decode;
      const tokensPerSecond = tokens / median(taken[which].seconds);
      return { settings: run.settings, tokens, tokensPerSecond, ...taken[which] };
    }),
    against: taken.slice(1).map((each) => judge(taken[0].seconds, each.seconds)),
    adapter: gpu.adapter.name,
    software: gpu.adapter.software,
    startedAt,
    agent: host.agent,
  };
}

/**
 * Two records that were not timed in turn: how much apart they are, but never a verdict. What they had in common (a
 * clock, a temperature, another program) is not known, so that even a narrow interval says nothing of the settings alone.
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

/** The verdict on pairs of times. */
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
