/** The text quality of runs: their predictions of a text, token by token, beside those of the exact kernels. */
import type { Engine } from '../../engine/engine';
import { type Experiment, formatExperiment } from '../experiment/experiment';
import type { Run } from '../experiment/expand';
import { promptTokens } from '../measure/prompt';
import type { LoadedModel, RunContext } from '../measure/session';
import type { Quality } from '../records/record';
import { compareRows, exactExperiment, givenOf } from './beside';
import HELD_OUT from './held-out.txt?raw';
import { logSumExp } from './logSum';
import { meansForTexts } from './settings';
import { NOT_FINITE, prepareText } from './text';

/** Bytes of the exact logits that are kept to compare with. */
const MOST_BYTES = 256e6;
/** Tokens per pass of the exact kernels, as in the terminal. */
const EXACT_CHUNK = '128';

/** A text as tokens, and what the exact kernels predict. */
interface Subject {
  /** Token i is predicted from those before it, the first from the token that starts a text. */
  ids: number[];
  bytes: number;
  text: number;
  /** Logits of the exact kernels, tokens × vocabulary. */
  logits: Float32Array;
}

/** Evaluates runs on one text. The predictions of the exact kernels are kept until another model or another length is asked for. */
export class Evaluator {
  #known: { engine: Engine; asked: string; subject: Subject } | undefined;

  /** `text`: empty for the built-in text, or for random tokens if a model has no vocabulary. */
  constructor(readonly text = '') {}

  /**
   * Predicts at most `run.evaluate` tokens with the run's kernels, which are checked first, in chunks of its length. Throws when the model
   * takes no text or the text is too long to be compared, when a kernel is wrong, when logits are not finite, and when the signal stops it.
   */
  async qualityOf(run: Run, model: LoadedModel, context: RunContext): Promise<Quality> {
    const { ids, bytes, text, logits: exact } = await this.prepare(run, model, context);
    const { vocabulary } = model.engine.geometry;
    const chunk = Math.min(run.chunk, ids.length);
    const sums = { nats: 0, exactNats: 0, hits: 0, agreeing: 0, divergence: 0, maxLogitError: 0 };
    const settings = { ...textSettings(run.experiment), chunk: [String(chunk)] };
    await eachRow(ids, settings, model, context, (at, own) => {
      const other = exact.subarray(at * vocabulary, (at + 1) * vocabulary);
      const told = compareRows(own, other);
      sums.nats += told.logSum - own[ids[at]];
      sums.exactNats += told.exactLogSum - other[ids[at]];
      sums.hits += Number(told.best === ids[at]);
      sums.agreeing += Number(told.agree);
      sums.divergence += told.divergence;
      sums.maxLogitError = Math.max(sums.maxLogitError, told.error);
    });
    if (!Number.isFinite(sums.nats + sums.divergence)) throw new Error(NOT_FINITE);
    const tokens = ids.length;
    return {
      ...{ tokens, bytes, text, nats: sums.nats / tokens, exactNats: sums.exactNats / tokens },
      ...{ top1: sums.hits / tokens, agreement: sums.agreeing / tokens },
      divergence: Math.max(0, sums.divergence / tokens),
      maxLogitError: sums.maxLogitError,
    };
  }

  /** The predictions of the exact kernels, made before a run is timed, so that it is not timed for nothing. Throws as `qualityOf` does. */
  async prepare(run: Run, model: LoadedModel, context: RunContext): Promise<Subject> {
    const asked = `${run.evaluate} ${run.seed}`;
    const { engine } = model;
    if (this.#known?.engine === engine && this.#known.asked === asked) return this.#known.subject;
    this.#known = undefined; // Its logits are freed before others are made.
    const subject = await subjectOf(this.text, run, model, context);
    this.#known = { engine, asked, subject };
    return subject;
  }
}

/** Turns a text into tokens and runs them through the plainest exact kernels. Throws as `qualityOf` does. */
async function subjectOf(text: string, run: Run, model: LoadedModel, context: RunContext): Promise<Subject> {
  const { engine, tokenizer } = model;
  const { vocabulary } = engine.geometry;
  const most = Math.floor(MOST_BYTES / 4 / vocabulary);
  if (run.evaluate > most)
    throw new Error(`evaluate=${run.evaluate}: with this vocabulary at most ${most} tokens can be compared`);
  if (text && !tokenizer)
    throw new Error(`${model.name} has no vocabulary: it is synthetic, and takes no text`);
  const ids = tokenizer
    ? tokenizer.encode(text || HELD_OUT).slice(0, run.evaluate)
    : [...promptTokens(run.evaluate, vocabulary, run.seed)];
  const bytes = tokenizer ? ids.reduce((sum, id) => sum + tokenizer.tokens.bytes[id].length, 0) : 0;
  const logits = new Float32Array(ids.length * vocabulary);
  const exact = exactExperiment({ ...run.experiment, chunk: [EXACT_CHUNK] }, engine.kernelNames);
  let finite = true;
  await eachRow(ids, exact, model, context, (at, row) => {
    logits.set(row, at * vocabulary);
    finite &&= Number.isFinite(logSumExp(row));
  });
  if (!finite) throw new Error(NOT_FINITE);
  return { ids, bytes, text: hashOf(ids), logits };
}

/** Runs the tokens through the kernels of an experiment, which are checked, and gives the logits at each position. */
async function eachRow(
  ids: readonly number[],
  experiment: Experiment,
  model: LoadedModel,
  context: RunContext,
  each: (at: number, logits: Float32Array) => void,
): Promise<void> {
  const { engine } = model;
  const { signal, report } = context;
  const { vocabulary } = engine.geometry;
  const { plans } = await prepareText(model, experiment, ids.length, context, { check: true });
  const what = formatExperiment(experiment);
  report('evaluating', 0, ids.length, what);
  await engine.everyPosition(plans, givenOf(ids), (first, argmax, logits) => {
    signal.throwIfAborted();
    for (let row = 0; row < argmax.length; row++)
      each(first + row, logits.subarray(row * vocabulary, (row + 1) * vocabulary));
    report('evaluating', first + argmax.length, ids.length, what);
  });
}

/** The settings of a run that change what is computed from a given text. */
const textSettings = (experiment: Experiment): Experiment =>
  Object.fromEntries(Object.entries(experiment).filter(([key]) => meansForTexts(key)));

/** FNV-1a of the ids, 32 bits. */
function hashOf(ids: readonly number[]): number {
  let hash = 0x811c9dc5;
  for (const id of ids) hash = Math.imul(hash ^ id, 0x01000193) >>> 0;
  return hash;
}
