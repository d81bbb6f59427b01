/** Times one prompt: the samples that every measurement consists of. */
import type { Answer, Engine, Plans } from '../../engine/engine';
import { finished } from '../../engine/finished';
import { seeded } from '../../shaders/kernel';
import type { Run } from '../experiment/expand';
import { median } from '../statistics/descriptive';
import type { OpenGpu } from './session';

/** The results of a timed sample, for the check after the timing. */
export interface Left {
  /** The tokens that were read, of all its prompts. */
  read: number[];
  /** The argmax after them. */
  token: number;
  /** Copies of logits and state before the decoding, for `dropLeft`. */
  answer: Answer;
  /** The same after the decoding, of one of several sequences, chosen by chance; and all tokens that led there. */
  end?: { answer: Answer; tokens: number[]; decoded: number };
}

/**
 * Takes one sample, in wall seconds of one prefill. The prompt is on the GPU, scratch holds not-a-number and the queue is idle
 * before the clock starts. With `repetitions`, `tokens` holds as many prompts, which are read one after another under one
 * reading of the clock, each from the state that the one before left: the work does not depend on the state. `keep`: with what
 * it left.
 */
export async function onePrompt(
  run: Run,
  engine: Engine,
  plans: Plans,
  tokens: Uint32Array,
  { device, kernels }: OpenGpu,
  { repetitions = 1, keep = false } = {},
) {
  kernels.poison();
  engine.load(tokens);
  await finished(device);
  const length = tokens.length / repetitions;
  const argmaxes: number[] = [];
  const all = await secondsOf(async () => {
    for (let turn = 0; turn < repetitions; turn++) argmaxes.push(await engine.prefill(plans, length));
  });
  const answer = keep ? await engine.copyAnswer() : undefined;
  await finished(device);
  const decoding = await decodeAfter(run, engine, plans, tokens.subarray(0, length));
  // The argmax of a prompt takes the place of the first token of the next one.
  const read = Array.from(tokens, (token, at) =>
    at && at % length === 0 ? argmaxes[at / length - 1] : token,
  );
  const token = argmaxes[repetitions - 1];
  const copyEnd = () =>
    decoding!.copyEnd([...read, token]).catch((error: unknown) => {
      engine.drop(answer!);
      throw error;
    });
  const end = answer && decoding ? await copyEnd() : undefined;
  const left: Left | undefined = answer && { read, token, answer, end };
  const { decode, sequences } = decoding?.seconds ?? {};
  return { prefill: all / repetitions, decode, sequences, left };
}

/** Decodes after a prompt that was just read; several sequences after prompts of their own, which are read before the clock starts. */
async function decodeAfter({ decode, sequences }: Run, engine: Engine, plans: Plans, prompt: Uint32Array) {
  if (!decode) return undefined;
  if (sequences > 1) return decodeTogether(engine, plans, promptsLike(prompt, sequences, engine), decode);
  let decoded: Uint32Array = new Uint32Array();
  const seconds = await secondsOf(async () => (decoded = await engine.decode(plans, decode)));
  return {
    seconds: { decode: seconds, sequences: undefined },
    copyEnd: async (before: number[]) => {
      const tokens = [...before, ...decoded.slice(0, -1)];
      return { answer: await engine.copyAnswer(), tokens, decoded: decode };
    },
  };
}

/** Decodes tokens of sequences with these prompts. `copyEnd` copies what one of them left, chosen by chance. */
async function decodeTogether(engine: Engine, plans: Plans, prompts: Uint32Array[], decode: number) {
  const sequences = plans.sequences!;
  const first = await engine.readEach(plans, sequences, prompts);
  await finished(engine.kernels.device);
  let decoded: Uint32Array[] = [];
  const seconds = await secondsOf(async () => (decoded = await sequences.decode(plans, decode)));
  return {
    seconds: { decode: undefined, sequences: seconds },
    copyEnd: async () => {
      const answer = await engine.copyAnswer();
      const own = Math.floor(sequences.count * Math.random());
      sequences.copyTo(answer, own);
      const tokens = [...prompts[own], first[own], ...decoded[own].slice(0, -1)];
      return { answer, tokens, decoded: decode };
    },
  };
}

/** As many prompts, as long as this one, as there are sequences: the same tokens, each moved by as many ids as its sequence's number. */
export const promptsLike = (prompt: Uint32Array, sequences: number, { geometry }: Engine): Uint32Array[] =>
  Array.from({ length: sequences }, (_, own) =>
    prompt.map((id) => 1 + ((id + own) % (geometry.vocabulary - 1))),
  );

/** Throws for runs that decode several sequences, where what is compared is the speed of one. */
export function requireOneSequence(runs: readonly Run[]) {
  if (runs.some(({ sequences }) => sequences > 1))
    throw new Error('Several sequences are timed in sweeps only: here sequences must be 1');
}

/** Destroys the copies of a sample. */
function dropLeft(engine: Engine, { answer, end }: Left) {
  engine.drop(answer);
  if (end) engine.drop(end.answer);
}

