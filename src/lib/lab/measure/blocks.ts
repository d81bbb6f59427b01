/**
 * Times runs of one model in blocks. Equal plans with bind groups of their own differ in speed for their whole life, by percents in
 * short runs (docs/results.md). So the sides share the steps in which they do not differ, and a block makes the others anew, in
 * random order of the sides and again in the reverse order: what their making adds is noise of the blocks instead of a bias of
 * the comparison.
 */
import type { Plans } from '../../engine/engine';
import type { Step } from '../../engine/encode';
import { seeded, type Random } from '../../shaders/kernel';
import { mean } from '../statistics/descriptive';
import { clockTick, repetitionsFor } from './clock';
import type { PreparedRun } from './prepare';
import { encodeSecondsOf, KeptSamples, onePrompt, promptTokens } from './prompt';
import type { LoadedModel, RunContext } from './session';

/** Seconds of untimed, interleaved samples before the first block: an idle GPU takes about this long to reach its clock. */
const WARMUP_SECONDS = 0.5;

/** A budget should hold so many blocks: the first three looks at the values. */
const WANTED_BLOCKS = 16;
const MOST_QUADS = 5;
/** Longer samples may do with one quad: a pause of the runtime is a smaller part of them. */
const LONG_SECONDS = 0.06;

/**
 * Quads (A B B A) after each of the two preparations of a block, 1 to MOST_QUADS: as many as let `budget` seconds hold WANTED_BLOCKS
 * blocks of `sides` sides, and at least two of short samples.
 */
export function quadsFor(sampleSeconds: number, sides: number, budget: number): number {
  // A half of a block has an untimed sample of each side and two in every quad.
  const samples = budget / (WANTED_BLOCKS * 2 * sides * sampleSeconds);
  const fewest = sampleSeconds < LONG_SECONDS ? 2 : 1;
  return Math.max(fewest, Math.min(MOST_QUADS, Math.floor((samples - 1) / 2)));
}

export class Blocks {
  /** Prefills in a sample, the same for all sides. */
  repetitions = 1;
  /** Quads after each preparation. */
  quads = 1;
  /** Some samples of each side that were timed, kept for the check after the timing; `drop` ends them. */
  readonly kept: KeptSamples[];
  readonly #random: Random;
  /** The runs whose plans hold the activations that all plans of the comparison share. */
  readonly #room: Plans;
  /** The steps that all sides have, which are never made anew. */
  readonly #shared: ReadonlySet<Step>;

  /** `sides`: checked and prepared runs of one model with prompts of one length. `seed`: of all that is left to chance. */
  constructor(
    readonly sides: PreparedRun[],
    readonly model: LoadedModel,
    readonly context: RunContext,
    seed: number,
  ) {
    this.#random = seeded(seed);
    this.kept = sides.map(() => new KeptSamples(model.engine, sides.length));
    const [first, ...others] = sides.map(({ plans }) => new Set(stepsOf(plans)));
    this.#shared = new Set([...first].filter((step) => others.every((steps) => steps.has(step))));
    this.#room = sides.map(({ plans }) => plans).sort((a, b) => b.chunk - a.chunk)[0];
  }

