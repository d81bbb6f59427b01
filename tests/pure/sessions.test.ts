// Two runs of the same settings, made in two sessions: each is drawn, listed and fitted on its own.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { makeCell, contentOf } from '../../src/lib/lab/notebook/notebook';
import { linkOf, readLink } from '../../src/lib/lab/notebook/share';
import { chunkFits } from '../../src/lib/lab/records/fits';
import { placeLabel, sessionKeys } from '../../src/lib/lab/records/identity';
import { readRuns } from '../../src/lib/lab/records/import';
import type { RunRecord } from '../../src/lib/lab/records/record';
import { fromCsv, toCsv } from '../../src/lib/lab/records/runsCsv';
import { markdownTable } from '../../src/lib/lab/records/table';
import { differingPlaces } from '../../src/lib/ui/notebook/comparedRuns';
import { barsOf, summarise, viewOf } from '../../src/lib/ui/results/series';
import { speak } from '../../src/lib/ui/words/words.svelte';

beforeAll(async () => {
  vi.stubGlobal('document', { documentElement: { lang: '' } });
  await speak('en');
});

const all = fromCsv(readFileSync('tests/fixtures/import/lab-two-devices.csv', 'utf8'));
const [device] = all.map(({ adapter }) => adapter);
const at = (record: RunRecord, startedAt: string, times = 1): RunRecord => ({
  ...record,
  startedAt,
  prefillSeconds: record.prefillSeconds.map((seconds) => seconds * times),
});
const minutes = (day: string, minute: number) => `${day}T12:${String(minute).padStart(2, '0')}:00.000Z`;
const own = all.filter(({ adapter }) => adapter === device);
/** The points of one device on two days, half as fast on the second. */
const twice = [
  ...own.map((record, i) => at(record, minutes('2026-05-04', i))),
  ...own.map((record, i) => at(record, minutes('2026-05-05', i), 2)),
];
const numbered = (records: readonly RunRecord[]) =>
  records.map((record, index) => ({ number: index + 1, record }));
const linesOf = (records: readonly RunRecord[]) =>
  viewOf({ runs: numbered(records) }).series.map(({ label, points }) => [label, points.length]);

describe('a sweep that was made on two days', () => {
  const lines = [
    ['2026-05-04 12:00', own.length],
    ['2026-05-05 12:00', own.length],
  ];

  test('has a line, a bar, a row and a fit for each, and the fastest is named with its day', () => {
    expect(linesOf(twice)).toEqual(lines);
    expect(summarise(viewOf({ runs: numbered(twice) }))).toMatch(
      /^Fastest: 2026-05-04 12:00 at .* Slowest: 2026-05-05 12:00 at /,
    );
    const bars = barsOf({ runs: numbered([twice[0], twice[own.length]]) }, undefined);
    expect(bars.map(({ label }) => label)).toEqual(['2026-05-04 12:00', '2026-05-05 12:00']);
    const table = markdownTable(twice).split('\n');
    for (const [label, count] of lines)
      expect(table.filter((line) => line.includes(`| ${label} |`))).toHaveLength(Number(count));
    const chunks = twice.map((record, i) => {
      const chunk = 64 << (i % own.length);
      const prefillSeconds = [(i < own.length ? 1 : 2) * (1 + 64 / chunk)];
      return { ...record, prefill: 512, chunk, settings: `prefill=512&chunk=${chunk}`, prefillSeconds };
    });
    const fits = chunkFits(chunks);
    expect(fits.map(({ runs }) => runs)).toEqual([chunks.slice(0, own.length), chunks.slice(own.length)]);
    expect(fits[0].fit.tokensPerSecond).toBeCloseTo(2 * fits[1].fit.tokensPerSecond);
  });

  test('is the same as a file, in a notebook and in a link', async () => {
    expect(linesOf(readRuns(toCsv(twice)).records)).toEqual(lines);
    const link = await linkOf([makeCell('csv', toCsv(twice))], 'results');
    expect(linesOf(fromCsv(contentOf((await readLink(link)).cells[0])))).toEqual(lines);
  });

  test('does not divide what another device measured meanwhile', () => {
    const other = own.map((record, i) => ({
      ...at(record, minutes('2026-05-04', 50 + i), 3),
      adapter: 'Other',
    }));
    expect(linesOf([...twice, ...other])).toEqual([
      [`${device} 2026-05-04 12:00`, own.length],
      [`${device} 2026-05-05 12:00`, own.length],
      ['Other', own.length],
    ]);
  });

  test('is no difference of circumstances between two runs of the history', () => {
    expect(differingPlaces(twice.slice(0, own.length), twice.slice(own.length))).toEqual([]);
  });
});

test('sessions of one minute are told by the second, and those of one moment are counted', () => {
  const [record] = own;
  const labels = (...times: string[]) =>
    linesOf(times.map((time) => at(record, time))).map(([label]) => label);
  expect(labels('2026-05-04T12:00:01Z', '2026-05-04T12:00:09Z')).toEqual([
    '2026-05-04 12:00:01',
    '2026-05-04 12:00:09',
  ]);
  expect(labels('2026-05-04T12:00:01Z', '2026-05-04T12:00:01Z')).toEqual([
    record.model,
    `${record.model} (2)`,
  ]);
});

test('sessions are found whatever points they share, and no run is lost', () => {
  const session = fc.record({
    pause: fc.integer({ min: 60, max: 1e6 }),
    points: fc.uniqueArray(fc.nat(9), { minLength: 1 }),
  });
  fc.assert(
    fc.property(fc.array(session, { minLength: 1, maxLength: 6 }), fc.nat(1e6), (sessions, seed) => {
      let seconds = 0;
      const runs = sessions.flatMap(({ pause, points }, index) => {
        seconds += pause;
        // Each session measures point 0, so that it cannot be one with its neighbour.
        return [...new Set([0, ...points])].map((point) => {
          const record = at(own[0], new Date(1e3 * (1e9 + seconds)).toISOString());
          seconds += 1;
          return {
            index,
            record: { ...record, prefill: 100, chunk: point + 1, settings: `chunk=${point + 1}` },
          };
        });
      });
      const mixed = runs.toSorted((a, b) => ((a.record.chunk * seed) % 7) - ((b.record.chunk * seed) % 7));
      const records = mixed.map(({ record }) => record);
      const keys = sessionKeys(records);
      expect(keys).toHaveLength(sessions.length > 1 ? sessions.length : 0);
      const named = new Map(mixed.map(({ index, record }) => [placeLabel(record, keys), index]));
      expect(named.size).toBe(sessions.length);
      for (const { index, record } of mixed) expect(named.get(placeLabel(record, keys))).toBe(index);
      const drawn = viewOf({ runs: numbered(records) }).series.flatMap(({ points }) => points);
      expect(new Set(drawn.map(({ record }) => record)).size).toBe(records.length);
    }),
    { numRuns: 60 },
  );
});
