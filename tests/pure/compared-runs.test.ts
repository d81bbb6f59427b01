// Two runs of the history beside each other: which points both have, by how much they changed, and in what the places differ.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromCsv } from '../../src/lib/lab/records/runsCsv';
import type { Profile } from '../../src/lib/lab/records/profile';
import type { RunRecord } from '../../src/lib/lab/records/record';
import { comparedPoints, differingOrigins, differingPlaces } from '../../src/lib/ui/notebook/comparedRuns';

const road = fromCsv(readFileSync('static/results/road-h100.csv', 'utf8'));
/** The record, so many times as fast. */
const faster = (record: RunRecord, times: number): RunRecord => ({
  ...record,
  prefillSeconds: record.prefillSeconds.map((seconds) => seconds / times),
});

test('points with the same settings are compared, however often they were timed', () => {
  const [first, second] = road;
  const again = { ...faster(first, 1.25), settings: `${first.settings}&warmup=9` };
  const [point, ...others] = comparedPoints(road, [again, { ...second, settings: 'prefill=7' }]);
  expect(others).toEqual([]);
  expect(point).toMatchObject({ before: first, after: again });
  expect(point.change).toBeCloseTo(0.25);
  expect(point.settings).not.toContain('samples');
});

test('the other way round, each change is the inverse', () => {
  const some = fc.uniqueArray(fc.nat({ max: road.length - 1 }));
  fc.assert(
    fc.property(some, some, fc.double({ min: 0.1, max: 10, noNaN: true }), (one, other, times) => {
      const before = one.map((at) => road[at]);
      const after = other.map((at) => faster(road[at], times));
      const there = comparedPoints(before, after);
      const back = comparedPoints(after, before);
      expect(new Set(there.map(({ settings }) => settings))).toEqual(
        new Set(back.map(({ settings }) => settings)),
      );
      for (const { settings, change } of there)
        expect((1 + change) * (1 + back.find((each) => each.settings === settings)!.change)).toBeCloseTo(1);
    }),
    { numRuns: 100 },
  );
});

test('another GPU, browser, version or kernel is named on both sides; the same place is not', () => {
  const [first] = road;
  expect(differingPlaces([first], [faster(first, 2)])).toEqual([]);
  const [before, after] = differingPlaces(
    [first],
    [{ ...first, adapter: 'Apple M2 Max', kernelHash: '0badcafe' }],
  );
  expect(before).toContain(first.adapter);
  expect(after).toContain('Apple M2 Max');
  expect(differingPlaces([first], [{ ...first, kernelHash: '0badcafe' }])[1]).toContain('kernels 0badcafe');
});

test('two profiles from different places are told apart by what differs', () => {
  const profile = {
    adapter: 'nvidia hopper',
    agent: 'Mozilla/5.0 Chrome/156.0.0.0',
    labVersion: '0.2.0',
  } as Profile;
  expect(differingOrigins(profile, profile)).toEqual([]);
  const other = { ...profile, adapter: 'Apple M2 Max', labVersion: '0.3.0' };
  expect(differingOrigins(profile, other)).toEqual(['nvidia hopper, lab 0.2.0', 'Apple M2 Max, lab 0.3.0']);
});
