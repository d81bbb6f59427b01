/** Decides which of the settings that a search found are adopted: only what blocks call faster. */
import { logRatio } from '../measure/blocks';
import type { ComparedRun, Comparison, LeftOut, PairComparison } from '../records/comparison';
import type { Warning } from '../records/record';
import { judgeBlocks } from '../statistics/verdict';

/** The result for one chunk. Plain data. */
export interface Tuned {
  /** Settings that run the winner: those of a candidate that blocks called faster than `before`, else `before`. */
  settings: string;
  /** Settings that run without tuning. */
  before: string;
  /** The winner, or else the best candidate, against `before`; undefined if the search found nothing to compare. */
  comparison?: PairComparison | undefined;
  /** All candidates of the whole model against `before`; absent in results of version 0.2 and older. */
  candidates?: { settings: string; comparison: PairComparison }[];
  /** Candidates that were refused in the whole model, with the reason; the others were compared. */
  leftOut?: LeftOut[];
  /** Warnings of the comparison; absent in results of version 0.2 and older. */
  warnings?: Warning[];
  /** Why nothing that was found could be compared, or the comparison ended. */
  refused?: string;
}

/**
 * The result of a comparison of `before` with candidates. `shapedSettings` are those of the candidate with settings for single
 * shapes, if there is one: it is adopted only if it is also called faster than the best of the others that is.
 */
export function adopt(compared: Comparison, shapedSettings?: string): Tuned {
  const {
    runs: [before, ...runs],
    against,
    leftOut,
  } = compared;
  const shaped = runs.findIndex(({ settings }) => settings === shapedSettings);
  const byRatio = (a: number, b: number) => against[b].ratio - against[a].ratio;
  const faster = [...against.keys()].filter((at) => against[at].verdict === 'faster').sort(byRatio);
  const [best] = faster.filter((at) => at !== shaped);
  const worthIt =
    faster.includes(shaped) && (best === undefined || isFaster(runs[shaped], runs[best], compared));
  const winner = worthIt ? shaped : best;
  const [likeliest] = [...against.keys()].sort(byRatio);
  return {
    settings: winner === undefined ? before.settings : runs[winner].settings,
    before: before.settings,
    comparison: against.at(winner ?? likeliest ?? 0),
    ...(leftOut?.length && { leftOut }),
    warnings: compared.warnings,
    candidates: runs.map(({ settings }, at) => ({ settings, comparison: against[at] })),
  };
}

/** True if the blocks of a comparison call one run faster than another. */
function isFaster(run: ComparedRun, than: ComparedRun, { blocks = 0, floor, against }: Comparison): boolean {
  const samples = run.sampleSeconds.length / blocks;
  const values = Array.from({ length: blocks }, (_, at) => {
    const [own, other] = [run, than].map(({ sampleSeconds }) =>
      sampleSeconds.slice(samples * at, samples * (at + 1)),
    );
    return logRatio(other, own);
  });
  return judgeBlocks(values, { last: true, floor, sides: against.length }).verdict === 'faster';
}
