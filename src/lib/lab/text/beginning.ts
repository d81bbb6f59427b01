/**
 * Shows how an answer begins before its kernels are checked: a reader need not wait for the checks, only speeds have to. What is timed
 * comes after the checks and computes the answer from its first token again.
 */
import type { Answer } from '../../engine/engine';
import type { Tokenizer } from '../../engine/tokenizer';
import { isShipped } from '../experiment/catalogue';
import type { Experiment } from '../experiment/experiment';
import { choose } from '../experiment/expand';
import { isChecked } from '../measure/check';
import type { LoadedModel, RunContext } from '../measure/session';
import { AnswerText } from './answerText';
import type { Sampling } from './sampling';
import { finiteLogits, goOn, prepareText, runOfText } from './text';

/** Tokens that are shown, and the milliseconds after which no other is begun: the checks are not to wait long either. */
const MOST_TOKENS = 8;
const MOST_MILLISECONDS = 500;

/** A text to go on with: its cell, the model, the ids so far, their state, and how tokens are chosen. */
interface Beginning {
  cell: { experiment: Experiment; chat: string; stop: string; tokens: number };
  model: LoadedModel & { tokenizer: Tokenizer };
  ids: Uint32Array;
  /** The state that the ids go on from; undefined where a text begins. */
  from: Answer | undefined;
  sampling: Sampling | undefined;
}

/**
 * Tells the first tokens of an answer; resolves to their text. Tells nothing, and resolves to an empty text, if the kernels are
 * checked already, and if one is not the lab's: a stranger's might damage the model, so that it runs only after its check.
 */
export async function showBeginning(
  { cell, model, ids, from, sampling }: Beginning,
  context: RunContext,
  tell: (piece: string) => void,
): Promise<string> {
  const { engine, tokenizer } = model;
  const { gpu, catalogue, report, signal } = context;
  const choice = choose(runOfText(cell.experiment, ids.length, catalogue), engine.kernelNames, catalogue);
  const variants = Object.values(choice);
  if (isChecked(variants, gpu) || !variants.every(isShipped)) return '';
  const { plans } = await prepareText(model, cell.experiment, ids.length, context, { check: false });
  report('prefilling', 0, ids.length);
  engine.load(ids, from);
  const argmax = await engine.prefill(plans, ids.length);
  await finiteLogits(engine);
  const begun = performance.now();
  const answer = new AnswerText(tokenizer, cell, tell);
  let made = 0;
  for await (const id of goOn(engine, plans, argmax, Math.min(MOST_TOKENS, cell.tokens), sampling)) {
    answer.push(id);
    report('generating', ++made, cell.tokens);
    if (answer.ended || signal.aborted || performance.now() - begun > MOST_MILLISECONDS) break;
  }
  return answer.text;
}
