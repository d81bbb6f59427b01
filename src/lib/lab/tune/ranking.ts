/** Ranks settings of the whole model by the microbenchmarks of their kernels. */
import { isApart, type Variant } from '../../shaders/variant';
import type { Candidate } from './search';

/** One kernel's candidates, fastest first. */
export interface Ranked {
  kernel: string;
  ranking: Candidate[];
  /** As it runs without tuning. */
  before: Candidate;
}

/** Settings of the whole model that are compared with the default in blocks. */
const COMPARED = 3;

/** Share of the time of all kernels below which no comparison could tell a kernel's second candidate from its first. */
const WORTH_A_SECOND = 0.1;

/**
 * A kernel that joins others and the same work left to them are both compared in the whole model where they differ by less than
 * this factor: how long a dispatch waits for the one before is not the same there as in a microbenchmark.
 */
const WORTH_BOTH = 1.1;

/** For each kernel that joins others: the fastest of the other way than the first of its ranking, if it is nearly as fast. */
export function otherWay(kernels: Ranked[]): Record<string, Variant> {
  const others = kernels.flatMap(({ kernel, ranking: [best, ...rest] }) => {
    const other = rest.find(({ variant }) => isApart(variant) !== isApart(best.variant));
    return other && other.seconds < WORTH_BOTH * best.seconds ? [[kernel, other.variant] as const] : [];
  });
  return Object.fromEntries(others);
}

/**
 * The three fastest settings of all kernels, by the sum of their seconds: the best of each kernel, then those with the next best in
 * one or more kernels that take long enough for a comparison to tell. Fewer where there are fewer. Each is a variant by kernel.
 */
export function fastestSettings(kernels: Ranked[]): Record<string, Variant>[] {
  const total = kernels.reduce((sum, { before }) => sum + before.seconds, 0);
  let tops = [{ variants: {} as Record<string, Variant>, seconds: 0 }];
  for (const { kernel, ranking, before } of kernels) {
    const choices = ranking.slice(0, before.seconds < WORTH_A_SECOND * total ? 1 : COMPARED);
    // The fastest sums are among the fastest sums so far with each choice of the next kernel.
    tops = tops
      .flatMap(({ variants, seconds }) =>
        choices.map((choice) => ({
          variants: { ...variants, [kernel]: choice.variant },
          seconds: seconds + choice.seconds,
        })),
      )
      .sort((a, b) => a.seconds - b.seconds)
      .slice(0, COMPARED);
  }
  return tops.map(({ variants }) => variants);
}
