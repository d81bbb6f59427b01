// Statistics against known values, textbook tables, and properties that hold for all samples.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as statistics from '../../src/lib/lab/statistics/descriptive';

const samples = (minLength: number, maxLength = 40) =>
  fc.array(fc.double({ min: 1e-4, max: 1e4, noNaN: true }), { minLength, maxLength });

describe('median, quantiles and spread', () => {
  test('known values', () => {
    expect(statistics.median([3, 1, 2])).toBe(2);
    expect(statistics.median([4, 1, 3, 2])).toBe(2.5);
    // R: quantile(c(1, 2, 4, 8, 16), c(.1, .25, .9))
    expect(statistics.quantile([16, 8, 4, 2, 1], 0.1)).toBeCloseTo(1.4, 12);
    expect(statistics.quantile([16, 8, 4, 2, 1], 0.25)).toBe(2);
    expect(statistics.quantile([16, 8, 4, 2, 1], 0.9)).toBeCloseTo(12.8, 12);
    // R: mad(c(1, 1, 2, 2, 4, 6, 9)) is 1.4826
    expect(statistics.spread([1, 1, 2, 2, 4, 6, 9])).toBeCloseTo(1.4826, 12);
    // R: sd(c(2, 4, 4, 4, 5, 5, 7, 9))
    expect(statistics.standardDeviation([2, 4, 4, 4, 5, 5, 7, 9])).toBeCloseTo(2.13809, 5);
    expect(statistics.standardDeviation([5])).toBe(0);
  });

  test('no values, no answer', () => {
    expect(() => statistics.median([])).toThrow(/at least one value/);
    expect(() => statistics.orderInterval([])).toThrow(/at least one value/);
    expect(() => statistics.bootstrapInterval([])).toThrow(/at least one value/);
  });

  test('the median lies between the extremes and does not mind the order', () => {
    fc.assert(
      fc.property(samples(1), (values) => {
        const middle = statistics.median(values);
        expect(middle).toBeGreaterThanOrEqual(Math.min(...values));
        expect(middle).toBeLessThanOrEqual(Math.max(...values));
        expect(statistics.median(values.toReversed())).toBe(middle);
        expect(values.filter((value) => value <= middle).length * 2).toBeGreaterThanOrEqual(values.length);
      }),
    );
  });

  test('quantiles rise with the share', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(samples(1), share, share, (values, a, b) => {
        const [low, high] = [
          statistics.quantile(values, Math.min(a, b)),
          statistics.quantile(values, Math.max(a, b)),
        ];
        expect(low).toBeLessThanOrEqual(high * (1 + 1e-12));
      }),
    );
  });
});

describe('intervals of the median', () => {
  test.each([
    // Tables of the sign test: n, rank of the lower end (from 1), coverage
    [6, 1, 0.96875],
    [7, 1, 0.984375],
    [8, 1, 0.9921875],
    [9, 2, 0.9609375],
    [10, 2, 0.978515625],
    [11, 2, 0.98828125],
    [12, 3, 0.96142578125],
    [20, 6, 0.958610534667969],
  ])('of %i samples the exact one begins at the %ith smallest', (count, rank, coverage) => {
    const values = Array.from({ length: count }, (_, i) => i + 1);
    expect(statistics.orderInterval(values)).toEqual({
      low: rank,
      high: count + 1 - rank,
      coverage: expect.closeTo(coverage, 10) as number,
    });
  });

  test('fewer than six samples say how little they say', () => {
    expect(statistics.orderInterval([3, 1, 2])).toEqual({ low: 1, high: 3, coverage: 0.75 });
    expect(statistics.orderInterval([1])).toEqual({ low: 1, high: 1, coverage: 0 });
  });

  test('the bootstrap is repeatable, holds the median, and covers it about as often as it says', () => {
    fc.assert(
      fc.property(samples(12, 20), (values) => {
        const interval = statistics.bootstrapInterval(values, 0.95, 200);
        expect(interval).toEqual(statistics.bootstrapInterval(values, 0.95, 200));
        expect(interval.low).toBeLessThanOrEqual(statistics.median(values));
        expect(interval.high).toBeGreaterThanOrEqual(statistics.median(values));
      }),
      { numRuns: 30 },
    );
    let held = 0;
    for (let trial = 0; trial < 300; trial++) {
      const values = Array.from({ length: 25 }, (_, i) => Math.sin(1e4 * Math.sin(trial * 25 + i + 1)));
      const { low, high } = statistics.bootstrapInterval(values, 0.95, 300);
      held += Number(low <= 0 && high >= 0);
    }
    expect(held / 300).toBeGreaterThan(0.9);
  });

  test('few samples take the exact interval, many the bootstrap', () => {
    const values = Array.from({ length: 12 }, (_, i) => i);
    expect(statistics.medianInterval(values.slice(0, 11))).toEqual(
      statistics.orderInterval(values.slice(0, 11)),
    );
    expect(statistics.medianInterval(values)).toEqual(statistics.bootstrapInterval(values));
  });
});

test('outliers are counted by Tukey’s fences', () => {
  const calm = [10, 11, 12, 13, 14];
  expect(statistics.outliers(calm)).toEqual({ mild: 0, severe: 0 });
  expect(statistics.outliers([...calm, 17.5, 30])).toEqual({ mild: 0, severe: 1 });
  expect(statistics.outliers([...calm, ...calm, 18])).toEqual({ mild: 1, severe: 0 });
  expect(statistics.outliers([5, 5, 5])).toEqual({ mild: 0, severe: 0 });
});

describe('the fit of a chunk sweep', () => {
  test('finds the line that made the points', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 10, max: 1e5, noNaN: true }),
        fc.double({ min: 1e-5, max: 1, noNaN: true }),
        (rate, cost) => {
          const fit = statistics.fitChunks(
            [32, 64, 128, 512].map((tokens) => ({ tokens, seconds: tokens / rate + cost })),
          );
          expect(fit?.tokensPerSecond).toBeCloseTo(rate, -Math.log10(rate * 1e-6));
          expect(fit?.secondsPerChunk).toBeCloseTo(cost, 8);
        },
      ),
    );
  });

  test('reads the M2 Max study as its own account does: R 519 to 524 tokens/s, c 123 to 127 ms', () => {
    const study = [
      [64, 260],
      [128, 369],
      [256, 403],
      [256, 408],
      [256, 412],
      [512, 466],
      [512, 465],
    ].map(([tokens, rate]) => ({ tokens, seconds: tokens / rate }));
    const fit = statistics.fitChunks(study);
    expect(fit?.tokensPerSecond).toBeCloseTo(521.7, 1);
    expect(fit?.secondsPerChunk).toBeCloseTo(0.1249, 4);
  });

  test('no line: one size, no points, or larger chunks that take no longer', () => {
    expect(statistics.fitChunks([])).toBeUndefined();
    expect(
      statistics.fitChunks([
        { tokens: 64, seconds: 1 },
        { tokens: 64, seconds: 2 },
      ]),
    ).toBeUndefined();
    expect(
      statistics.fitChunks([
        { tokens: 64, seconds: 2 },
        { tokens: 128, seconds: 1 },
      ]),
    ).toBeUndefined();
  });
});
