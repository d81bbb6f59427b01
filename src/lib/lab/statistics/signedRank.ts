/**
 * The signed-rank test of Wilcoxon (1945) with its exact distribution, and the estimate and interval of Hodges and Lehmann
 * (1963) that belong to it: is a list of differences centred on zero, and if not, where? It assumes independent values
 * that are distributed symmetrically about their centre, and nothing about the shape of that distribution.
 */

/** Most values: the distribution has n(n + 1)/2 + 1 entries, and the interval sorts as many averages. */
export const MOST_VALUES = 64;

/** Estimate and confidence interval of the centre of a list of values, in the unit of the values. */
export interface CentreInterval {
  /** The median of all averages of two values (Hodges-Lehmann). */
  estimate: number;
  low: number;
  high: number;
  /** The probability that the interval holds the centre; below `1 − alpha` only where too few values were given. */
  coverage: number;
}

/**
 * Two-sided p of the hypothesis that the values are centred on 0. Zeros take part in the ranking and then count for
 * neither side (Pratt 1959): leaving them out first would let many ties of a coarse clock pass for evidence of a
 * difference. Tied magnitudes share the mean of their ranks, and p is exact for these ranks, because it counts the sums over
 * all choices of signs. 1 if all values are 0. Throws without values and above MOST_VALUES.
 */
export function signedRankP(values: readonly number[]): number {
  requireFew(values);
  const ranks = doubledRanks(values.map(Math.abs));
  const used = ranks.filter((_, index) => values[index] !== 0);
  const total = used.reduce((sum, rank) => sum + rank, 0);
  const positive = ranks.reduce((sum, rank, index) => sum + (values[index] > 0 ? rank : 0), 0);
  const smaller = Math.min(positive, total - positive);
  const tail = sumDistribution(used).reduce((sum, share, at) => sum + (at <= smaller ? share : 0), 0);
  return Math.min(1, 2 * tail);
}

/**
 * The Hodges-Lehmann estimate with the exact interval of coverage at least 1 − `alpha`: its ends are the (k + 1)th smallest
 * and largest of the n(n + 1)/2 averages of two values (Walsh averages, each value with itself included), where k is the
 * largest rank sum with P(W ≤ k) ≤ alpha/2. Ties make it wider than necessary, never narrower. With too few values for
 * `alpha` it spans all of them, and `coverage` is 1 − 2^(1 − n). Throws without values and above MOST_VALUES.
 */
export function centreInterval(values: readonly number[], alpha: number): CentreInterval {
  requireFew(values);
  const averages = walshAverages(values);
  const { sum, tail } = criticalSum(values.length, alpha);
  const from = Math.max(0, sum);
  return {
    estimate: (averages[(averages.length - 1) >> 1] + averages[averages.length >> 1]) / 2,
    low: averages[from],
    high: averages[averages.length - 1 - from],
    coverage: Math.max(0, 1 - 2 * (sum < 0 ? 2 ** -values.length : tail)),
  };
}

/**
 * The largest rank sum of n untied values with P(W ≤ sum) ≤ alpha/2, and that probability; −1 and 0 if there is none.
 * These are the critical values T that tables of the test print.
 */
export function criticalSum(count: number, alpha: number): { sum: number; tail: number } {
  const shares = sumDistribution(Array.from({ length: count }, (_, index) => index + 1));
  let sum = -1;
  let tail = 0;
  while (tail + shares[sum + 1] <= alpha / 2) tail += shares[++sum];
  return { sum, tail };
}

/** P(sum = s) for s = 0, 1, …: of the ranks whose sign is +, if every sign is a fair coin. `ranks` are integers. */
function sumDistribution(ranks: readonly number[]): Float64Array {
  const shares = new Float64Array(ranks.reduce((sum, rank) => sum + rank, 0) + 1);
  shares[0] = 1;
  let largest = 0;
  for (const rank of ranks) {
    largest += rank;
    for (let sum = largest; sum >= 0; sum--)
      shares[sum] = (shares[sum] + (sum >= rank ? shares[sum - rank] : 0)) / 2;
  }
  return shares;
}

/** Twice the rank of each value, from 2 for the smallest; tied values share the mean, whose double is an integer. */
export function doubledRanks(values: readonly number[]): number[] {
  const sorted = values.toSorted((a, b) => a - b);
  const doubled = new Map<number, number>();
  sorted.forEach((value, index) => {
    const first = index === 0 || sorted[index - 1] !== value;
    // Adding 1 for each further value moves twice the mean of first and last place by 1.
    doubled.set(value, first ? 2 * (index + 1) : doubled.get(value)! + 1);
  });
  return values.map((value) => doubled.get(value)!);
}

function walshAverages(values: readonly number[]): Float64Array {
  const averages = new Float64Array((values.length * (values.length + 1)) / 2);
  let at = 0;
  for (let i = 0; i < values.length; i++)
    for (let j = i; j < values.length; j++) averages[at++] = (values[i] + values[j]) / 2;
  return averages.sort();
}

function requireFew({ length }: readonly number[]) {
  if (length === 0 || length > MOST_VALUES)
    throw new Error(`The signed-rank test takes 1 to ${MOST_VALUES} values; it was given ${length}`);
}
