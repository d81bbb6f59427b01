/** Times one prompt: the samples that every measurement consists of. */
import type { Engine, Plans } from '../../engine/engine';
import { seeded } from '../../shaders/kernel';
import type { Run } from '../experiment/expand';
import type { OpenGpu } from './session';

/** Takes one sample, in wall seconds. The prompt is on the GPU and its queue is idle before the clock starts. */
export async function onePrompt(
  run: Run,
  engine: Engine,
  plans: Plans,
  tokens: Uint32Array,
  { device }: OpenGpu,
) {
  engine.load(tokens);
  await device.queue.onSubmittedWorkDone();
  const prefill = await secondsOf(() => engine.prefill(plans, tokens.length));
  const decode = run.decode ? await secondsOf(() => engine.decode(plans, run.decode)) : undefined;
  return { prefill, decode };
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

/** Random token ids, the same in every run: an id depends only on its position. Never 0, the end-of-text token. */
export function promptTokens(count: number, vocabulary: number): Uint32Array<ArrayBuffer> {
  const random = seeded(1);
  return Uint32Array.from({ length: count }, () => 1 + Math.floor(random() * (vocabulary - 1)));
}
