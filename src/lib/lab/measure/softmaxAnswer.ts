/** Softmax, which is timed beside a run, checked at the logits of the model's answer. */
import type { Engine, Plans } from '../../engine/engine';
import { kernels as registry } from '../../shaders';
import { Refusal } from '../../shaders/kernel';
import type { Variant } from '../../shaders/variant';

/** The error of softmax on real logits, as a multiple of what is allowed at its own cases. */
const OF_SOFTMAX = 4;

/** Logits of the engine and the probabilities that softmax, which is timed beside the run, makes of them. */
interface Softmax {
  logits: Float32Array;
  probabilities: Float32Array;
}

export async function softmaxOf(engine: Engine, plans: Plans, logits?: Float32Array): Promise<Softmax> {
  logits ??= await engine.readLogits();
  await engine.softmax(plans);
  return { logits, probabilities: await engine.readProbabilities() };
}

/** Throws unless these are the probabilities of the logits. */
export function requireSoftmax(
  what: string,
  { error = 0, name }: Variant,
  { logits, probabilities }: Softmax,
) {
  const { reference, tolerance } = registry.softmax;
  const want = { logits, probabilities: new Float32Array(logits.length) };
  reference(want, { vocabulary: logits.length });
  let [difference, power] = [0, 0];
  for (const [at, probability] of want.probabilities.entries()) {
    difference += (probabilities[at] - probability) ** 2;
    power += probability ** 2;
  }
  if (!(difference <= OF_SOFTMAX * Math.max(error, tolerance) * power))
    throw new Refusal(
      'answer',
      `${what} was timed, but softmax/${name} is wrong at its logits: error ${(difference / power).toExponential(1)}`,
    );
}
