// Each export comes back as what it was made of: the same series, order, figures, warnings and provenance.
import fc from 'fast-check';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { parseExperiment } from '../../src/lib/lab/experiment/experiment';
import { expand } from '../../src/lib/lab/experiment/expand';
import { fromIpynb, toIpynb } from '../../src/lib/lab/notebook/ipynb';
import { contentOf, makeCell, parseNotebook, printNotebook } from '../../src/lib/lab/notebook/notebook';
import { leftOutOf, linkOf, readLink, SHARE_SIZES } from '../../src/lib/lab/notebook/share';
import { readRuns } from '../../src/lib/lab/records/import';
import { isKernelsCsv, kernelsToCsv, readKernels } from '../../src/lib/lab/records/kernelsCsv';
import type { Profile } from '../../src/lib/lab/records/profile';
import { decodeTokensPerSecond, type RunRecord, WARNINGS } from '../../src/lib/lab/records/record';
import { readResults, resultsText, shortened } from '../../src/lib/lab/records/resultsText';
import { summariesToCsv, toCsv } from '../../src/lib/lab/records/runsCsv';
import { toJson, toJsonLines } from '../../src/lib/lab/records/runsJson';
import { samplesToCsv } from '../../src/lib/lab/records/samplesCsv';
import { embeddedOf } from '../../src/lib/ui/notebook/embedded';
import { barsOf, summarise, viewOf } from '../../src/lib/ui/results/series';
import { speak } from '../../src/lib/ui/words/words.svelte';
import { anyRecord } from '../any-record';
import { strictCsv } from '../strict-csv';

beforeAll(async () => {
  vi.stubGlobal('document', { documentElement: { lang: '' } });
  await speak('en');
});

const csvIn = (text: string) => contentOf(parseNotebook(text).find(({ kind }) => kind === 'csv')!);
const sweep = makeCell('sweep', 'prefill=64\nchunk=32,64\n');
const gap = makeCell('prose', '\n');
const records = fc.array(anyRecord, { minLength: 1, maxLength: 4 });