  /**
   * Warms up by time, and finds how many prefills a sample needs to be long enough for the clock, and how many quads a block
   * may have for a budget in seconds. Resolves to the seconds of one prefill, decoding included, by side.
   */
  async warmUp(budget: number): Promise<number[]> {
    const { gpu, report } = this.context;
    report('warming up');
    const seconds: number[][] = this.sides.map(() => []);
    const end = performance.now() + 1e3 * WARMUP_SECONDS;
    do {
      const prompt = this.#prompt(1);
      for (const [side, { plans }] of this.sides.entries())
        seconds[side].push((await this.#sample(side, plans, prompt, 1)).seconds);
      gpu.throwPendingErrors();
    } while (performance.now() < end);
    const { prefill, decode } = this.sides[0].run;
    const latest = seconds.map((each) => mean(each.slice(each.length >> 1)));
    this.repetitions = repetitionsFor(Math.min(...latest), clockTick(), prefill + decode);
    // One side more: the first one again, as a control.
    this.quads = quadsFor(this.repetitions * Math.max(...latest), this.sides.length + 1, budget);
    return latest;
  }

  /** Wall seconds of each side's samples in one block: two for each quad, those of the first preparation first. */
  async block(): Promise<number[][]> {
    const seconds: number[][] = this.sides.map(() => []);
    const order = this.#shuffled();
    for (const each of [order, order.toReversed()])
      for (const [side, taken] of (await this.#half(each)).entries()) seconds[side].push(...taken);
    return seconds;
  }

  /** Shares of a sample that each side's plans take to encode, on the CPU. */
  async encodeShares(sampleSeconds: number[]): Promise<number[]> {
    const shares: number[] = [];
    for (const [side, { plans }] of this.sides.entries()) {
      const prompt = this.#prompt(1);
      const seconds = await encodeSecondsOf(this.model.engine, plans, prompt, this.context.gpu);
      shares.push(seconds / sampleSeconds[side]);
    }
    return shares;
  }

  /** Prepares the sides in this order, takes an untimed sample of each, then quads: in random order and mirrored. */
  async #half(order: number[]): Promise<number[][]> {
    const { engine } = this.model;
    engine.kernels.makeStepsAnew(this.#shared);
    const plans: Plans[] = [];
    for (const side of order) plans[side] = await this.#prepare(side);
    const seconds: number[][] = this.sides.map(() => []);
    try {
      await this.#round(order, plans, false);
      for (let quad = 0; quad < this.quads; quad++) {
        const turn = this.#shuffled();
        for (const each of [turn, turn.toReversed()])
          for (const [side, taken] of await this.#round(each, plans)) seconds[side].push(taken);
      }
    } finally {
      plans.forEach((each) => engine.discard(each));
    }
    return seconds;
  }

  /** Frees the kept samples. */
  drop() {
    for (const kept of this.kept) kept.drop();
  }

  #prepare(side: number): Promise<Plans> {
    const { run, choice } = this.sides[side];
    const options = { beside: true, sharing: this.#room };
    return this.model.engine.prepare(choice, run.chunk, run.stepsPerSubmit, [run.prefill], options);
  }

  /** One sample of each side, in this order, of a prompt that none has seen. `timed`: one that counts. */
  async #round(order: number[], plans: Plans[], timed = true): Promise<[side: number, seconds: number][]> {
    const { repetitions } = this;
    const prompt = this.#prompt(repetitions);
    const taken: [number, number][] = [];
    for (const side of order) {
      const sample = (keep: boolean) => this.#sample(side, plans[side], prompt, repetitions, keep);
      const kept = timed ? this.kept.at(side) : undefined;
      const { seconds } = await (kept ? kept.take(sample) : sample(false));
      taken.push([side, seconds]);
    }
    this.context.gpu.throwPendingErrors();
    return taken;
  }

  async #sample(side: number, plans: Plans, prompt: Uint32Array, repetitions: number, keep = false) {
    const { gpu, signal } = this.context;
    signal.throwIfAborted();
    const { run } = this.sides[side];
    const options = { repetitions, keep };
    const {
      prefill,
      decode = 0,
      left,
    } = await onePrompt(run, this.model.engine, plans, prompt, gpu, options);
    return { seconds: prefill + decode, left };
  }

  #prompt(repetitions: number): Uint32Array {
    const count = repetitions * this.sides[0].run.prefill;
    return promptTokens(count, this.model.engine.geometry.vocabulary, 2 ** 32 * this.#random());
  }

  /** The numbers of the sides in random order (Fisher and Yates). */
  #shuffled(): number[] {
    const order = [...this.sides.keys()];
    for (let last = order.length - 1; last > 0; last--) {
      const other = Math.floor(this.#random() * (last + 1));
      [order[last], order[other]] = [order[other], order[last]];
    }
    return order;
  }
}

const stepsOf = ({ inner, final }: Plans): Step[] => [...inner.values(), ...final.values()].flat();

/**
 * ln(first ÷ second) of a block: the mean over its two preparations of the log-ratio of the sides' low medians. Above 0, the
 * second is faster. Both lists hold a block's samples in order, in seconds, those of the first preparation first. The low
 * median (the smaller of two, the second of four) ignores pauses in up to half of the samples: a garbage collection can make
 * one of them ten times as long.
 */
export function logRatio(first: readonly number[], second: readonly number[]): number {
  const half = first.length / 2;
  const halves = [first.slice(0, half), first.slice(half)].map((own, at) =>
    Math.log(lowMedian(own) / lowMedian(second.slice(at * half, at * half + half))),
  );
  return mean(halves);
}

const lowMedian = (values: readonly number[]) => values.toSorted((a, b) => a - b)[(values.length - 1) >> 1];
