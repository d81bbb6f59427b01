/** Compares runs of one model with the first of them, in blocks of fresh preparations, and judges each. */
import { randomSeed } from '../../engine/guarded';
import { Refusal } from '../../shaders/kernel';
import type { Run } from '../experiment/expand';
import type { ComparedRun, Comparison, ComparisonPlan, LeftOut, PairComparison } from '../records/comparison';
import { medianRate, type Warning } from '../records/record';
import { median, standardDeviation } from '../statistics/descriptive';
import { MOST_VALUES } from '../statistics/signedRank';
import { findTrend } from '../statistics/trend';
import { findableEffect, judgeBlocks, moreBlocks } from '../statistics/verdict';
import { messageOf } from '../message';
import { LAB_VERSION } from '../version';
import { acceptTime } from './accept';
import { Blocks, logRatio } from './blocks';
import { clockTick, SAMPLE_TICKS } from './clock';
import { ENOUGH_VALUES, floorKey, floorOf, memoryStore } from './floor';
import { prepareRun, type PreparedRun } from './prepare';
import { requireOneSequence } from './prompt';
import type { LoadedModel, RunContext } from './session';
import { throttled } from './warnings';
import { Watch } from './watch';

/** Floors of hosts that keep none. */
const processFloors = memoryStore();

/** Blocks after which the scatter is known well enough to say what the budget can find. */
const PILOT_BLOCKS = 4;

/** The share of encoding in a sample that is warned of. */
const ENCODING_SHARE = 0.5;

/**
 * Compares two to eight runs of one model with prompts of one length, for at most `seconds` of blocks; ends earlier only when
 * every run has its verdict. `tell` gets what the budget can find, once that can be said. Throws when a variant is wrong on
 * this GPU, before or after the timing, when a time is impossible, and when memory runs out. With `leaveOut`, a run other than
 * the first of which that is true is left out of the result, with the reason, and the others are compared; throws when none
 * of them can be prepared.
 */
export async function compareRuns(
  runs: Run[],
  model: LoadedModel,
  context: RunContext,
  seconds: number,
  tell: (plan: ComparisonPlan) => void = () => undefined,
  { leaveOut = false } = {},
): Promise<Comparison> {
  requireOneSequence(runs);
  const startedAt = new Date().toISOString();
  const leftOut: LeftOut[] | undefined = leaveOut ? [] : undefined;
  const sides = await prepareSides(runs, model, context, leftOut);
  if (sides.length === 1) throw new Error(leftOut?.map(({ reason }) => reason).join('; '));
  const comparing = new Comparing(sides, model, context, leftOut);
  const { gpu, host } = context;
  try {
    await comparing.run(seconds, tell);
    return {
      ...(await comparing.result()),
      adapter: gpu.adapter.name,
      software: gpu.adapter.software,
      startedAt,
      agent: host.agent,
      labVersion: LAB_VERSION,
    };
  } finally {
    comparing.drop();
  }
}

/**
 * Prepares and checks the runs; the longest chunk first, because the others share its activations. Runs that cannot be prepared go
 * to `leftOut`, if there is such a list.
 */
async function prepareSides(
  runs: Run[],
  { engine }: LoadedModel,
  context: RunContext,
  leftOut: LeftOut[] | undefined,
): Promise<PreparedRun[]> {
  const longestFirst = [...runs.keys()].sort((a, b) => runs[b].chunk - runs[a].chunk);
  const sides: PreparedRun[] = [];
  let sharing: PreparedRun['plans'] | undefined;
  for (const side of longestFirst) {
    try {
      sides[side] = await prepareRun(runs[side], engine, context, { beside: sharing !== undefined, sharing });
      sharing ??= sides[side].plans;
    } catch (error) {
      context.signal.throwIfAborted();
      if (!leftOut || side === 0) throw error;
      leftOut.push({ settings: runs[side].settings, reason: messageOf(error) });
    }
  }
  return sides.filter(Boolean);
}

class Comparing {
  readonly #seed = randomSeed();
  readonly #blocks: Blocks;
  readonly #watch: Watch;
  /** Seconds of the samples of each block, by block and side. */
  readonly #taken: number[][][] = [];
  /** The judged comparisons with the first side; undefined while a side has no verdict. */
  readonly #settled: (PairComparison | undefined)[];
  #encodeShares: number[] = [];
  /** Log-ratios of identical settings that were recorded before, and those of this comparison. */
  #recorded: number[] = [];
  #control: number[] = [];

  constructor(
    readonly sides: PreparedRun[],
    readonly model: LoadedModel,
    readonly context: RunContext,
    /** Takes the runs that are refused after the timing; undefined where each of them ends the comparison. */
    readonly leftOut: LeftOut[] | undefined,
  ) {
    this.#watch = new Watch(context);
    this.#blocks = new Blocks([...sides], model, context, this.#seed);
    this.#settled = sides.slice(1).map(() => undefined);
  }

