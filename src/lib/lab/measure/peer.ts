/**
 * Compares a run with another program on the same model, by the protocol of compare.ts: blocks in which both are prepared anew, in
 * random order and again in the reverse order, quads of samples (A B B A), and the same verdict. The lab's side also runs against
 * itself, which gives the floor.
 */
import type { Plans } from '../../engine/engine';
import { randomSeed } from '../../engine/guarded';
import { type Random, seeded } from '../../shaders/kernel';
import type { Run } from '../experiment/expand';
import type { PairComparison } from '../records/comparison';
import type { BesidePeer } from '../records/peer';
import type { RunRecord } from '../records/record';
import { mean, median } from '../statistics/descriptive';
import { MOST_VALUES } from '../statistics/signedRank';
import { judgeBlocks, moreBlocks } from '../statistics/verdict';
import { acceptTime } from './accept';
import { logRatio, quadsFor } from './blocks';
import { clockTick, repetitionsFor } from './clock';
import { floorOf } from './floor';
import { recordOf } from './measure';
import { type PreparedRun, prepareRun } from './prepare';
import { onePrompt, promptTokens, requireOneSequence } from './prompt';
import type { LoadedModel, RunContext } from './session';

/** Wall seconds: of a prompt until its likeliest next token is known, and of the tokens decoded after it. */
interface PeerSample {
  prefill: number;
  decode?: number;
  /** The likeliest token after the prompt. */
  token: number;
}

/** Another program with a model in memory. */
export interface Peer {
  /** The fields of its records. */
  facts: Pick<
    RunRecord,
    'weightBytes' | 'loadSeconds' | 'kernelHash' | 'adapter' | 'software' | 'agent' | 'setup'
  >;
  /** Prepares it anew for this many tokens in all. */
  prepare(capacity: number): Promise<PreparedPeer>;
}

export interface PreparedPeer {
  /** Reads as many prompts as `repetitions` one after another, from an empty state, then decodes; `prefill` is the mean of one. */
  time(tokens: Uint32Array, repetitions: number, decode: number): Promise<PeerSample>;
  dispose(): Promise<void>;
}

/** The sides, by number: the peer is what the lab is compared with, and the last is the lab once more. */
const [PEER, OWN, CONTROL] = [0, 1, 2];
const SIDES = [PEER, OWN, CONTROL];
const WARMUP_SECONDS = 0.5;
/** Prompts whose next tokens are compared. */
const PROMPTS = 16;

type Taken = Pick<PeerSample, 'prefill' | 'decode'>;

/**
 * Compares for at most `seconds` of blocks; ends earlier only with a verdict. Throws when a variant is wrong on this GPU, before or after
 * the timing, when a time is impossible, when the peer fails, and when the signal stops it.
 */
export async function compareWithPeer(
  run: Run,
  peer: Peer,
  model: LoadedModel,
  context: RunContext,
  seconds: number,
): Promise<BesidePeer> {
  requireOneSequence([run]);
  const startedAt = new Date().toISOString();
  const prepared = await prepareRun(run, model.engine, context);
  const beside = new Beside(prepared, peer, model, context);
  const warmup = await beside.warmUp(seconds);
  const against = await beside.run(seconds);
  const own = beside.samplesOf(OWN);
  const memoryBytes = model.engine.memoryBytes;
  const decode = own.decodeSeconds.length ? median(own.decodeSeconds) : undefined;
  const checks = await acceptTime(prepared, { prefill: median(own.prefillSeconds), decode }, model, context);
  const agreeing = await beside.agreeing();
  const samples = (side: number) => ({
    ...beside.samplesOf(side),
    warmupSeconds: warmup[side].map(({ prefill }) => prefill),
    ...{ softmaxSeconds: [], readbackSeconds: [], repetitions: beside.repetitions, clockTick: clockTick() },
    promptSeed: beside.seed,
  });
  const record = recordOf(prepared, { ...samples(OWN), memoryBytes, checks, startedAt }, model, context);
  const warned: RunRecord = { ...record, warnings: record.software ? ['software'] : [] };
  const { weightBytes, loadSeconds, kernelHash, adapter, software, agent, setup } = peer.facts;
  return {
    peer: {
      ...record,
      ...samples(PEER),
      ...{ weightBytes, loadSeconds, kernelHash, adapter, software, agent, setup },
      ...{ variants: {}, error: 0, errorKernel: '', stepsPerSubmit: 0, warnings: [] },
      ...{ memoryBytes: undefined, layoutSeconds: undefined, kernelHashes: undefined },
      ...{ checks: undefined, labVersion: undefined },
    },
    own: warned,
    against,
    ...{ prompts: PROMPTS, agreeing },
  };
}

