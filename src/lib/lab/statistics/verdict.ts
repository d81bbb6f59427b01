/**
 * The verdict of a comparison in blocks. A value is one block's log-ratio, ln(first time ÷ second time), with both sides
 * prepared anew in both orders: above 0, the second is faster. Blocks are independent and, when both sides are the same,
 * symmetric about 0, because preparation order and sample order are drawn by chance. That is all that the signed-rank test
 * assumes.
 */
import { standardDeviation } from './descriptive';
import { centreInterval, MOST_VALUES } from './signedRank';

export type Verdict = 'faster' | 'slower' | 'same' | 'cannot tell';

/** The verdict of the blocks on the second of two sides. Effects are log-ratios: exp(0.01) is 1 % faster. */
export interface BlockVerdict {
  verdict: Verdict;
  /** Hodges-Lehmann estimate. */
  effect: number;
  /**
   * Its interval at this look's level. Over all looks together the intervals hold the true effect with a probability of at
   * least 95 %.
   */
  low: number;
  high: number;
  /** Coverage of this one interval. */
  coverage: number;
  /** Number of blocks. */
  values: number;
}

/** A moment at which the values may decide. */
interface Look {
  /** Number of values. */
  values: number;
  /** Two-sided level of the test. */
  alpha: number;
  /** Mean half-width of the interval, in standard deviations of a value; simulated with normal values. */
  halfWidth: number;
  /** Effect that this look or an earlier one tells from 0 in 9 of 10 comparisons, in the same unit. */
  findable: number;
}

/**
 * The looks. The exact levels of their tests add up to 3.3 % for the first three and 4.9 % for all (the nominal levels are
 * not reached, because rank sums are whole numbers), so that at most one of twenty comparisons of equal sides ends with a
 * winner, however long it goes on and whatever the dependence between the looks. The later looks have lower levels, so that the
 * first three, where most comparisons end, keep theirs.
 */
export const LOOKS: readonly Look[] = [
  { values: 8, alpha: 0.015, halfWidth: 1.437, findable: 2.269 },
  { values: 12, alpha: 0.015, halfWidth: 0.866, findable: 1.32 },
  { values: 16, alpha: 0.015, halfWidth: 0.706, findable: 1.07 },
  { values: 24, alpha: 0.004, halfWidth: 0.658, findable: 0.925 },
  { values: 32, alpha: 0.004, halfWidth: 0.557, findable: 0.788 },
  { values: 48, alpha: 0.004, halfWidth: 0.444, findable: 0.634 },
  { values: MOST_VALUES, alpha: 0.004, halfWidth: 0.379, findable: 0.537 },
];

/** Smallest effect that is called faster or slower, 0.5 %: less is of no practical use. */
const SMALLEST_EFFECT = Math.log(1.005);

/** An interval within ± 1 % is called the same. */
const SAME_WITHIN = Math.log(1.01);

/** Standard deviation of the estimate, in standard deviations of a value ÷ √values: √(π/3) for normal values. */
const ESTIMATE_DEVIATION = Math.sqrt(Math.PI / 3);
/** The standard normal value that 9 of 10 lie below. */
const NINE_OF_TEN = 1.2816;

export interface JudgeOptions {
  /** The recorded A/A floor of this machine, as a log-ratio of 0 or more: effects up to it are called neither. */
  floor?: number;
  /**
   * True when the budget is spent, so that this is the last look although the number of values is not in LOOKS. The level
   * is that of the look that would have been next. Only a budget may end a comparison so, never the values.
   */
  last?: boolean;
  /**
   * Number of sides that are compared with the same first one, 1 by default. The level is divided by it (Bonferroni), so that
   * in at most one of twenty comparisons of equal sides any of them wins.
   */
  sides?: number;
}

/**
 * The verdict of 1 to MOST_VALUES values. It is `cannot tell` with fewer than 8 values and between two looks. `faster` and
 * `slower`: the interval excludes 0 and the effect exceeds SMALLEST_EFFECT and the floor. `same`: the interval lies within
 * ± 1 %. Throws without values, above MOST_VALUES, and for values that are not finite.
 */
export function judgeBlocks(
  values: readonly number[],
  { floor = 0, last = false, sides = 1 }: JudgeOptions = {},
): BlockVerdict {
  if (!values.every(Number.isFinite)) throw new Error('A comparison needs times above 0 in every block');
  const look = LOOKS.find((each) => each.values >= values.length) ?? LOOKS[LOOKS.length - 1];
  const { estimate: effect, ...interval } = centreInterval(values, look.alpha / sides);
  const looking = values.length === look.values || (last && values.length >= LOOKS[0].values);
  const decides = looking && canDecide(values.length, look.alpha / sides);
  const verdict = decides ? verdictOf({ effect, ...interval }, floor) : 'cannot tell';
  return { verdict, effect, ...interval, values: values.length };
}

/** True if so many values can reach the level: all of one sign have the two-sided p 2^(1 − n). */
const canDecide = (values: number, alpha: number) => 2 ** (1 - values) <= alpha;

/** About how much wider an interval is at a level divided by `sides`. */
const widening = (alpha: number, sides: number) => Math.sqrt(1 + Math.log(sides) / Math.log(2 / alpha));

function verdictOf(
  { effect, low, high }: Pick<BlockVerdict, 'effect' | 'low' | 'high'>,
  floor: number,
): Verdict {
  if ((low > 0 || high < 0) && Math.abs(effect) > Math.max(SMALLEST_EFFECT, floor))
    return effect > 0 ? 'faster' : 'slower';
  return Math.max(-low, high) <= SAME_WITHIN ? 'same' : 'cannot tell';
}

/**
 * The smallest true effect, as a log-ratio, that a budget of `values` blocks calls faster or slower in 9 of 10 comparisons, when
 * a value has the standard deviation `deviation` and is about normal. Undefined for budgets of fewer than 8 blocks, which find
 * nothing. Effects between 0.5 and 1 % may also be called the same, so that they are found less often.
 */
export function findableEffect(
  deviation: number,
  values: number,
  { floor = 0, sides = 1 }: Omit<JudgeOptions, 'last'> = {},
): number | undefined {
  const look = LOOKS.findLast((each) => each.values <= values && canDecide(each.values, each.alpha / sides));
  if (!look) return undefined;
  const above = (NINE_OF_TEN * ESTIMATE_DEVIATION * deviation) / Math.sqrt(look.values);
  const findable = look.findable * widening(look.alpha, sides) * deviation;
  return Math.max(findable, Math.max(SMALLEST_EFFECT, floor) + above);
}

/**
 * How many more blocks would settle a comparison, if effect and scatter stay as they are: 0 if it is settled, undefined if
 * even MOST_VALUES would not settle it, and with fewer than 4 values, which do not show their scatter.
 */
export function moreBlocks(
  values: readonly number[],
  { floor = 0, sides = 1 }: Omit<JudgeOptions, 'last'> = {},
): number | undefined {
  if (values.length < 4) return undefined;
  const { verdict, effect } = judgeBlocks(values, { floor, sides, last: true });
  if (verdict !== 'cannot tell') return 0;
  const deviation = standardDeviation(values);
  const settling = LOOKS.filter((each) => each.values > values.length).find((look) => {
    if (!canDecide(look.values, look.alpha / sides)) return false;
    const half = look.halfWidth * widening(look.alpha, sides) * deviation;
    return verdictOf({ effect, low: effect - half, high: effect + half }, floor) !== 'cannot tell';
  });
  return settling && settling.values - values.length;
}
