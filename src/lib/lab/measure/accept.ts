/** Decides whether a time that was taken may be shown. Each path that shows a speed of a model asks here, after its timing. */
import type { Checks } from '../records/record';
import { type AnswerEffort, checkAnswer } from './answer';
import { refuseImpossibleRun, type RunSeconds } from './possible';
import type { PreparedRun } from './prepare';
import type { Left } from './prompt';
import type { LoadedModel, RunContext } from './session';

/**
 * Accepts the seconds that this run took: possible on this GPU, and followed by the right answer to a prompt that the
 * kernels have not seen, and to some that were timed (`left`), as `checkAnswer` says. Resolves to all that was checked,
 * the checks before the timing included. Throws a Refusal `impossible` or `answer`.
 */
export async function acceptTime(
  prepared: PreparedRun,
  seconds: RunSeconds,
  model: Pick<LoadedModel, 'engine'>,
  context: RunContext,
  left: readonly Left[] = [],
  effort?: AnswerEffort,
): Promise<Checks> {
  const { gpu, signal } = context;
  await refuseImpossibleRun(prepared, seconds, gpu, signal);
  return checkAnswer(prepared, model, context, left, effort);
}
