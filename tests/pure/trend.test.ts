// Trends of a series: Kendall's test against tables, changes that must be found, and noise that must not be one.
import { describe, expect, test } from 'vitest';
import { findTrend, kendall, studentP, theilSen } from '../../src/lib/lab/statistics/trend';
import { seeded } from '../../src/lib/shaders/kernel';
import { gaussian, heavyTails, type Machine, normalFrom, readSeconds } from './simulate';

describe('Kendall', () => {
  // Kendall 1970, table 1: one-sided probabilities of S.
  test.each([
    [4, 6, 0.042],
    [5, 8, 0.042],
    [5, 10, 0.0083],
    [8, 16, 0.031],
    [8, 22, 0.0028],
    [10, 21, 0.036],
    [10, 27, 0.0083],
  ])('%i values with S = %i: %d', (count, s, probability) => {
    expect(kendall(orderWith(count, s)).p / 2).toBeCloseTo(probability, probability < 0.01 ? 4 : 3);
  });

  test('worked example (Hollander and Wolfe 1973, tuna; R: cor.test)', () => {
    const { tau, p } = kendall([2.5, 4.0, 2.6, 3.6, 2.8, 3.1, 5.2, 5.0, 3.8]);
    expect(tau).toBeCloseTo(0.4444444, 7);
    expect(p).toBeCloseTo(0.1194, 4);
  });

  test('exact up to 64 values, then approximate: where S is 1.96 standard deviations, p is 0.05 in both', () => {
    expect(kendall(orderWith(64, 340)).p).toBeCloseTo(0.0495, 3);
    expect(kendall(orderWith(65, 348)).p).toBeCloseTo(0.0494, 3);
    expect(kendall(Array<number>(70).fill(1)).p).toBe(1);
  });
});

/** An order of `count` numbers with this S: every item is put before as many smaller ones as there are inversions left. */
function orderWith(count: number, s: number): number[] {
  const order: number[] = [];
  let inversions = ((count * (count - 1)) / 2 - s) / 2;
  for (let item = 0; item < count; item++) {
    const by = Math.min(inversions, item);
    order.splice(item - by, 0, item);
    inversions -= by;
  }
  return order;
}

test('the slope of Theil and Sen is that of the line, whatever one value is', () => {
  expect(theilSen([1, 3, 5, 7, 900, 11])).toBe(2);
  expect(theilSen([4, 4, 4])).toBe(0);
});

test('Student’s t, from tables', () => {
  expect(studentP(12.706, 1)).toBeCloseTo(0.05, 4);
  expect(studentP(2.776, 4)).toBeCloseTo(0.05, 4);
  expect(studentP(4.032, 5)).toBeCloseTo(0.01, 4);
  expect(studentP(2.66, 60)).toBeCloseTo(0.01, 4);
});

const random = seeded(8);
const normal = normalFrom(random);

/** Seconds of `count` samples of 100 ms with this noise and this change, in logarithms, over the share of the run (0 to 1). */
const series = (count: number, noise: Machine['noise'], change: (share: number) => number = () => 0) =>
  Array.from({ length: count }, (_, index) =>
    Math.exp(Math.log(0.1) + noise(normal, random) + change(index / count)),
  );

/** Share of the series in which the change was found, with the right sign. */
function found(
  count: number,
  noise: Machine['noise'],
  change: (share: number) => number,
  trials = 300,
): number {
  const sign = change(0.99) > change(0) ? 'drift' : 'warming';
  let times = 0;
  for (let trial = 0; trial < trials; trial++)
    times += Number(findTrend(series(count, noise, change))?.kind === sign);
  return times / trials;
}

const DROOP = Math.log(1.15);
const CHANGES: [string, (share: number) => number][] = [
  ['a droop of 15 % after a fifth', (share) => (share >= 0.2 ? DROOP : 0)],
  ['a droop of 15 % in the middle', (share) => (share >= 0.5 ? DROOP : 0)],
  ['a droop of 15 % after four fifths', (share) => (share >= 0.8 ? DROOP : 0)],
  ['a linear droop of 15 %', (share) => DROOP * share],
  ['warming up by 15 %, linear', (share) => -DROOP * share],
  ['warming up by 15 % in the first fifth', (share) => (share < 0.2 ? DROOP : 0)],
];

describe('what must be found', () => {
  test.each(CHANGES)('%s, in 10 samples', (_, change) => {
    expect(found(10, gaussian(0.01), change)).toBeGreaterThan(0.98);
    expect(found(10, gaussian(0.02), change)).toBeGreaterThan(0.95);
    expect(found(10, heavyTails, change)).toBeGreaterThan(0.85);
  });

  test.each(CHANGES)('%s, in 40 samples', (_, change) => {
    expect(found(40, gaussian(0.02), change, 60)).toBeGreaterThan(0.98);
  });

  test('how large it is, and where it began', () => {
    const step = [...Array<number>(8).fill(0.1), ...Array<number>(8).fill(0.115)];
    expect(findTrend(step)).toEqual({
      kind: 'drift',
      change: expect.closeTo(0.15, 10) as number,
      p: expect.any(Number) as number,
      from: 8,
    });
    expect(findTrend(step.toReversed())).toMatchObject({ kind: 'warming', from: 8 });
  });
});

describe('what must not be found', () => {
  const hiccups: Machine['noise'] = (each, even) =>
    0.01 * each() - (even() < 0.05 ? 0.2 * Math.log(1 - even()) : 0);
  const NOISES: [string, Machine['noise']][] = [
    ['noise of 1 %', gaussian(0.01)],
    ['noise of 2 %', gaussian(0.02)],
    ['noise of 5 %', gaussian(0.05)],
    ['heavy tails', heavyTails],
    ['a hiccup in 1 of 20 samples', hiccups],
  ];

  test.each(NOISES)('%s: at most 2 of 100 series', (_, noise) => {
    for (const [count, trials] of [
      [6, 1000],
      [10, 1500],
      [20, 600],
      [40, 250],
    ]) {
      let alarms = 0;
      for (let trial = 0; trial < trials; trial++)
        alarms += Number(findTrend(series(count, noise)) !== undefined);
      expect(alarms / trials).toBeLessThanOrEqual(0.02);
    }
  });

  test.each([65.536e-6, 100e-6])('samples of 100 ticks of %d s', (tick) => {
    let alarms = 0;
    for (let trial = 0; trial < 1000; trial++) {
      const seconds = Array.from({ length: 10 }, () =>
        readSeconds(100 * tick * Math.exp(0.01 * normal()), tick, random),
      );
      alarms += Number(findTrend(seconds, 0.01) !== undefined);
    }
    expect(alarms / 1000).toBeLessThanOrEqual(0.02);
  });

  test('a step of one tick of a coarse clock', () => {
    const seconds = [1.4, 1.4, 1.4, 1.4, 1.4, 1.5, 1.5, 1.5].map((each) => 1e-3 * each);
    expect(findTrend(seconds)).toBeDefined();
    expect(findTrend(seconds, 0.1 / 1.4)).toBeUndefined();
  });

  test('one slow sample, anywhere; fewer than six samples', () => {
    for (let at = 0; at < 10; at++)
      expect(
        findTrend(series(10, gaussian(0.001)).map((each, i) => (i === at ? 2 * each : each))),
      ).toBeUndefined();
    expect(findTrend([1, 1.1, 1.2, 1.3, 1.4])).toBeUndefined();
  });
});
