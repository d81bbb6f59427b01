/** The texts of a model: logits of given tokens, prediction quality for a text, and continuation of a prompt. */
import type { Engine, Plans } from '../../engine/engine';
import type { Experiment } from '../experiment/experiment';
import type { Catalogue } from '../experiment/catalogue';
import { expand, type Run } from '../experiment/expand';
import { type PreparedRun, type PrepareOptions, prepareRun } from '../measure/prepare';
import type { LoadedModel, RunContext } from '../measure/session';
import { logSumExp } from './logSum';
import { Repetition, sample, type Sampling } from './sampling';
import { checkSettings } from './settings';

/** Default tokens per pass: enough to be fast, and few enough for their logits to fit into memory anywhere. */
const CHUNK = '128';
/** The token that ends a text, and that starts a new one. */
export const END_OF_TEXT = 0;

/**
 * Prepares a model for a text of this many tokens, with the settings of an experiment. Throws when the settings are
 * several runs or about timing, and when a kernel is wrong.
 */
export async function prepareText(
  { engine }: LoadedModel,
  experiment: Experiment,
  tokens: number,
  context: RunContext,
  { check }: Pick<PrepareOptions, 'check'> = {},
): Promise<PreparedRun> {
  checkSettings(experiment);
  return prepareRun(runOfText(experiment, tokens, context.catalogue), engine, context, { check });
}

/** The run that reads a text of this many tokens. */
export function runOfText(experiment: Experiment, tokens: number, catalogue: Catalogue): Run {
  const whole = { ...experiment, chunk: experiment.chunk ?? [CHUNK], prefill: [String(tokens)] };
  return expand(whole, catalogue)[0];
}

/** The last token's logits, computed by a prefill, and the argmax at every position. */
export async function logitsOf(engine: Engine, plans: Plans, ids: number[]) {
  const tokens = requireTokens(ids, engine);
  const argmax: number[] = [];
  await engine.everyPosition(plans, tokens, (_, each) => argmax.push(...each));
  engine.load(tokens);
  await engine.prefill(plans, tokens.length);
  return { tokens: ids, logits: Array.from(await finiteLogits(engine)), argmax };
}

export const NOT_FINITE = 'The logits are not finite numbers: the model is broken, or a kernel is';

/** The last token's logits. Throws an Error if they are not finite numbers. */
export async function finiteLogits(engine: Engine): Promise<Float32Array> {
  const logits = await engine.readLogits();
  if (!logits.every(Number.isFinite)) throw new Error(NOT_FINITE);
  return logits;
}

/** The prediction quality for a text. The names are those of the terminal's JSON. */
export interface Evaluation {
  /** Number of tokens in the text; each is predicted once. */
  tokens: number;
  /** Mean of −ln p. */
  nats_per_token: number;
  /** Sum of −log₂ p over the bytes of the text. */
  bits_per_byte: number;
  /** Share of tokens that had the highest logit. */
  top1_rate: number;
}

/**
 * Runs a text through the model in one context that starts from token 0, and sums −ln softmax(logits) of its tokens in
 * float64. `byteLength`: bytes of the text in UTF-8. Throws when the logits are not finite.
 */
export async function evaluate(
  engine: Engine,
  plans: Plans,
  ids: number[],
  byteLength: number,
): Promise<Evaluation> {
  const expected = requireTokens(ids, engine);
  const given = new Uint32Array(expected.length);
  given[0] = END_OF_TEXT;
  given.set(expected.subarray(0, -1), 1);
  const { vocabulary } = engine.geometry;
  let nats = 0;
  let hits = 0;
  await engine.everyPosition(plans, given, (first, argmax, logits) => {
    for (let i = 0; i < argmax.length; i++) {
      const row = logits.subarray(i * vocabulary, (i + 1) * vocabulary);
      nats += logSumExp(row) - row[expected[first + i]];
      hits += Number(argmax[i] === expected[first + i]);
    }
  });
  if (!Number.isFinite(nats)) throw new Error(NOT_FINITE);
  const count = expected.length;
  return {
    tokens: count,
    nats_per_token: nats / count,
    bits_per_byte: nats / Math.LN2 / byteLength,
    top1_rate: hits / count,
  };
}

/** Tokens decoded before they are shown: few enough for the text to appear steadily. */
const GREEDY_GROUP = 8;

/**
 * Yields the tokens that follow a prompt, until there are `count` or the model ends the text. Without `sampling` it is
 * greedy (highest logit), and the GPU feeds itself. The prompt must not be empty: `promptIds` gives the start of a text instead.
 */
export async function* generate(
  engine: Engine,
  plans: Plans,
  prompt: number[],
  count: number,
  sampling?: Sampling,
): AsyncGenerator<number> {
  engine.load(requireTokens(prompt, engine));
  const argmax = await engine.prefill(plans, prompt.length);
  yield* goOn(engine, plans, argmax, count, sampling);
}

/** Like `generate`, but after a prefill that returned this argmax. */
export async function* goOn(
  engine: Engine,
  plans: Plans,
  argmax: number,
  count: number,
  sampling?: Sampling,
): AsyncGenerator<number> {
  if (!sampling) return yield* greedy(engine, plans, argmax, count);
  const repetition = sampling.penalties && new Repetition(sampling.penalties);
  for (let made = 1; ; made++) {
    const logits = await engine.readLogits();
    repetition?.apply(logits);
    const next = sample(logits, sampling);
    if (next === END_OF_TEXT) return;
    repetition?.add(next);
    yield next;
    if (made === count) return;
    await engine.feed(plans, next);
  }
}

/** The GPU feeds each argmax back by itself; the CPU reads a few tokens at a time. */
async function* greedy(engine: Engine, plans: Plans, first: number, count: number): AsyncGenerator<number> {
  let ready = [first];
  for (let made = 0; ;) {
    for (const id of ready) {
      if (id === END_OF_TEXT) return;
      yield id;
      if (++made === count) return;
    }
    ready = [...(await engine.decode(plans, Math.min(GREEDY_GROUP, count - made)))];
  }
}

/** The ids of a prompt; the token that starts a text for an empty prompt. */
export const promptIds = (ids: number[]) => (ids.length ? ids : [END_OF_TEXT]);

/** Returns the ids, or throws an Error that names the first one that the model does not have. */
function requireTokens(ids: number[], { geometry }: Engine): Uint32Array<ArrayBuffer> {
  if (ids.length === 0) throw new Error('There are no tokens; at least one is needed');
  const wrong = ids.find((id) => !(Number.isInteger(id) && id >= 0 && id < geometry.vocabulary));
  if (wrong !== undefined)
    throw new Error(
      `Token ${wrong} is out of range: this model has ids from 0 to ${geometry.vocabulary - 1}`,
    );
  return Uint32Array.from(ids);
}
