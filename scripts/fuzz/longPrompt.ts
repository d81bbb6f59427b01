// Prefills of one long prompt in chunks of several lengths, whose logits and states must agree.
import type { ByteSource } from '../../src/lib/engine/bytes';
import { compareArrays } from '../../src/lib/engine/compareArrays';
import { type Answer, type Choice, Engine } from '../../src/lib/engine/engine';
import { openGguf } from '../../src/lib/engine/gguf';
import type { Kernels } from '../../src/lib/engine/kernels';
import { loadWeights } from '../../src/lib/engine/load';
import { promptTokens } from '../../src/lib/lab/measure/prompt';
import { findVariant, kernels as registry } from '../../src/lib/shaders';

/** One length of chunks compared with the first one: normalised mean squared errors of the logits, and of the state. */
interface Compared {
  chunk: number;
  against: number;
  logits: number;
  state: number;
  /** Duration of the prefill. */
  seconds: number;
}

/** Reads random tokens in chunks of each length, with the default variants, one after another; throws where a model does not fit. */
export async function* compareChunks(
  kernels: Kernels,
  source: ByteSource,
  tokens: number,
  lengths: number[],
): AsyncGenerator<Compared> {
  const engine = await Engine.open(kernels, await loadWeights(kernels.device, await openGguf(source)));
  const choice: Choice = Object.fromEntries(
    engine.kernelNames.map((kernel) => [kernel, findVariant(kernel, registry[kernel].default)]),
  );
  const prompt = promptTokens(tokens, engine.geometry.vocabulary, 1);
  let first: Answer | undefined;
  for (const chunk of lengths) {
    const plans = await engine.prepare(choice, chunk, 0, [tokens]);
    engine.load(prompt);
    const from = performance.now();
    await engine.prefill(plans, tokens);
    const seconds = (performance.now() - from) / 1e3;
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
