// The signed-rank test against published tables and worked examples, and its interval against what it promises.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { centreInterval, criticalSum, signedRankP } from '../../src/lib/lab/statistics/signedRank';
import { seeded } from '../../src/lib/shaders/kernel';

describe('the distribution', () => {
  // Wilcoxon and Wilcox 1964, two-sided; also Siegel 1956, table G.
  test.each([
    [0.05, { 6: 0, 7: 2, 8: 3, 9: 5, 10: 8, 12: 13, 14: 21, 16: 29, 20: 52, 25: 89, 30: 137 }],
    [0.01, { 8: 0, 9: 1, 10: 3, 12: 7, 15: 15, 20: 37, 25: 68, 30: 109 }],
  ])('critical values at %d', (alpha, table) => {
    for (const [count, sum] of Object.entries(table)) expect(criticalSum(Number(count), alpha).sum).toBe(sum);
  });

  test('too few values for a level have no critical value', () => {
    expect(criticalSum(5, 0.05)).toEqual({ sum: -1, tail: 0 });
  });
});

/** Hamilton depression scale before less after a treatment (Hollander and Wolfe 1973, table 3.1). */
const DEPRESSION = [0.952, -0.147, 1.022, 0.43, 0.62, 0.59, 0.49, -0.08, 0.01];

describe('p', () => {
  test('worked examples', () => {
    expect(signedRankP(DEPRESSION)).toBeCloseTo(0.0390625, 12); // R: wilcox.test, V = 40
    expect(signedRankP([1, 2, 3, 4, 5, 6, 7, 8])).toBe(2 / 2 ** 8);
    expect(signedRankP([0, 0, 0])).toBe(1);
  });

  test('ties share their ranks and p stays exact', () => {
    // Ranks 2, 2, 2, 4 and signs + + + −: of 16 choices, 0, 2, 2, 2, 4, 4, 4, 4 have a sum of at most 4.
    expect(signedRankP([1, 1, 1, -2])).toBe(1);
    expect(signedRankP([1, -1, 2, 2])).toBe(2 * (3 / 16)); // ranks 1.5 1.5 3.5 3.5: sums 0, 1.5 and 1.5
  });

  test('zeros take ranks and no side (Pratt), so they never make a difference clearer than small ones of both signs', () => {
    // Ranks 1.5 1.5 | 3 4 5 6 7: the rest is all positive, 2 of 2^5 choices of signs.
    expect(signedRankP([0, 0, 3, 4, 5, 6, 7])).toBe(2 / 2 ** 5);
    expect(signedRankP([0, 0, 0, 0, 0, 0, 2, 3])).toBe(0.5);
  });

  test('the sign of all values, their order and their unit change nothing', () => {
    const values = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 64 });
    fc.assert(
      fc.property(values, (list) => {
        const p = signedRankP(list);
        expect(p).toBeGreaterThan(0);
        expect(p).toBeLessThanOrEqual(1);
        expect(signedRankP(list.map((value) => -value))).toBeCloseTo(p, 12);
        expect(signedRankP(list.toReversed().map((value) => 8 * value))).toBe(p);
      }),
      { numRuns: 50 },
    );
  });
});

describe('the interval', () => {
  test('worked example: estimate 0.46, from 0.010 to 0.786 with 96.1 % (Hollander and Wolfe 1973)', () => {
    const { estimate, low, high, coverage } = centreInterval(DEPRESSION, 0.05);
    expect(estimate).toBeCloseTo(0.46, 3);
    expect(low).toBeCloseTo(0.01, 3);
    expect(high).toBeCloseTo(0.786, 3);
    expect(coverage).toBeCloseTo(0.961, 3);
  });

  test('excludes 0 exactly when p is at most alpha', () => {
    const value = fc.integer({ min: -10_000, max: 20_000 }).filter((each) => each !== 0);
    fc.assert(
      fc.property(fc.uniqueArray(value, { minLength: 8, maxLength: 20 }), (values) => {
        const magnitudes = new Set(values.map(Math.abs));
        fc.pre(magnitudes.size === values.length);
        const { low, high } = centreInterval(values, 0.05);
        expect(low > 0 || high < 0).toBe(signedRankP(values) <= 0.05);
      }),
      { numRuns: 100 },
    );
  });

  test('with few values spans all of them and says how little that is', () => {
    expect(centreInterval([3, 1], 0.05)).toEqual({ estimate: 2, low: 1, high: 3, coverage: 0.5 });
    expect(centreInterval([1], 0.05)).toEqual({ estimate: 1, low: 1, high: 1, coverage: 0 });
  });

  test('holds the centre as often as it says, with a coarse clock too', () => {
    const random = seeded(3);
    for (const rounded of [(x: number) => x, (x: number) => Math.round(4 * x) / 4]) {
      let held = 0;
      for (let trial = 0; trial < 1000; trial++) {
        const values = Array.from({ length: 12 }, () => rounded(random() + random() + random() - 1.5));
        const { low, high } = centreInterval(values, 0.05);
        held += Number(low <= 0 && high >= 0);
      }
      expect(held / 1000).toBeGreaterThan(0.94);
    }
  });

  test('is for 1 to 64 values', () => {
    expect(() => centreInterval([], 0.05)).toThrow(/1 to 64 values; it was given 0/);
    expect(() => signedRankP(Array<number>(65).fill(1))).toThrow(/1 to 64 values; it was given 65/);
  });
});
