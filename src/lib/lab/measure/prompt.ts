/** Times one prompt: the samples that every measurement consists of. */
import type { Engine, Plans } from '../../engine/engine';
import { seeded } from '../../shaders/kernel';
import type { Run } from '../experiment/expand';
import { median } from '../statistics/descriptive';
import type { OpenGpu } from './session';

/**
 * Takes one sample, in wall seconds of one prefill. The prompt is on the GPU and its queue is idle before the clock starts.
 * With `repetitions`, `tokens` holds as many prompts, which are read one after another under one reading of the clock, each
 * from the state that the one before left: the work does not depend on the state.
 */
export async function onePrompt(
  run: Run,
  engine: Engine,
  plans: Plans,
  tokens: Uint32Array,
  { device }: OpenGpu,
  repetitions = 1,
) {
  engine.load(tokens);
  await device.queue.onSubmittedWorkDone();
  const all = await secondsOf(async () => {
    for (let turn = 0; turn < repetitions; turn++) await engine.prefill(plans, tokens.length / repetitions);
  });
  const decode = run.decode ? await secondsOf(() => engine.decode(plans, run.decode)) : undefined;
  return { prefill: all / repetitions, decode };
}

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
    await device.queue.onSubmittedWorkDone();
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
