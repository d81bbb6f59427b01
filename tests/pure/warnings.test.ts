// Warnings of a run, on constructed and simulated samples: each warning on both sides of its limit.
import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { fromCsv } from '../../src/lib/lab/records/runsCsv';
import { WARNINGS } from '../../src/lib/lab/records/record';
import { type Circumstances, type Measured, warningsOf } from '../../src/lib/lab/measure/warnings';
import { seeded } from '../../src/lib/shaders/kernel';
import { gaussian, heavyTails, normalFrom } from './simulate';

/** Samples without any warning: ten of 100 ms within 1 %, one warm-up, on a real GPU in a visible tab. */
const SOUND: Measured = {
  prefillSeconds: [0.1, 0.1005, 0.0995, 0.1, 0.1005, 0.0995, 0.1, 0.1005, 0.0995, 0.1],
  warmupSeconds: [0.2],
  decodeSeconds: [],
  software: false,
  repetitions: 1,
  clockTick: 1e-4,
  encodeSeconds: 0.001,
  sentinelSeconds: [0.01, 0.0101, 0.01],
};

const warnings = (others: Partial<Measured> = {}, circumstances: Circumstances = {}) =>
  warningsOf({ ...SOUND, ...others }, circumstances);

test('sound samples are warned of nothing', () => {
  expect(warnings()).toEqual([]);
});

describe('few', () => {
  test.each([
    [1, ['few']],
    [4, ['few']],
    [5, []],
    [6, []],
  ])('%i samples: %j', (count, expected) => {
    expect(warnings({ prefillSeconds: SOUND.prefillSeconds.slice(0, count) })).toEqual(expected);
  });
});

describe('spread', () => {
  test('samples further apart than 5 % of the median', () => {
    expect(warnings({ prefillSeconds: [0.1, 0.108, 0.108, 0.108, 0.1, 0.1] })).toEqual(['spread']);
    expect(warnings({ prefillSeconds: [0.1, 0.102, 0.102, 0.102, 0.1, 0.1] })).toEqual([]);
  });

  test('is of the samples’ size, not of seconds', () => {
    const slow = [0.1, 0.108, 0.108, 0.108, 0.1, 0.1].map((seconds) => 50 * seconds);
    expect(warnings({ prefillSeconds: slow })).toEqual(['spread']);
  });
});

describe('ticks', () => {
  test.each([65.536e-6, 1e-4, 1e-3])('a sample of fewer than 100 ticks of %d s', (clockTick) => {
    const scaled = (ticks: number) => SOUND.prefillSeconds.map((seconds) => 10 * seconds * ticks * clockTick);
    const of = (ticks: number, repetitions = 1) =>
      warnings({ prefillSeconds: scaled(ticks), clockTick, repetitions, encodeSeconds: 0 });
    expect(of(99)).toEqual(['ticks']);
    expect(of(101)).toEqual([]);
    expect(of(9, 12)).toEqual([]);
    expect(of(9, 11)).toEqual(['ticks']);
  });

  test('of decoding too', () => {
    expect(warnings({ decodeSeconds: [0.009, 0.009] })).toEqual(['ticks']);
    expect(warnings({ decodeSeconds: [0.011, 0.011] })).toEqual([]);
  });

  test('are not told of where the tick is unknown, as in older records', () => {
    const seconds = SOUND.prefillSeconds.map((each) => each / 1000);
    expect(
      warnings({
        prefillSeconds: seconds,
        clockTick: undefined,
        repetitions: undefined,
        encodeSeconds: undefined,
      }),
    ).toEqual([]);
  });
});

describe('cold', () => {
  test('no warm-up, however short the one that there is', () => {
    expect(warnings({ warmupSeconds: [] })).toEqual(['cold']);
    expect(warnings({ warmupSeconds: [1e-6] })).toEqual([]);
  });
});