describe('runs come back whole', () => {
  test.each<[string, (written: RunRecord[]) => string]>([
    ['runs.csv', toCsv],
    ['samples.csv', samplesToCsv],
    ['JSON', toJson],
    ['JSON Lines', toJsonLines],
    ['a Markdown notebook', (written) => csvIn(printNotebook([sweep, makeCell('csv', toCsv(written))]))],
    [
      'a notebook for Jupyter, frozen',
      (written) => csvIn(fromIpynb(toIpynb([sweep, gap, makeCell('csv', toCsv(written))]))),
    ],
    [
      'a notebook for Jupyter, as outputs',
      (written) => csvIn(fromIpynb(toIpynb([sweep], new Map([[0, toCsv(written)]])))),
    ],
  ])('from %s', (_, write) => {
    fc.assert(
      fc.property(records, (written) => {
        const { records: back, leftOut } = readRuns(write(written));
        expect(JSON.parse(JSON.stringify(back))).toEqual(JSON.parse(JSON.stringify(written)));
        expect(leftOut).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });
});

/** All that a chart, a table and a tooltip say of runs: words exactly, and numbers apart. */
function seen(all: readonly RunRecord[]) {
  const runs = all.map((record, index) => ({ number: index + 1, record }));
  const view = viewOf({ runs });
  const bars = barsOf({ runs }, undefined);
  const points = [...view.series.flatMap(({ points }) => points), ...bars];
  return {
    words: {
      axis: [view.axis, view.xs, view.software],
      series: view.series.map(({ label, points }) => [label, ...points.map(({ x, record }) => [x, record])]),
      bars: bars.map(({ label, record }) => [label, record]),
      points: points.map(({ details, provisional }) => [details, provisional]),
      summary: summarise(view).replace(/[\d.,]+ tokens/g, ''),
      provenance: all.map(
        ({ adapter, agent, labVersion, kernelHash, software, startedAt, setup, ...record }) => ({
          ...{ adapter, agent, labVersion, kernelHash, software, startedAt, setup },
          ...{ settings: record.settings, warnings: record.warnings, seed: record.seed },
          checked: record.checks && [record.checks.shapes, record.checks.seed],
        }),
      ),
    },
    figures: [
      ...points.flatMap(({ tokensPerSecond, low, high }) => [tokensPerSecond, low, high]),
      ...all.map((record) => decodeTokensPerSecond(record) ?? 0),
    ],
  };
}

/** Figures with nine digits, of medians. */
function expectSame(back: readonly RunRecord[], sent: readonly RunRecord[]) {
  const [one, other] = [seen(back), seen(sent)];
  expect(JSON.parse(JSON.stringify(one.words))).toEqual(JSON.parse(JSON.stringify(other.words)));
  expect(one.figures).toHaveLength(other.figures.length);
  one.figures.forEach((figure, i) => expect(Math.abs(figure / other.figures[i] - 1) || 0).toBeLessThan(2e-9));
}

/** Times in whole milliseconds: two that differ also differ in a link. */
const seconds = (smallest: number) =>
  fc
    .array(fc.integer({ min: 1, max: 99_999 }), { minLength: smallest, maxLength: 9 })
    .map((list) => list.slice(0, list.length - (1 - (list.length % 2))).map((each) => each / 1e3));
const timed = fc
  .tuple(anyRecord, seconds(1), seconds(0))
  .map(([record, prefillSeconds, decodeSeconds]): RunRecord => ({
    ...record,
    prefillSeconds,
    decodeSeconds,
  }));

describe('a link', () => {
  test('with results draws what its sender saw, and so does a link to what it opened', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(timed, { minLength: 1, maxLength: 5 }), async (sent) => {
        const link = await linkOf([sweep, makeCell('csv', toCsv(sent))], 'results');
        const opened = await readLink(link);
        expectSame(readRuns(csvIn(opened.text)).records, sent);
        expect((await readLink(await linkOf(opened.cells, 'results'))).text).toBe(opened.text);
      }),
      { numRuns: 60 },
    );
  });

  test('of each size runs the same again', async () => {
    const values = <T>(...all: T[]) => fc.subarray(all, { minLength: 1 });
    const settings = fc.record({
      prefill: values(64, 128),
      chunk: values(32, 64),
      matmul_q4_k: values('tiled', 'block8'),
    });
    await fc.assert(
      fc.asyncProperty(settings, records, async (lists, written) => {
        const body = Object.entries(lists).map(([key, list]) => `${key}=${list.join(',')}\n`);
        const cells = [makeCell('sweep', body.join('')), gap, makeCell('csv', toCsv(written))];
        const runs = (text: string) => expand(parseExperiment(text));
        for (const size of SHARE_SIZES) {
          const { cells: opened } = await readLink(await linkOf(cells, size));
          expect(runs(contentOf(opened[0]))).toEqual(runs(contentOf(cells[0])));
          expect(opened.some(({ kind }) => kind === 'csv')).toBe(size === 'results' || size === 'whole');
        }
      }),
      { numRuns: 30 },
    );
  });

  test('loses nothing more when its results are exported', () => {
    fc.assert(
      fc.property(records, (written) => {
        const { records: short } = readRuns(summariesToCsv(written));
        for (const write of [toCsv, summariesToCsv, toJson, toJsonLines])
          expect(readRuns(write(short)).records).toEqual(short);
      }),
      { numRuns: 30 },
    );
  });
});

