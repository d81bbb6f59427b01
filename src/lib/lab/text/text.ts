/** What a model says: the logits of some tokens, how well it predicts a text, and how it would go on. */
import type { Engine, Plans } from '../../engine/engine';
import type { Random } from '../../shaders/kernel';
import { isKernelKey, isNumberName, NUMBER_NAMES, NUMBERS } from '../experiment/descriptors';
import { type Experiment, requireOne } from '../experiment/experiment';
import { expand } from '../experiment/expand';
import { type PreparedRun, type PrepareOptions, prepareRun } from '../measure/prepare';
import type { LoadedModel, RunContext } from '../measure/session';

/** Tokens a pass, where nothing else is asked for: enough to be quick, and no more logits at a time than fit anywhere. */
const CHUNK = '128';
/** The token that ends a text, and from which a new one starts. */
const END_OF_TEXT = 0;
/** The numbers that change what is computed from a given text; the others are about prompts of random tokens and about timing. */
const NUMBERS_USED = NUMBER_NAMES.filter((name) => NUMBERS[name].forTexts);

/**
 * Makes a model ready for a text of this many tokens, with the settings of an experiment. Throws when the settings are
 * several runs or about timing, and when a kernel is checked and found wrong.
 */
export async function prepareText(
  { engine }: LoadedModel,
  experiment: Experiment,
  tokens: number,
  context: RunContext,
  { check }: Pick<PrepareOptions, 'check'> = {},
): Promise<PreparedRun> {
  checkSettings(experiment);
  const whole = { ...experiment, chunk: experiment.chunk ?? [CHUNK], prefill: [String(tokens)] };
  const [run] = expand(whole, context.catalogue);
  return prepareRun(run, engine, context, { check });
}

/** Throws unless the settings say one thing each, and something about how to compute. */
export function checkSettings(experiment: Experiment): void {
  for (const [key, values] of Object.entries(experiment)) {
    requireOne(key, values, ' here');
    const possible = key === 'model' || isKernelKey(key) || (isNumberName(key) && NUMBERS[key].forTexts);
    if (!possible)
      throw new Error(`${key} has no meaning here; possible: ${NUMBERS_USED.join(', ')}, variants and knobs`);
  }
}

/** The last token's logits, as a prefill computes them, and the argmax at every position. */
export async function logitsOf(engine: Engine, plans: Plans, ids: number[]) {
  const tokens = requireTokens(ids, engine);
  const argmax: number[] = [];
  await engine.everyPosition(plans, tokens, (_, each) => argmax.push(...each));
  engine.load(tokens);
  await engine.prefill(plans, tokens.length);
  return { tokens: ids, logits: Array.from(await engine.readLogits()), argmax };
}

/** How well a model predicts a text. The names are those of the terminal's JSON. */
export interface Evaluation {
  /** Of the text; each is predicted once. */
  tokens: number;
  /** Mean of −ln p. */
  nats_per_token: number;
  /** Sum of −log₂ p over the bytes of the text. */
  bits_per_byte: number;
  /** Share of tokens that had the highest logit. */
  top1_rate: number;
}

/**
 * Runs a text through the model in one context that starts from token 0, and adds up how surprised the model is of each
 * of its tokens: −ln softmax(logits), in float64. `byteLength`: of the text in UTF-8.
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
  if (!Number.isFinite(nats))
    throw new Error('The logits are not finite numbers: the model is broken, or a kernel is');
  const count = expected.length;
  return {
    tokens: count,
    nats_per_token: nats / count,
    bits_per_byte: nats / Math.LN2 / byteLength,
    top1_rate: hits / count,
  };
}

/** Tokens decoded before they are shown: few enough to look like a stream. */
const GREEDY_GROUP = 8;

/** How to pick the next token from the probabilities. */
export interface Sampling {
  /** The logits are divided by it; above 0. */
  temperature: number;
  /** Only the likeliest tokens whose probabilities add up to this much; 1: all. */
  topP: number;
  random: Random;
}

/**
 * The tokens that follow a prompt, one by one, until there are `count` or the model ends the text. Greedy (the highest
 * logit) without `sampling`. An empty prompt is a new text: it starts from token 0.
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

/** The same after a prefill that gave this argmax. */
export async function* goOn(
  engine: Engine,
  plans: Plans,
  argmax: number,
  count: number,
  sampling?: Sampling,
): AsyncGenerator<number> {
  if (!sampling) return yield* greedy(engine, plans, argmax, count);
  for (let made = 1; ; made++) {
    const next = sample(await engine.readLogits(), sampling);
    if (next === END_OF_TEXT) return;
    yield next;
    if (made === count) return;
    await engine.feed(plans, next);
  }
}

/** The GPU feeds each argmax back by itself: what comes is read a few tokens at a time. */
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

/** The ids of a prompt: of an empty one, the start of a text. */
export const promptIds = (ids: number[]) => (ids.length ? ids : [END_OF_TEXT]);

/** An id drawn by its probability after temperature and top-p (Holtzman et al. 2020, nucleus sampling). */
export function sample(logits: Float32Array, { temperature, topP, random }: Sampling): number {
  const largest = logits.reduce((a, b) => Math.max(a, b));
  const weights = Float64Array.from(logits, (logit) => Math.exp((logit - largest) / temperature));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  // Those below an equal part of what top-p leaves out cannot add up to more than that: none of them is needed.
  const least = ((1 - topP) / logits.length) * total;
  const ids = [...weights.keys()].filter((id) => weights[id] > 0 && weights[id] >= least);
  if (topP < 1) ids.sort((a, b) => weights[b] - weights[a]);
  let kept = 0;
  let mass = 0;
  while (kept < ids.length && (kept === 0 || mass < topP * total)) mass += weights[ids[kept++]];
  let rest = random() * mass;
  for (const id of ids.slice(0, kept)) {
    rest -= weights[id];
    if (rest < 0) return id;
  }
  return ids[kept - 1];
}

/** The ids, or an Error that names the one the model does not have. */
function requireTokens(ids: number[], { geometry }: Engine): Uint32Array<ArrayBuffer> {
  if (ids.length === 0) throw new Error('There are no tokens; at least one is needed');
  const wrong = ids.find((id) => !(Number.isInteger(id) && id >= 0 && id < geometry.vocabulary));
  if (wrong !== undefined)
    throw new Error(
      `Token ${wrong} is out of range: this model has ids from 0 to ${geometry.vocabulary - 1}`,
    );
  return Uint32Array.from(ids);
}

function logSumExp(logits: ArrayLike<number>): number {
  let largest = -Infinity;
  for (let i = 0; i < logits.length; i++) largest = Math.max(largest, logits[i]);
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += Math.exp(logits[i] - largest);
  return largest + Math.log(sum);
}