describe('drift and warming', () => {
  const random = seeded(11);
  const normal = normalFrom(random);
  const replayed = (change: (share: number) => number, noise = gaussian(0.01), count = 10) =>
    Array.from(
      { length: count },
      (_, index) => 0.1 * Math.exp(noise(normal, random)) * change(index / count),
    );

  test.each<[string, (share: number) => number]>([
    ['after a fifth', (share) => (share < 0.2 ? 1 : 1.15)],
    ['after four fifths', (share) => (share < 0.8 ? 1 : 1.15)],
    ['little by little', (share) => 1 + 0.15 * share],
  ])('a droop of 15 % %s is drift, the reverse is warming', (_, change) => {
    for (const noise of [gaussian(0.01), heavyTails]) {
      const of = (kind: (share: number) => number) =>
        Array.from({ length: 100 }, () => warnings({ prefillSeconds: replayed(kind, noise) }));
      const told = (lists: string[][], code: string) => lists.filter((list) => list.includes(code)).length;
      const drooping = of(change);
      expect(told(drooping, 'drift')).toBeGreaterThan(80);
      expect(told(drooping, 'warming')).toBe(0);
      expect(
        told(
          of((share) => 1 / change(share)),
          'warming',
        ),
      ).toBeGreaterThan(80);
    }
  });

  test('at most 2 of 100 quiet series are told to have changed', () => {
    for (const noise of [gaussian(0.01), gaussian(0.02), gaussian(0.05), heavyTails]) {
      const told = Array.from({ length: 500 }, () => warnings({ prefillSeconds: replayed(() => 1, noise) }));
      const changed = told.filter((list) => list.includes('drift') || list.includes('warming'));
      expect(changed.length).toBeLessThanOrEqual(10);
    }
  });

  test('one slow sample is neither', () => {
    expect(warnings({ prefillSeconds: [...SOUND.prefillSeconds, 0.5] })).toEqual([]);
  });

  test('of 77 published series, two had changed: one jumped from 27 to 61 ms, one from 34 to 32', () => {
    const folder = 'static/results/';
    const files = readdirSync(folder).map((name) => readFileSync(folder + name, 'utf8'));
    const records = files.filter((text) => text.includes('x_samples_s')).flatMap(fromCsv);
    const told = records.flatMap((record) => {
      const codes = warningsOf(record).filter((code) => code === 'drift' || code === 'warming');
      return codes.map((code) => [code, ...record.prefillSeconds.map((each) => Math.round(1e3 * each))]);
    });
    expect(records.length).toBeGreaterThanOrEqual(77);
    expect(told).toEqual([
      ['drift', 27, 26, 27, 26, 28, 61, 61],
      ['warming', 34, 34, 35, 32, 32, 33, 32],
    ]);
  });
});

test('throttled: the sentinel’s time changed by more than 3 %', () => {
  expect(warnings({ sentinelSeconds: [0.01, 0.01029, 0.01] })).toEqual([]);
  expect(warnings({ sentinelSeconds: [0.01, 0.01031, 0.01] })).toEqual(['throttled']);
  expect(warnings({ sentinelSeconds: [0.0115, 0.01, 0.01] })).toEqual(['throttled']);
  expect(warnings({ sentinelSeconds: undefined })).toEqual([]);
  // Among five or more, one is a pause; two next to each other are a slower clock.
  expect(warnings({ sentinelSeconds: [0.01, 0.01, 0.013, 0.01, 0.01] })).toEqual([]);
  expect(warnings({ sentinelSeconds: [0.01, 0.01, 0.01, 0.0104, 0.0104] })).toEqual(['throttled']);
});

test('encode: encoding takes more than half of a sample', () => {
  expect(warnings({ encodeSeconds: 0.049 })).toEqual([]);
  expect(warnings({ encodeSeconds: 0.051 })).toEqual(['encode']);
});

test('what happened meanwhile is passed on', () => {
  expect(warnings({ software: true })).toEqual(['software']);
  expect(warnings({}, { hidden: true })).toEqual(['hidden']);
  expect(warnings({}, { resumed: true, battery: true })).toEqual(['resumed', 'battery']);
});

test('several at once, in the order in which they are explained', () => {
  const found = warnings(
    { prefillSeconds: [1e-3, 2e-3], warmupSeconds: [], software: true, sentinelSeconds: [1, 2] },
    { hidden: true, resumed: true, battery: true },
  );
  const order: readonly string[] = WARNINGS;
  expect(found).toEqual(order.filter((code) => (found as string[]).includes(code)));
  expect(found).toHaveLength(10);
});