  /** Times blocks until every side has its verdict or the budget is spent. */
  async run(seconds: number, tell: (plan: ComparisonPlan) => void): Promise<void> {
    const { gpu, host, report } = this.context;
    const sampleSeconds = await this.#blocks.warmUp(seconds);
    const floors = host.floors ?? processFloors;
    const key = floorKey(gpu.adapter.name, host.agent, sampleSeconds[0]);
    this.#recorded = await floors.read(key);
    this.#encodeShares = await this.#blocks.encodeShares(sampleSeconds);
    // Until enough is known of identical settings here, the first side is also compared with itself.
    if (this.#recorded.length < ENOUGH_VALUES) this.#blocks.sides.push(this.sides[0]);
    const from = performance.now();
    const spent = () => (performance.now() - from) / 1e3;
    for (let done = 0, fitting = 0; done < MOST_VALUES;) {
      report('comparing', done, Math.min(MOST_VALUES, Math.max(done, fitting)));
      await this.#watch.timeSentinel();
      this.#take(await this.#blocks.block());
      this.#watch.look();
      fitting = Math.floor((seconds * ++done) / spent());
      if (done === PILOT_BLOCKS) tell(this.#plan(Math.min(MOST_VALUES, fitting)));
      this.#judge(spent() >= seconds || done === MOST_VALUES);
      if (spent() >= seconds || this.#settled.every(Boolean)) break;
    }
    if (this.#control.length)
      await floors.write(key, [...this.#recorded, ...this.#control].slice(-MOST_VALUES));
  }

  /** The result, after the answers and the times have been checked. Throws a Refusal when one cannot be. */
  async result(): Promise<Omit<Comparison, 'adapter' | 'software' | 'startedAt' | 'agent' | 'labVersion'>> {
    const runs: ComparedRun[] = [];
    const against: PairComparison[] = [];
    for (const [side, prepared] of this.sides.entries()) {
      const run = await this.#accepted(side, prepared);
      if (!run) continue;
      runs.push(run);
      if (side > 0) against.push(this.#settled[side - 1] ?? this.#compared(side, true));
    }
    return {
      runs,
      against,
      ...(this.leftOut && { leftOut: this.leftOut }),
      blocks: this.#taken.length,
      floor: this.#floor,
      control: this.#control,
      repetitions: this.#blocks.repetitions,
      seed: this.#seed,
      sentinelSeconds: this.#watch.sentinelSeconds,
      warnings: this.#warnings(),
    };
  }

  /** Frees what was kept for the checks. */
  drop() {
    this.#blocks.drop();
  }

  /** A run whose answer and time were accepted; undefined for one that was refused and is left out. */
  async #accepted(side: number, prepared: PreparedRun): Promise<ComparedRun | undefined> {
    try {
      return await this.#ran(side, prepared);
    } catch (error) {
      if (!this.leftOut || side === 0 || !(error instanceof Refusal)) throw error;
      this.leftOut.push({ settings: prepared.run.settings, reason: error.message });
      return undefined;
    }
  }

  async #ran(side: number, prepared: PreparedRun): Promise<ComparedRun> {
    const { run, kernelHash } = prepared;
    const sampleSeconds = this.#taken.flatMap((block) => block[side]);
    const { left } = this.#blocks.kept[side];
    const seconds = { whole: median(sampleSeconds) };
    const checks = await acceptTime(prepared, seconds, this.model, this.context, left);
    const tokens = run.prefill + run.decode;
    const tokensPerSecond = medianRate(tokens, sampleSeconds);
    return { settings: run.settings, tokens, sampleSeconds, tokensPerSecond, kernelHash, checks };
  }

  #take(block: number[][]) {
    this.#taken.push(block);
    if (block.length > this.sides.length) this.#control.push(logRatio(block[0], block[block.length - 1]));
  }

  /** Log-ratios of the first side to another, by block. */
  #valuesOf(side: number): number[] {
    return this.#taken.map((block) => logRatio(block[0], block[side]));
  }

  get #floor(): number | undefined {
    return floorOf([...this.#recorded, ...this.#control]);
  }

  /** Keeps the verdicts of sides that have one now. */
  #judge(last: boolean) {
    for (const [at, settled] of this.#settled.entries()) {
      if (settled) continue;
      const compared = this.#compared(at + 1, last);
      if (compared.verdict !== 'cannot tell') this.#settled[at] = compared;
    }
  }

  #compared(side: number, last: boolean): PairComparison {
    const values = this.#valuesOf(side);
    const floor = this.#floor;
    const sides = this.#settled.length;
    const { verdict, effect, low, high } = judgeBlocks(values, { floor, last, sides });
    const inexact = this.sides[0].inexact || this.sides[side].inexact;
    return {
      // Without a floor it is unknown what identical settings would show.
      verdict: inexact || floor === undefined ? 'cannot tell' : verdict,
      ratio: Math.exp(effect),
      low: Math.exp(low),
      high: Math.exp(high),
      values,
      more: inexact ? undefined : moreBlocks(values, { floor, sides }),
      ...(inexact && { inexact }),
    };
  }

  /** The smallest difference that so many blocks find, from the scatter of the blocks so far on the worst side. */
  #plan(blocks: number): ComparisonPlan {
    const deviation = Math.max(...this.#settled.map((_, at) => standardDeviation(this.#valuesOf(at + 1))));
    const effect = findableEffect(deviation, blocks, { floor: this.#floor, sides: this.#settled.length });
    return { blocks, findable: effect && Math.exp(effect) };
  }

  #warnings(): Warning[] {
    const { gpu } = this.context;
    const blockSeconds = this.#taken.map((block) => median(block[0]));
    const share = clockTick() / (this.#blocks.repetitions * median(blockSeconds));
    const trend = findTrend(blockSeconds, share);
    const { sentinelSeconds, circumstances } = this.#watch;
    const found: Partial<Record<Warning, boolean>> = {
      software: gpu.adapter.software,
      ...circumstances,
      ticks: share * SAMPLE_TICKS > 1,
      warming: trend?.kind === 'warming',
      drift: trend?.kind === 'drift',
      throttled: throttled(sentinelSeconds),
      encode: this.#encodeShares.some((each) => each > ENCODING_SHARE),
      inexact: this.sides.some(({ inexact }) => inexact),
    };
    return (Object.keys(found) as Warning[]).filter((code) => found[code]);
  }
}
