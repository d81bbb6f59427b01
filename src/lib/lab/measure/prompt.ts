/** One prompt, timed: the samples that every measurement is made of. */
import type { Engine, Plans } from '../../engine/engine';
import { seeded } from '../../shaders/kernel';
import type { Run } from '../experiment/expand';
import type { OpenGpu } from './session';

/** One sample: the prompt is on the GPU and its queue is idle before the clock starts. */
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

/** The rest of the study's split: softmax on the GPU and the probabilities' way to the CPU, apart from inference. */
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
  // A coarse clock may see no time pass; no sample takes none.
  return Math.max(performance.now() - from, 1e-3) / 1e3;
}

/** The same ids in every run, each position's whatever the prompt's length; never 0, the end of a text. */
export function promptTokens(count: number, vocabulary: number): Uint32Array<ArrayBuffer> {
  const random = seeded(1);
  return Uint32Array.from({ length: count }, () => 1 + Math.floor(random() * (vocabulary - 1)));
}