describe('kernels.csv', () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,12}$/);
  const count = fc.integer({ min: 1, max: 1e6 });
  const time = fc.double({ min: 1e-9, max: 1e3, noNaN: true });
  const rate = fc.double({ min: 1, max: 1e15, noNaN: true });
  const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
  const row = fc.record({
    ...{ kernel: name, variant: name, uses: count, dispatches: count, seconds: time },
    shape: fc
      .array(
        fc.tuple(name, count).map((pair) => pair.join(' ')),
        { maxLength: 4 },
      )
      .map((all) => all.join(', ')),
    ...{ flop: maybe(rate), bytes: maybe(fc.integer({ min: 1, max: 1e10 })) },
    ...{
      secondsAtPeak: maybe(time),
      computePeak: maybe(rate),
      passes: fc.array(fc.record({ entryPoint: name, dispatches: count, seconds: time }), { maxLength: 2 }),
    },
    beyondTargetSeconds: fc.oneof(
      time,
      time.map((each) => -each),
      fc.constant(0),
    ),
  });
  const profile: fc.Arbitrary<Profile> = fc
    .record({
      ...{ settings: fc.string(), tokens: count, target: rate, wallSeconds: time },
      ...{ softmaxSeconds: time, readbackSeconds: time },
      matmuls: fc.record({ perLayer: count, perPass: count, dispatchesPerPass: count }),
      ...{ adapter: fc.string(), software: fc.boolean(), agent: maybe(fc.string({ minLength: 1 })) },
      startedAt: fc
        .date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })
        .map((day) => day.toISOString()),
      kernelHash: maybe(fc.stringMatching(/^[0-9a-f]{8}$/)),
      labVersion: maybe(fc.stringMatching(/^\d\.\d\.\d$/)),
      rows: fc.array(row, { minLength: 1, maxLength: 5 }),
      peaks: fc.record({
        ...{ f32: rate, f16: maybe(rate), dot4: maybe(rate), matrix: maybe(rate) },
        ...{ read: rate, dispatch: time, pass: fc.constant(0) },
      }),
      warnings: fc.subarray([...WARNINGS]),
    })
    .chain((made) => fc.constantFrom(made, { ...made, clock: 'wall' as const }))
    .chain((made) => {
      const row = fc.integer({ min: 0, max: made.rows.length - 1 });
      const step = fc.record({ row, begin: time, seconds: time });
      const timeline = fc.array(step, { minLength: 1, maxLength: 12 });
      return fc.oneof(
        fc.constant(made),
        timeline.map((steps) => ({ ...made, timeline: steps })),
      );
    });
  const profiles = fc.uniqueArray(profile, {
    minLength: 1,
    maxLength: 3,
    selector: ({ startedAt }) => startedAt,
  });
  /** Figures come back with twelve digits, and words exactly. */
  const near = (value: unknown): unknown =>
    typeof value === 'number'
      ? (expect.closeTo(value, 10 - Math.ceil(Math.log10(Math.abs(value) || 1))) as unknown)
      : value;
  const plain = <T>(value: T) => JSON.parse(JSON.stringify(value)) as T;

  test('comes back with the same rows, figures, peaks, warnings and provenance, also from a spreadsheet, a notebook and a link', async () => {
    await fc.assert(
      fc.asyncProperty(profiles, async (written) => {
        const text = kernelsToCsv(written);
        expect(isKernelsCsv(text)).toBe(true);
        const back = readKernels(text);
        expect(back).toHaveLength(written.length);
        back.forEach((each, i) => {
          const { rows, ...others } = written[i];
          expect(plain({ ...each, rows: [] })).toEqual(plain({ ...others, rows: [] }));
          expect(each.rows).toEqual(
            rows.map((row) =>
              Object.fromEntries(Object.entries(row).map(([key, value]) => [key, near(value)])),
            ),
          );
        });
        expect(kernelsToCsv(back)).toBe(text);
        const cells = strictCsv(text).map((each) => each.map((cell) => `"${cell.replaceAll('"', '""')}"`));
        for (const separator of [';', '\t']) {
          const saved = `\uFEFF${cells.map((each) => each.join(separator)).join('\r\n')}\r\n`;
          expect(isKernelsCsv(saved)).toBe(true);
          expect(readKernels(saved)).toEqual(back);
        }
        const notebook = [makeCell('profile', 'prefill=64\n'), gap, makeCell('csv', text)];
        expect(csvIn(printNotebook(notebook))).toBe(text);
        for (const cell of ['1', '2'])
          expect(embeddedOf(printNotebook(notebook), cell).results.profiles).toEqual(back);
        expect(csvIn(fromIpynb(toIpynb(notebook)))).toBe(text);
        expect(csvIn((await readLink(await linkOf(notebook, 'whole'))).text)).toBe(text);
        // A link with results has neither passes nor the timeline, and says so.
        const sent = readKernels(csvIn((await readLink(await linkOf(notebook, 'results'))).text));
        expect(sent).toEqual(
          back.map(({ timeline: _, ...each }) => ({
            ...each,
            rows: each.rows.map((row) => ({ ...row, passes: [] })),
          })),
        );
        const left = await leftOutOf(notebook, 'results');
        expect(left.timelines).toBe(back.filter(({ timeline }) => timeline).length);
      }),
      { numRuns: 40 },
    );
  });

  test('keeps the runs that failed', () => {
    const failure = fc.record({ settings: fc.string(), reason: fc.string({ minLength: 1 }) });
    fc.assert(
      fc.property(profiles, fc.array(failure, { maxLength: 3 }), (written, failed) => {
        const events = [
          ...written.map((each) => ({ type: 'profiled' as const, profile: each })),
          ...failed.map((each) => ({ type: 'failed' as const, ...each })),
        ];
        const text = resultsText(events);
        for (const each of [text, shortened(text)]) {
          const back = readResults(each);
          expect([back.profiles.length, back.failed]).toEqual([written.length, failed]);
        }
      }),
      { numRuns: 30 },
    );
  });

  const [made] = fc.sample(profile, { numRuns: 1, seed: 7 });
  const text = kernelsToCsv([made]);
  const [names, first] = strictCsv(text);

  test('begins with the columns of test-backend-ops', () => {
    expect(names.slice(0, 16)).toEqual(
      (
        'test_time build_commit backend_name op_name op_params test_mode supported passed error_message time_us flops ' +
        'bandwidth_gb_s memory_kb n_runs device_description backend_reg_name'
      ).split(' '),
    );
    const cell = (wanted: string) => first[names.indexOf(wanted)];
    const { kernel, variant, uses, seconds, flop = 0 } = made.rows[0];
    expect(cell('op_name')).toBe(kernel);
    expect([cell('x_variant'), cell('test_mode'), Number(cell('n_runs'))]).toEqual([variant, 'perf', uses]);
    expect(Number(cell('time_us')) / ((1e6 * seconds) / uses)).toBeCloseTo(1, 10);
    if (flop) expect(Number(cell('flops')) / ((uses * flop) / seconds)).toBeCloseTo(1, 10);
  });

  test.each([
    ['n_runs', '0', /Row 1 of the CSV, n_runs: 0 should be 1 or more/],
    ['time_us', 'fast', /Row 1 of the CSV, time_us: "fast" is not a number/],
    ['time_us', '-1', /time_us: -1 should be 0 or more/],
    ['x_peaks', 'f32=1', /x_peaks: "f32=1" lacks read/],
    ['x_warnings', 'odd', /x_warnings: "odd" is not one of/],
    ['test_time', 'today', /test_time: "today" is not a time/],
  ])('with %s=%s is refused in words', (column, value, message) => {
    const row = first.map((cell, i) => `"${(names[i] === column ? value : cell).replaceAll('"', '""')}"`);
    expect(() => readKernels(`${names.join(',')}\n${row.join(',')}\n`)).toThrow(message);
  });

  test('of test-backend-ops, which does not say what chunk it is of, is refused', () => {
    expect(() => readKernels('op_name,time_us\nMUL_MAT,1\n')).toThrow(/no column test_time/);
    expect(() =>
      readKernels(
        `${names.slice(0, 16).join(',')}\n${first
          .slice(0, 16)
          .map(() => '1')
          .join(',')}\n`,
      ),
    ).toThrow(/no column x_variant: they are of test-backend-ops, or of version 0\.2/);
    expect(isKernelsCsv(toCsv([]))).toBe(false);
  });
});
