/**
 * Two runs of one model against each other, in turn: A B, B A, A B … so that a GPU that warms up or throttles slows both
 * alike. What counts is the ratio within each pair.
 */
import type { Plans } from '../engine/engine';
import { choose, type Run } from './expand';
import { checkAll, onePrompt, promptTokens } from './measure';
import type { LoadedModel, OpenGpu } from './session';
import { median, medianInterval } from './statistics';

/** How the second run does against the first. Times are of a sample: its prefill, and its decoding where it has some. */
export interface Comparison {
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
export interface Compared {
  /** The first is what the others are compared with. */
  runs: ComparedRun[];
  /** How each run after the first does against it. */
  against: Comparison[];
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

/** Checks both, warms up, and times pairs. `seconds`: stop adding pairs after so long. */
export async function compare(
  runs: [Run, Run],
  { engine }: LoadedModel,
  gpu: OpenGpu,
  signal: AbortSignal,
  seconds = 20,
): Promise<Comparison> {
  const plans: Plans[] = [];
  for (const run of runs) {
    const choice = choose(run, engine.kernelNames);
    await checkAll(choice, gpu, () => undefined, signal);
    const beside = plans.length > 0;
    plans.push(await engine.prepare(choice, run.chunk, run.stepsPerSubmit, [run.prefill], beside));
  }
  gpu.complain();
  const sample = async (which: number) => {
    signal.throwIfAborted();
    const tokens = promptTokens(runs[which].prefill, engine.geometry.vocabulary);
    const { prefill, decode = 0 } = await onePrompt(runs[which], engine, plans[which], tokens, gpu);
    return prefill + decode;
  };
  for (let warm = 0; warm < WARMUP_SECONDS;) warm += (await sample(0)) + (await sample(1));
  const [first, second]: number[][] = [[], []];
  const end = performance.now() + 1e3 * seconds;
  while (!enough(first, second, performance.now() > end)) {
    const order = first.length % 2 ? [1, 0] : [0, 1];
    for (const which of order) [first, second][which].push(await sample(which));
  }
  gpu.complain();
  return judge(first, second);
}

function enough(first: number[], second: number[], timeIsUp: boolean): boolean {
  if (first.length < 2) return false;
  if (timeIsUp || first.length >= MOST_PAIRS) return true;
  if (first.length < FEWEST_PAIRS || first.length % 4) return false;
  const { low, high } = judge(first, second);
  return Math.log(high / low) / 2 <= NARROW;
}

/** The verdict on pairs of times. */
export function judge(first: number[], second: number[]): Comparison {
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