/** Most samples that a run keeps, and the bytes of their copies; one is kept in any case. */
const MOST_KEPT = 16;
const KEPT_BYTES = 64e6;

/** Keeps what several of the samples left, each as likely as the others: which ones, no shader can know. */
export class KeptSamples {
  readonly left: Left[] = [];
  #taken = 0;
  #most = 1;

  /** `sides`: the number of runs that keep samples at the same time. */
  constructor(
    readonly engine: Engine,
    readonly sides = 1,
  ) {}

  /** Takes a sample, and keeps it if there is room or if chance wants it in the place of another (reservoir sampling). */
  async take<Sample extends { left: Left | undefined }>(
    sample: (keep: boolean) => Promise<Sample>,
  ): Promise<Sample> {
    const full = this.left.length >= this.#most;
    const place = full ? Math.floor(Math.random() * (this.#taken + 1)) : this.left.length;
    this.#taken++;
    const taken = await sample(place < this.#most);
    if (taken.left) {
      if (this.left[place]) dropLeft(this.engine, this.left[place]);
      this.left[place] = taken.left;
      this.#most = Math.max(
        1,
        Math.min(MOST_KEPT, Math.floor(KEPT_BYTES / this.sides / bytesOf(taken.left))),
      );
    }
    return taken;
  }

  drop() {
    for (const left of this.left.splice(0)) dropLeft(this.engine, left);
  }
}

const bytesOf = ({ answer, end }: Left) =>
  [...Object.values(answer), ...Object.values(end?.answer ?? {})].reduce(
    (sum, buffer) => sum + (buffer as GPUBuffer).size,
    0,
  );

/**
 * CPU seconds of encoding and submitting one prefill of these tokens; the median of `turns` that are not samples. The engine
 * encodes without waiting until it has encoded `CHUNKS_ENCODED` chunks, so this is the time until the event loop is free; for
 * a longer prompt, times its number of chunks ÷ CHUNKS_ENCODED.
 */
export async function encodeSecondsOf(
  engine: Engine,
  plans: Plans,
  tokens: Uint32Array,
  { device }: OpenGpu,
  turns = 3,
) {
  const chunks = Math.ceil(tokens.length / plans.chunk);
  const taken: number[] = [];
  for (let turn = 0; turn < turns; turn++) {
    engine.load(tokens);
    await finished(device);
    const from = performance.now();
    const [free] = await Promise.all([eventLoopFree(), engine.prefill(plans, tokens.length)]);
    taken.push((free - from) / 1e3);
  }
  return (median(taken) * chunks) / Math.min(chunks, CHUNKS_ENCODED);
}

/** Chunks that the engine encodes before it waits for the first: its CHUNKS_AHEAD and the one at hand. */
const CHUNKS_ENCODED = 3;

/** Resolves to the time (performance.now()) at which work that began now, its promises included, first waits for something. */
async function eventLoopFree(): Promise<number> {
  const { port1, port2 } = new MessageChannel();
  const free = new Promise<number>((resolve) => (port1.onmessage = () => resolve(performance.now())));
  port2.postMessage(undefined);
  const at = await free;
  port1.close();
  return at;
}

/**
 * Times the two steps that the study reports apart from inference: softmax on the GPU, and copying the probabilities to
 * the CPU. Wall seconds, `count` of each.
 */
export async function splitOff(count: number, engine: Engine, plans: Plans, signal: AbortSignal) {
  const softmaxSeconds: number[] = [];
  const readbackSeconds: number[] = [];
  await engine.softmax(plans);
  for (let index = 0; index < count; index++) {
    signal.throwIfAborted();
    softmaxSeconds.push(await secondsOf(() => engine.softmax(plans)));
    readbackSeconds.push(await secondsOf(() => engine.readProbabilities()));
  }
  return { softmaxSeconds, readbackSeconds };
}

const MOST_SINGLE = 64;

/** Wall seconds of single tokens that are no samples, each submitted by itself and read before the next; at most `MOST_SINGLE`. */
export async function singleTokens(count: number, engine: Engine, plans: Plans, signal: AbortSignal) {
  const tokenSeconds: number[] = [];
  engine.reset(); // behind a long prompt there may be no room
  while (tokenSeconds.length < Math.min(count, MOST_SINGLE)) {
    signal.throwIfAborted();
    tokenSeconds.push(await secondsOf(() => engine.decode(plans, 1)));
  }
  return tokenSeconds;
}

export async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work();
  // A coarse clock may see no time pass; a sample must not be 0.
  return Math.max(performance.now() - from, 1e-3) / 1e3;
}

/**
 * Random token ids from a seed: an id depends only on the seed and its position. Never 0, the end-of-text token.
 */
export function promptTokens(count: number, vocabulary: number, seed = 1): Uint32Array<ArrayBuffer> {
  const random = seeded(seed);
  return Uint32Array.from({ length: count }, () => 1 + Math.floor(random() * (vocabulary - 1)));
}
