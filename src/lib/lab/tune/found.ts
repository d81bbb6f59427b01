/** The result of a search for one kernel, and the same as plain data that outlives the page. */
import * as v from 'valibot';
import { knobsKey, type Variant, withKnobs } from '../../shaders/variant';
import { type Catalogue, variantOf } from '../experiment/catalogue';
import type { KernelUse } from '../measure/shapes';
import type { Candidate, ShapeOverride } from './search';

/** The result for one kernel. */
export interface Found {
  /** As it runs without tuning. */
  before: Candidate;
  /** The candidates that are faster than `before` by more than noise, fastest first, then `before`. */
  ranking: Candidate[];
  /** Matrix shapes at which another candidate is faster than the first of the ranking. */
  overrides: ShapeOverride[];
  /** Everything that was tried, in order. */
  tried: Trial[];
}

/** A variant and its knobs that were tried. Plain data. */
export interface Trial {
  variant: string;
  /** `row_threads=16 tile_k=32` */
  knobs: string;
  /** Seconds of all uses; undefined if it failed or was given up, for the reason. */
  seconds?: number | undefined;
  reason?: string | undefined;
}

export const trialOf = ({ variant, seconds, reason }: Candidate): Trial => ({
  variant: variant.name,
  knobs: knobsKey(variant),
  seconds: seconds < Infinity ? seconds : undefined,
  reason,
});

const Trial = v.object({
  variant: v.string(),
  knobs: v.string(),
  seconds: v.optional(v.pipe(v.number(), v.minValue(0))),
  reason: v.optional(v.string()),
});

const Kept = v.object({
  before: Trial,
  ranking: v.pipe(v.array(Trial), v.minLength(1)),
  /** `use`: the place of the shape among the uses of the kernel. */
  overrides: v.array(v.object({ use: v.number(), trial: Trial, bestSeconds: v.number() })),
  tried: v.array(Trial),
});

/** A result as plain data. */
export type KeptFound = v.InferOutput<typeof Kept>;

/** A result of a search among these uses, to be kept. */
export const keptOf = ({ before, ranking, overrides, tried }: Found, uses: KernelUse[]): KeptFound => ({
  before: trialOf(before),
  ranking: ranking.map(trialOf),
  overrides: overrides.map(({ use, candidate, seconds, bestSeconds }) => ({
    use: uses.indexOf(use),
    trial: { ...trialOf(candidate), seconds },
    bestSeconds,
  })),
  tried,
});

/** The result that was kept; undefined if it is damaged, or names a variant or a value of a knob that is no more. */
export function foundOf(
  kept: unknown,
  kernel: string,
  uses: KernelUse[],
  catalogue: Catalogue,
): Found | undefined {
  const read = v.safeParse(Kept, kept);
  if (!read.success) return undefined;
  const { before, ranking, overrides, tried } = read.output;
  const candidate = (trial: Trial): Candidate => ({
    variant: variantIn(trial, kernel, catalogue),
    seconds: trial.seconds ?? Infinity,
  });
  try {
    return {
      before: candidate(before),
      ranking: ranking.map(candidate),
      overrides: overrides.map(({ use, trial, bestSeconds }) => ({
        use: placeIn(uses, use),
        candidate: candidate(trial),
        seconds: candidate(trial).seconds,
        bestSeconds,
      })),
      tried,
    };
  } catch {
    return undefined;
  }
}

function placeIn(uses: KernelUse[], place: number): KernelUse {
  const use = uses[place];
  if (!use) throw new Error(`There is no use ${place} of ${uses.length}`);
  return use;
}

/** The variant of a trial, with its knobs. Throws when there is none. */
function variantIn({ variant: name, knobs }: Trial, kernel: string, catalogue: Catalogue): Variant {
  const variant = variantOf(kernel, name, catalogue);
  if (!variant) throw new Error(`There is no ${kernel}/${name}`);
  const values = knobs.split(' ').flatMap((each) => {
    const [knob, value] = each.split('=');
    return knob ? [[knob, Number(value)] as const] : [];
  });
  return withKnobs(variant, Object.fromEntries(values));
}