class Beside {
  readonly seed = randomSeed();
  repetitions = 1;
  #quads = 1;
  readonly #random: Random = seeded(this.seed);
  /** Samples of each block, by block and side. */
  readonly #taken: Taken[][][] = [];

  constructor(
    readonly prepared: PreparedRun,
    readonly peer: Peer,
    readonly model: LoadedModel,
    readonly context: RunContext,
  ) {}

  /** Warms both up by time; finds how many prefills a sample needs and how many quads a block may have. */
  async warmUp(budget: number): Promise<Taken[][]> {
    this.context.report('warming up');
    const { prefill, decode } = this.prepared.run;
    const peer = await this.peer.prepare(this.#capacity);
    const taken: Taken[][] = SIDES.map(() => []);
    try {
      const end = performance.now() + 1e3 * WARMUP_SECONDS;
      do {
        const prompt = this.#prompt(1);
        taken[PEER].push(await this.#samplePeer(peer, prompt));
        taken[OWN].push(await this.#sampleOwn(this.prepared.plans, prompt));
      } while (performance.now() < end);
    } finally {
      await peer.dispose();
    }
    const latest = [PEER, OWN].map((side) => mean(taken[side].slice(taken[side].length >> 1).map(whole)));
    this.repetitions = repetitionsFor(Math.min(...latest), clockTick(), prefill + decode);
    this.#quads = quadsFor(this.repetitions * Math.max(...latest), SIDES.length, budget);
    return taken;
  }

  /** Times blocks until there is a verdict or the budget is spent. */
  async run(seconds: number): Promise<PairComparison> {
    const from = performance.now();
    for (;;) {
      const done = this.#taken.length;
      this.context.report('comparing', done, MOST_VALUES);
      this.#taken.push(await this.#block());
      const last = (performance.now() - from) / 1e3 >= seconds || done + 1 === MOST_VALUES;
      const compared = this.#compared(last);
      if (last || compared.verdict !== 'cannot tell') return compared;
    }
  }

  samplesOf(side: number): Pick<RunRecord, 'prefillSeconds' | 'decodeSeconds'> {
    const taken = this.#taken.flatMap((block) => block[side]);
    const decoded = taken.flatMap(({ decode }) => (decode === undefined ? [] : [decode]));
    return { prefillSeconds: taken.map(({ prefill }) => prefill), decodeSeconds: decoded };
  }

  /** To how many of PROMPTS new prompts both give the same next token. */
  async agreeing(): Promise<number> {
    const { engine } = this.model;
    const peer = await this.peer.prepare(this.#capacity);
    let agreeing = 0;
    try {
      for (let index = 0; index < PROMPTS; index++) {
        this.context.signal.throwIfAborted();
        const prompt = this.#prompt(1);
        const { token } = await peer.time(prompt, 1, 0);
        engine.load(prompt);
        agreeing += Number((await engine.prefill(this.prepared.plans, prompt.length)) === token);
      }
    } finally {
      await peer.dispose();
    }
    return agreeing;
  }

  get #capacity(): number {
    const { prefill, decode } = this.prepared.run;
    return this.repetitions * prefill + decode + 8;
  }

  #compared(last: boolean): PairComparison {
    const valuesOf = (side: number, other: number) =>
      this.#taken.map((block) => logRatio(block[side].map(whole), block[other].map(whole)));
    const values = valuesOf(PEER, OWN);
    const floor = floorOf(valuesOf(OWN, CONTROL));
    const { verdict, effect, low, high } = judgeBlocks(values, { floor, last });
    const { inexact } = this.prepared;
    return {
      // Without a floor it is unknown what identical settings would show.
      verdict: inexact || floor === undefined ? 'cannot tell' : verdict,
      ...{ ratio: Math.exp(effect), low: Math.exp(low), high: Math.exp(high), values },
      more: inexact ? undefined : moreBlocks(values, { floor }),
      ...(inexact && { inexact }),
    };
  }

  /** Each side's samples of one block: both halves, in mirrored order of preparation. */
  async #block(): Promise<Taken[][]> {
    const order = this.#shuffled();
    const halves = [await this.#half(order), await this.#half(order.toReversed())];
    return SIDES.map((side) => halves.flatMap((half) => half[side]));
  }

  async #half(order: readonly number[]): Promise<Taken[][]> {
    const { engine } = this.model;
    engine.kernels.makeStepsAnew(new Set());
    const plans: Plans[] = [];
    let peer: PreparedPeer | undefined;
    const taken: Taken[][] = SIDES.map(() => []);
    try {
      for (const side of order)
        if (side === PEER) peer = await this.peer.prepare(this.#capacity);
        else plans[side] = await this.#prepareOwn();
      const sample = (side: number, prompt: Uint32Array) =>
        side === PEER ? this.#samplePeer(peer!, prompt) : this.#sampleOwn(plans[side], prompt);
      const round = async (sides: readonly number[], keep: boolean) => {
        const prompt = this.#prompt(this.repetitions);
        for (const side of sides) {
          const one = await sample(side, prompt);
          if (keep) taken[side].push(one);
        }
      };
      await round(order, false);
      for (let quad = 0; quad < this.#quads; quad++) {
        const turn = this.#shuffled();
        await round(turn, true);
        await round(turn.toReversed(), true);
      }
    } finally {
      plans.forEach((each) => engine.discard(each));
      await peer?.dispose();
    }
    return taken;
  }

  #prepareOwn(): Promise<Plans> {
    const { run, choice, plans } = this.prepared;
    const options = { beside: true, sharing: plans };
    return this.model.engine.prepare(choice, run.chunk, run.stepsPerSubmit, [run.prefill], options);
  }

  async #sampleOwn(plans: Plans, prompt: Uint32Array): Promise<Taken> {
    const { gpu, signal } = this.context;
    signal.throwIfAborted();
    gpu.kernels.poison();
    const repetitions = prompt.length / this.prepared.run.prefill;
    const taken = await onePrompt(this.prepared.run, this.model.engine, plans, prompt, gpu, { repetitions });
    gpu.throwPendingErrors();
    return taken;
  }

  async #samplePeer(peer: PreparedPeer, prompt: Uint32Array): Promise<Taken> {
    this.context.signal.throwIfAborted();
    const { prefill, decode } = this.prepared.run;
    return peer.time(prompt, prompt.length / prefill, decode);
  }

  #prompt(repetitions: number): Uint32Array {
    const count = repetitions * this.prepared.run.prefill;
    return promptTokens(count, this.model.engine.geometry.vocabulary, 2 ** 32 * this.#random());
  }

  #shuffled(): number[] {
    const order = SIDES.map((side) => ({ side, at: this.#random() }));
    return order.sort((a, b) => a.at - b.at).map(({ side }) => side);
  }
}

/** Seconds of a whole sample: one prompt and what is decoded after it. */
const whole = ({ prefill, decode = 0 }: Taken): number => prefill + decode;
