/** The predictions of a text by one choice of kernels beside those of the exact ones. */
import { kernels as registry } from '../../shaders';
import { plainChoice } from '../../shaders/kernel';
import type { Engine, Plans } from '../../engine/engine';
import type { Experiment } from '../experiment/experiment';
import { logSumExp } from './logSum';
import { END_OF_TEXT, NOT_FINITE } from './text';

/** Bytes of the exact logits, which are kept to compare with. */
const MOST_BYTES = 1e9;

/** How far predictions are from the exact ones. The names are those of the terminal's JSON. */
export interface Distance {
  /** Share of positions at which the same token has the highest logit. */
  agreement_rate: number;
  /** Mean KL divergence from the exact predictions, in nats. */
  kl_nats_per_token: number;
  /** Largest difference of a logit. */
  max_logit_error: number;
}

/** The experiment with the plainest exact variant of each kernel, and nothing else changed but the kernels. */
export function exactExperiment(experiment: Experiment, kernelNames: readonly string[]): Experiment {
  const others = Object.entries(experiment).filter(([key]) => ['model', 'chunk', 'seed'].includes(key));
  const exact = kernelNames.map((kernel) => [kernel, [plainChoice(registry[kernel])]]);
  return Object.fromEntries([...others, ...exact]) as Experiment;
}

/** The logits of every position of a text, tokens × vocabulary. Throws for a text whose logits take more than MOST_BYTES. */
export async function logitsOver(
  engine: Engine,
  plans: Plans,
  ids: readonly number[],
): Promise<Float32Array> {
  const { vocabulary } = engine.geometry;
  const most = Math.floor(MOST_BYTES / 4 / vocabulary);
  if (ids.length > most)
    throw new Error(
      `The text has ${ids.length} tokens; with this vocabulary at most ${most} can be compared`,
    );
  const all = new Float32Array(ids.length * vocabulary);
  await engine.everyPosition(plans, givenOf(ids), (first, _argmax, logits) =>
    all.set(logits, first * vocabulary),
  );
  return all;
}

/** Runs a text through the plans and compares its predictions with exact logits, which `logitsOver` made. */
export async function distanceFrom(
  exact: Float32Array,
  engine: Engine,
  plans: Plans,
  ids: readonly number[],
): Promise<Distance> {
  const { vocabulary } = engine.geometry;
  let [agreeing, divergence, largest] = [0, 0, 0];
  await engine.everyPosition(plans, givenOf(ids), (first, argmax, logits) => {
    for (let row = 0; row < argmax.length; row++) {
      const at = (first + row) * vocabulary;
      const told = compareRows(
        logits.subarray(row * vocabulary, (row + 1) * vocabulary),
        exact.subarray(at, at + vocabulary),
      );
      agreeing += Number(told.agree);
      divergence += told.divergence;
      largest = Math.max(largest, told.error);
    }
  });
  if (!Number.isFinite(divergence)) throw new Error(NOT_FINITE);
  return {
    agreement_rate: agreeing / ids.length,
    kl_nats_per_token: Math.max(0, divergence / ids.length),
    max_logit_error: largest,
  };
}

/**
 * Two rows of logits for the same position, in float64: KL(exact ‖ own) in nats, the largest difference, the logarithms of their sums, the
 * best token of the first, and whether it is that of both.
 */
export function compareRows(own: ArrayLike<number>, exact: ArrayLike<number>) {
  const [logSum, exactLogSum] = [logSumExp(own), logSumExp(exact)];
  let [divergence, error, best, exactBest] = [0, 0, 0, 0];
  for (let i = 0; i < own.length; i++) {
    const log = exact[i] - exactLogSum;
    divergence += Math.exp(log) * (log - (own[i] - logSum));
    error = Math.max(error, Math.abs(own[i] - exact[i]));
    if (own[i] > own[best]) best = i;
    if (exact[i] > exact[exactBest]) exactBest = i;
  }
  return { divergence, error, logSum, exactLogSum, best, agree: best === exactBest };
}

/** The input of the model: the token that starts a text, then all but the last. */
export function givenOf(ids: readonly number[]): Uint32Array<ArrayBuffer> {
  const given = new Uint32Array(ids.length);
  given[0] = END_OF_TEXT;
  given.set(ids.slice(0, -1), 1);
  return given;
}
