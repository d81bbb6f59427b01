// Prefills of one long prompt in chunks of several lengths, whose logits and states must agree, with each other and with the oracle.
import type { ByteSource } from '../../src/lib/engine/bytes';
import { compareArrays } from '../../src/lib/engine/compareArrays';
import { type Answer, type Choice, Engine } from '../../src/lib/engine/engine';
import { type ModelFile, openGguf } from '../../src/lib/engine/gguf';
import type { Kernels } from '../../src/lib/engine/kernels';
import { loadWeights } from '../../src/lib/engine/load';
import { Oracle } from '../../src/lib/engine/rwkv7';
import { promptTokens } from '../../src/lib/lab/measure/prompt';
import { findVariant, kernels as registry } from '../../src/lib/shaders';

/** One length of chunks compared with another, or with the oracle: normalised mean squared errors of the logits, and of the state. */
interface Compared {
  chunk: number;
  against: number | 'oracle';
  logits: number;
  state: number;
  /** Duration of the prefill. */
  seconds: number;
}

/** The default variant of each kernel. */
export const defaultsOf = (engine: Engine): Choice =>
  Object.fromEntries(
    engine.kernelNames.map((kernel) => [kernel, findVariant(kernel, registry[kernel].default)]),
  );

/** Reads random tokens in chunks of each length, with the default variants, one after another; throws where a model does not fit. */
export async function* compareChunks(
  kernels: Kernels,
  source: ByteSource,
  tokens: number,
  lengths: number[],
): AsyncGenerator<Compared> {
  const engine = await Engine.open(kernels, await loadWeights(kernels.device, await openGguf(source)));
  const choice = defaultsOf(engine);
  const prompt = promptTokens(tokens, engine.geometry.vocabulary, 1);
  let first: Answer | undefined;
  for (const chunk of lengths) {
    const seconds = await readInChunks(engine, choice, chunk, prompt);
    const answer = await engine.copyAnswer();
    first ??= answer;
    const [logits, wkv, shift] = await Promise.all(
      (['logits', 'wkv', 'shift'] as const).map((part) =>
        compareArrays(kernels.device, answer[part], first![part]),
      ),
    );
    yield {
      chunk,
      against: lengths[0],
      logits: logits.error,
      state: Math.max(wkv.error, shift.error),
      seconds,
    };
    if (answer !== first) engine.drop(answer);
  }
  if (first) engine.drop(first);
  engine.destroy();
}

/**
 * Reads random tokens in chunks of each length, and compares each with the float64 oracle, which reads them one by one (about 10 ms a
 * token of the demo model).
 */
export async function* compareWithOracle(
  engine: Engine,
  file: ModelFile,
  tokens: number,
  lengths: number[],
  choice: Choice,
): AsyncGenerator<Compared> {
  const prompt = promptTokens(tokens, engine.geometry.vocabulary, 1);
  const oracle = await Oracle.load(file);
  for (const id of prompt.subarray(0, -1)) oracle.feed(id);
  const want = oracle.step(prompt[tokens - 1]);
  for (const chunk of lengths) {
    const seconds = await readInChunks(engine, choice, chunk, prompt);
    const state = await engine.readState();
    const parts = ['wkv', 'timeMixShift', 'channelMixShift'] as const;
    const errors = parts.flatMap((part) =>
      state[part].map((values, layer) => errorOf(values, oracle.state[part][layer])),
    );
    const logits = errorOf(await engine.readLogits(), want);
    yield { chunk, against: 'oracle', logits, state: Math.max(...errors), seconds };
  }
}

/** Reads the prompt from an empty state; resolves to the seconds that it took. */
async function readInChunks(
  engine: Engine,
  choice: Choice,
  chunk: number,
  prompt: Uint32Array,
): Promise<number> {
  const plans = await engine.prepare(choice, chunk, 0, [prompt.length]);
  engine.load(prompt);
  const from = performance.now();
  await engine.prefill(plans, prompt.length);
  return (performance.now() - from) / 1e3;
}

/** Mean squared error over the mean square of what is wanted; NaN if one of the numbers is NaN. */
function errorOf(got: ArrayLike<number>, want: ArrayLike<number>): number {
  let [error, square] = [0, 0];
  for (let i = 0; i < want.length; i++) {
    error += (got[i] - want[i]) ** 2;
    square += want[i] ** 2;
  }
  return error / square;
}
