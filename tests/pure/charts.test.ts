// The forms of charts, and the data behind each: heat map, lines, bars, samples, searches, profiles.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { parseExperiment } from '../../src/lib/lab/experiment/experiment';
import { expand } from '../../src/lib/lab/experiment/expand';
import { makeCell } from '../../src/lib/lab/notebook/notebook';
import { linkOf, readLink } from '../../src/lib/lab/notebook/share';
import { parseCsv } from '../../src/lib/lab/records/csv';
import { readRuns } from '../../src/lib/lab/records/import';
import { galleryOf } from '../../src/lib/lab/records/galleryRows';
import { fromCsv, toCsv } from '../../src/lib/lab/records/runsCsv';
import type { Profile, ProfileRow } from '../../src/lib/lab/records/profile';
import { variantSums } from '../../src/lib/lab/records/profile';
import type { RunRecord } from '../../src/lib/lab/records/record';
import { frontierOf } from '../../src/lib/lab/records/quality';
import type { Trial } from '../../src/lib/lab/tune/found';
import type { BestSoFar } from '../../src/lib/lab/tune/tune';
import { profileRows, profileTotal } from '../../src/lib/ui/cells/profileTable';
import {
  bestTimes,
  byCost,
  costOf,
  mostCompared,
  PROFILES,
  sharesIn,
} from '../../src/lib/ui/kernels/shipped';
import { captionOf, fileNameOf, originOf } from '../../src/lib/ui/results/caption';
import { movedApart } from '../../src/lib/ui/results/draw/overlays';
import {
  differencesOf,
  differencePlot,
  rooflinePlot,
  timelinePlot,
} from '../../src/lib/ui/results/forms/profile';
import {
  axesFor,
  barsPlot,
  formOf,
  gridPlot,
  linesPlot,
  stepsTo,
  stripPlot,
} from '../../src/lib/ui/results/forms/sweep';
import { qualityNote, qualityPlot } from '../../src/lib/ui/results/forms/quality';
import { tokensPlot } from '../../src/lib/ui/results/forms/tokens';
import { curvePlot, isClipped, parallelSearches, parallelPlot } from '../../src/lib/ui/results/forms/tune';
import { datasetOf, strengthOf } from '../../src/lib/ui/results/draw/datasets';
import { inkOn, luminanceOf } from '../../src/lib/ui/results/draw/drawing';
import { svgOf } from '../../src/lib/ui/results/draw/save';
import { numberText } from '../../src/lib/ui/results/draw/scales';
import { type Plot, rangeOf, shapeAt, STYLES, tableOf, without } from '../../src/lib/ui/results/plot';
import { barsOf, pointOf, viewOf } from '../../src/lib/ui/results/series';
import english from '../../src/lib/ui/words/charts';
import foundEnglish from '../../src/lib/ui/words/found';
import chinese from '../../src/lib/ui/words/zh/charts';
import { speak } from '../../src/lib/ui/words/words.svelte';

beforeAll(async () => {
  const createElement = () => ({ getContext: () => null });
  vi.stubGlobal('document', { documentElement: {}, createElement });
  await speak('en');
});

function run(settings: string, seconds: number[], number: number) {
  const [run] = expand(parseExperiment(settings));
  const record = {
    ...{ settings: run.settings, model: run.model, prefill: run.prefill, chunk: run.chunk, decode: 0 },
    ...{ stepsPerSubmit: 0, seed: 1, prefillSeconds: seconds, decodeSeconds: [], warmupSeconds: [1] },
    ...{ adapter: 'a GPU', warnings: ['drift'], startedAt: '2026-11-28T10:00:00.000Z' },
    agent: 'Mozilla/5.0 Chrome/156.0 Safari/537.36',
    variants: { matmul_q4_k: run.variants.matmul_q4_k },
  } as unknown as RunRecord;
  return { number, record };
}
const knobs = (row: number, token: number, seconds: number, number: number) =>
  run(
    `prefill=64\nmatmul_q4_k=tiled\nmatmul_q4_k.row_threads=${row}\nmatmul_q4_k.token_threads=${token}`,
    [seconds, seconds, seconds],
    number,
  );
const marksOf = ({ series }: Plot) => series.flatMap(({ marks }) => marks);

describe('a sweep', () => {
  const grid = [knobs(8, 4, 1, 1), knobs(8, 8, 2, 2), knobs(16, 4, 4, 3)];
  const chunks = [run('prefill=64\nchunk=16', [1], 1), run('prefill=64\nchunk=32', [2], 2)];

  test('is bars at one place, a heat map over two knobs, and else lines', () => {
    expect(formOf([run('prefill=64', [1], 1)])).toBe('bars');
    expect(formOf(grid)).toBe('grid');
    expect(formOf(chunks)).toBe('lines');
    expect(formOf(grid, 'matmul_q4_k.row_threads'), 'an axis that was asked for').toBe('lines');
    expect(formOf([...grid, run('prefill=32\nmatmul_q4_k=tiled', [1], 4)]), 'a third thing varies').toBe(
      'lines',
    );
    const apart = run('prefill=32\nwkv=chunked', [1], 5);
    expect(formOf([grid[0], apart]), 'runs that no line could join').toBe('bars');
    expect(formOf([grid[0], apart], 'prefill'), 'asked for').toBe('lines');
    expect(axesFor(grid, [])).toEqual(['', 'matmul_q4_k.row_threads', 'matmul_q4_k.token_threads']);
    expect(axesFor(chunks, [])).toEqual(['chunk']);
  });

  test('writes the numbers of a heat map so that they can be read on any shade, on light and on dark', () => {
    const contrast = (a: number, b: number) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    for (const [colour, ground] of [
      [
        [11, 107, 100],
        [255, 255, 255],
      ],
      [
        [95, 191, 176],
        [28, 31, 30],
      ],
    ])
      for (let share = 0; share <= 1; share += 0.01) {
        const strength = strengthOf(share);
        const mixed = colour.map((channel, i) => strength * channel + (1 - strength) * ground[i]);
        const ink = inkOn(`rgb(${colour.join(', ')})`, `rgb(${ground.join(', ')})`, strength);
        expect(contrast(luminanceOf(mixed), ink === '#fff' ? 1 : 0)).toBeGreaterThan(4.5);
      }
  });

  test('names a run by one kernel of a family where the others follow from it', () => {
    const of = (q4: string, q6: string, number: number) => {
      const { record } = run('prefill=64', [number], number);
      const variants = { matmul_q4_k: { name: q4, knobs: {} }, matmul_q6_k: { name: q6, knobs: {} } };
      return { number, record: { ...record, variants } };
    };
    const names = (runs: ReturnType<typeof of>[]) => barsOf({ runs }, 64).map(({ label }) => label);
    const family = [of('naive', 'naive', 1), of('tiled', 'tiled', 2), of('dot4', 'tiled', 3)];
    expect(names(family)).toEqual(['naive', 'tiled', 'dot4']);
    expect(names([...family, of('dot4', 'naive', 4)])).toContain('matmul_q4_k=dot4 matmul_q6_k=naive');
  });

  test('names the kernel of a knob where nothing else does, and the GPU of a run beside published figures', () => {
    const names = (...runs: { number: number; record: RunRecord }[]) =>
      barsOf({ runs }, 64).map(({ label }) => label);
    const other = run('prefill=64\nmatmul_q4_k=dot4', [5], 5);
    expect(names(knobs(8, 4, 1, 1), knobs(16, 4, 2, 2))).toEqual([
      'matmul_q4_k row_threads=8',
      'matmul_q4_k row_threads=16',
    ]);
    expect(names(knobs(8, 4, 1, 1), knobs(16, 8, 2, 2))[0]).toBe('matmul_q4_k row_threads=8 token_threads=4');
    expect(names(knobs(8, 4, 1, 1), knobs(16, 4, 2, 2), other)).toContain('tiled row_threads=16');
    const two = (q4: string, rows: number, wkv: string, number: number) => {
      const { record } = run('prefill=64', [number], number);
      const variants = {
        matmul_q4_k: { name: q4, knobs: { row_threads: rows } },
        wkv: { name: wkv, knobs: {} },
      };
      return { number, record: { ...record, variants } };
    };
    expect(
      names(two('tiled', 8, 'naive', 1), two('tiled', 16, 'pairs', 2), two('dot4', 8, 'pairs', 3))[0],
    ).toBe('matmul_q4_k=tiled row_threads=8 wkv=naive');
    const references = [{ series: 'another GPU', key: 'prefill', x: 64, tokensPerSecond: 1, note: '' }];
    const beside = barsOf({ runs: [run('prefill=64', [1], 1)], references, axis: 'prefill' }, 64);
    expect(beside.map(({ label }) => label)).toEqual(['a GPU', 'another GPU']);
  });

  test('writes small numbers of a logarithmic axis as powers of ten, all of them', () => {
    expect([1e-12, 3e-4, 0.01, 1].map((value) => numberText(value, 'en', true))).toEqual([
      '10⁻¹²',
      '3×10⁻⁴',
      '10⁻²',
      '10⁰',
    ]);
    expect([0.001, 0.5, 12_000].map((value) => numberText(value, 'en', false))).toEqual([
      '0.001',
      '0.5',
      '12,000',
    ]);
  });

  test('as a heat map has the speed of each pair of knobs in its cell, and the same as a table', () => {
    const plot = gridPlot(grid, english);
    expect(plot.x).toMatchObject({ label: 'matmul_q4_k.row_threads', values: ['8', '16'] });
    expect(marksOf(plot).map(({ x, y, value, record }) => [x, y, value, record])).toEqual([
      [0, 0, 64, 1],
      [0, 1, 32, 2],
      [1, 0, 16, 3],
    ]);
    expect(tableOf(plot).rows).toEqual([
      ['4', '64', '16'],
      ['8', '32', ''],
    ]);
    expect(plot.summary).toContain('row_threads=8');
    expect(plot.summary).toContain('1 combination has no run');
    expect(() => gridPlot(chunks, english)).toThrow('two knobs');
  });

  test('has every run once as a mark, whatever its form', () => {
    const rowCounts = fc.uniqueArray(fc.constantFrom(8, 16), { minLength: 1 });
    const tokenCounts = fc.uniqueArray(fc.constantFrom(4, 8, 16), { minLength: 1 });
    fc.assert(
      fc.property(rowCounts, tokenCounts, fc.constantFrom(undefined, 'prefill'), (rows, tokens, axis) => {
        const runs = rows.flatMap((row, i) =>
          tokens.map((token, k) => knobs(row, token, 1 + i + k, 1 + i * tokens.length + k)),
        );
        const form = formOf(runs, axis);
        const wanted = { runs, axis };
        const plot =
          form === 'grid'
            ? gridPlot(runs, english)
            : form === 'bars'
              ? barsPlot(wanted, 64, english)
              : linesPlot(viewOf(wanted), english);
        const drawn = marksOf(plot).map(({ record }) => record);
        expect(drawn.toSorted()).toEqual(runs.map(({ number }) => number).toSorted());
        expect(tableOf(plot).rows.length).toBeGreaterThan(0);
      }),
      { numRuns: 60 },
    );
  });

  test('gives a line the same colour in the chart of decoding, where not every run takes part', () => {
    const runs = ['tiled', 'naive', 'dot4'].flatMap((name, i) =>
      [16, 32].map((chunk, k) => run(`prefill=64\nchunk=${chunk}\nmatmul_q4_k=${name}`, [1], 2 * i + k + 1)),
    );
    const tones = (plot: Plot) => plot.series.map(({ label, tone }) => `${label} ${tone}`);
    const all = tones(linesPlot(viewOf({ runs }), english));
    const part = runs.slice(2);
    expect(tones(linesPlot(viewOf({ runs: part }), english, runs))).toEqual(all.slice(1));
    expect(tones(linesPlot(viewOf({ runs: part }), english))).not.toEqual(all.slice(1));
  });

  test('gives no two of twelve lines the same colour and the same shape', () => {
    const palette = { ink: 'i', quiet: 'q', line: 'l', panel: 'p', series: ['a', 'b', 'c', 'd', 'e', 'f'] };
    const runs = ['naive', 'block8', 'tiled', 'pipelined'].flatMap((name, i) =>
      [1, 2, 3].flatMap((seed, k) =>
        [16, 32].map((chunk, j) =>
          run(`prefill=64\nchunk=${chunk}\nseed=${seed}\nmatmul_q4_k=${name}`, [1], 6 * i + 2 * k + j + 1),
        ),
      ),
    );
    const plot = linesPlot(viewOf({ runs, axis: 'chunk' }), english);
    const drawing = { plot, palette, directLabels: false, locale: 'en' };
    const looks = plot.series.map((series, at) => {
      const { borderColor, pointStyle } = datasetOf(series, at, drawing) as unknown as Record<
        string,
        unknown
      >;
      return `${String(borderColor)} ${String(pointStyle)}`;
    });
    expect(looks).toHaveLength(12);
    expect(new Set(looks).size).toBe(12);
    expect(new Set(Array.from({ length: 36 }, (_, at) => `${at % STYLES} ${shapeAt(at)}`)).size).toBe(36);
  });

  test('shows the change of every point against the pinned one, as lines and as bars', () => {
    const at = (chunk: number, seconds: number, number: number) => {
      const one = run(`prefill=64\nchunk=${chunk}`, [seconds], number);
      return { ...one, record: { ...one.record, startedAt: `2026-11-28T10:0${number}:00.000Z` } };
    };
    const runs = [at(16, 2, 1), at(32, 1, 2), at(64, 4, 3)];
    const base = { name: 'Run 1', record: runs[0].record };
    const deltas = ({ delta, against }: { delta?: number; against?: string }) => [delta, against];
    expect(viewOf({ runs, base }).series[0].points.map(deltas)).toEqual([
      [undefined, undefined],
      [1, 'Run 1'],
      [-0.5, 'Run 1'],
    ]);
    expect(barsOf({ runs, base, ghosts: [at(32, 9, 4).record] }, 0).map(deltas)).toEqual([
      [1, 'Run 1'],
      [undefined, undefined],
      [-0.5, 'Run 1'],
      [undefined, undefined], // the ghost
    ]);
    const [, mark] = marksOf(linesPlot(viewOf({ runs, base }), english));
    expect(mark.details).toContain('+100 % against Run 1');
  });

  test('shows what was there before a change until the first new point has arrived', () => {
    const ghosts = [run('prefill=16', [1], 1), run('prefill=64', [2], 2)].map(({ record }) => record);
    const view = viewOf({ runs: [], ghosts });
    expect([view.axis, view.xs]).toEqual(['prefill', [16, 64]]);
    expect(view.series).toMatchObject([{ origin: 'ghost', points: [{ x: 16 }, { x: 64 }] }]);
  });

  test('keeps its axis while series are hidden', () => {
    const plot = linesPlot(viewOf({ runs: chunks, target: 700 }), english);
    const hidden = without(plot, new Set([plot.series[0].label]));
    expect(hidden.series).toHaveLength(plot.series.length - 1);
    expect([hidden.x, hidden.y]).toEqual([plot.x, plot.y]);
    expect(plot.rules).toMatchObject([{ axis: 'y', at: 700 }]);
  });

  test('shows the samples of a run in the order taken', () => {
    const plot = stripPlot(run('prefill=64', [1, 2, 4], 3), english)!;
    expect(marksOf(plot).map(({ x, y }) => [x, y])).toEqual([
      [1, 64],
      [2, 32],
      [3, 16],
    ]);
    expect(plot.rules).toMatchObject([{ at: 32 }]);
    expect(stripPlot(run('prefill=64', [1], 1), english), 'one sample has no order').toBeUndefined();
    expect(stepsTo(26)).toEqual([5, 10, 15, 20, 25]);
  });

  test('shows decoding beside prefill, each with its own speeds, intervals and samples', () => {
    const records = [2, 4].map((seconds, at) => {
      const measured = run(`prefill=64&decode=8&chunk=${16 << at}`, [1, 1], at + 1);
      const record = { ...measured.record, decode: 8, decodeSeconds: [seconds, 2 * seconds] };
      return { ...measured, record };
    });
    const ghosts = records.map(({ record }) => ({ ...record, startedAt: 'before', decodeSeconds: [1.5] }));
    const view = viewOf({ phase: 'decode', runs: records, ghosts: [ghosts[0]], axis: 'chunk' });
    expect(
      view.series[0].points.map(({ tokensPerSecond, low, high }) => [tokensPerSecond, low, high]),
    ).toEqual([2, 4].map((seconds) => [8 / (1.5 * seconds), 4 / seconds, 8 / seconds]));
    expect(view.series[0].points[0].delta).toBeCloseTo(1.5 / 3 - 1);
    expect(linesPlot(view, english).title).toBe('Decode throughput');
    const bars = barsOf({ phase: 'decode', runs: [records[1], records[0]] }, undefined);
    expect(bars.map(({ record }) => record)).toEqual([1, 2]);
    const strip = stripPlot(records[0], english, 'decode')!;
    expect(marksOf(strip).map(({ y }) => y)).toEqual([4, 2]);
    expect(strip.title).toBe(english.decodeStrip);
  });

  test('is saved with model, GPU, browser, day and warnings, under a name that says so', () => {
    const [origin] = grid.map(({ record }) => originOf(record));
    const [where, warnings] = captionOf([origin, origin], english);
    expect(where).toMatch(/^demo · a GPU · Chrome 156 · .*2026$/);
    expect(warnings).toBe('Warnings: drift');
    expect(fileNameOf('prefill by chunk', [origin])).toBe('prefill-by-chunk-demo-a-GPU-2026-11-28');
    expect(fileNameOf('按 chunk', [{ model: '../../x y' }])).toBe('按-chunk-..-..-x-y');
  });

  test('of a file that has no readable time names no day, least of all one of 1970', () => {
    const text = readFileSync('tests/fixtures/abuse/llama-bench-bad-time.json', 'utf8');
    const { records } = readRuns(text);
    const origins = records.map(originOf);
    expect([...captionOf(origins, english), fileNameOf('prefill', origins)].join()).not.toMatch(/1970|1969/);
    expect(pointOf(records[0], undefined, 512, 'prefill').details.join()).not.toMatch(/1970/);
    expect(galleryOf([{ name: 'runs.json', text }]).rows[0].day).toBe('');
    expect(fromCsv(toCsv(records))[0].startedAt).toBe(records[0].startedAt);
  });
});

describe('the chart seen is the chart sent', () => {
  const shipped = fromCsv(readFileSync('static/results/road-h100.csv', 'utf8'));
  const drawn = (records: readonly RunRecord[], axis: string | undefined, scale: string | undefined) => {
    const runs = records.map((record, at) => ({ number: at + 1, record }));
    const wanted = { runs, axis, scale, target: 700 };
    const form = formOf(runs, axis);
    const plot =
      form === 'grid'
        ? gridPlot(runs, english)
        : form === 'bars'
          ? barsPlot(wanted, runs[0].record.prefill, english)
          : linesPlot(viewOf(wanted), english);
    return { form, plot };
  };
  /** All that is visible, with three digits of each number: a link has no samples, but their median and its interval. */
  const visible = ({ form, plot }: ReturnType<typeof drawn>) => {
    const digits = (value: number | undefined) => value?.toPrecision(3);
    return {
      form,
      title: plot.title,
      axes: [plot.x, plot.y].map(({ label, scale, values }) => [label, scale, values]),
      rules: plot.rules,
      series: plot.series.map(({ label, tone, published, marks }) => [
        ...[label, tone, published],
        ...marks.map(({ x, y, low, high, hollow, record, label }) => [
          ...[digits(x), digits(y), digits(low), digits(high), Boolean(hollow), record, label],
        ]),
      ]),
    };
  };

  test('for frozen results and the settings that draw them', async () => {
    const some = fc.uniqueArray(fc.integer({ min: 0, max: shipped.length - 1 }), {
      minLength: 1,
      maxLength: 8,
    });
    const axes = fc.constantFrom(undefined, 'chunk', 'prefill');
    const scales = fc.constantFrom(undefined, 'linear', 'log');
    await fc.assert(
      fc.asyncProperty(
        some,
        axes,
        scales,
        fc.integer({ min: 1, max: 12 }),
        async (places, axis, scale, samples) => {
          const records = places.map((at) => ({
            ...shipped[at],
            ...{ summary: undefined, labVersion: '0.2.0' },
            prefillSeconds: Array.from(
              { length: samples },
              (_, i) => shipped[at].prefillSeconds[0] * (1 + i / 100),
            ),
          }));
          const settings = `prefill=64\n${axis ? `x=${axis}\n` : ''}${scale ? `scale=${scale}\n` : ''}`;
          const link = await linkOf(
            [makeCell('sweep', settings), makeCell('csv', toCsv(records))],
            'results',
          );
          const { cells } = await readLink(link);
          const sweep = cells.find(({ kind }) => kind === 'sweep')!;
          const asked = parseExperiment(sweep.body);
          const frozen = readRuns(cells.find(({ kind }) => kind === 'csv')!.body).records;
          expect([asked.x?.[0], asked.scale?.[0]]).toEqual([axis, scale]);
          expect(visible(drawn(frozen, asked.x?.[0], asked.scale?.[0]))).toEqual(
            visible(drawn(readRuns(toCsv(records)).records, axis, scale)),
          );
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe('an evaluation', () => {
  const evaluated = (settings: string, seconds: number, divergence: number, number: number, text = 7) => {
    const { record } = run(settings, [seconds], number);
    const quality = { tokens: 10, bytes: 40, text, nats: 2, exactNats: 2, top1: 0.5, agreement: 0.9 };
    return { number, record: { ...record, quality: { ...quality, divergence, maxLogitError: 1 } } };
  };
  const runs = [
    evaluated('prefill=64\nmatmul_q4_k=naive', 4, 0, 1),
    evaluated('prefill=64\nmatmul_q4_k=block8', 5, 1e-9, 2),
    evaluated('prefill=64\nmatmul_q4_k=dot4', 1, 1e-4, 3),
    evaluated('prefill=64\nmatmul_q4_k=f16', 2, 1e-3, 4),
  ];

  test('is a dot for each run and the line of those than which none is faster and more exact', () => {
    const plot = qualityPlot([...runs, run('prefill=64', [1], 5)], english)!;
    const [line, dots] = plot.series;
    expect(dots.marks.map(({ record, label }) => [record, label])).toEqual([
      [1, 'naive'],
      [2, 'block8'],
      [3, 'dot4'],
      [4, 'f16'],
    ]);
    expect(line.marks.map(({ record }) => record)).toEqual([1, 3]);
    expect(plot.y.scale).toBe('log');
    for (const { x, y } of dots.marks) expect(x > 0 && y > 0).toBe(true);
    expect(plot.summary).toContain('naive, dot4');
    expect(qualityNote(runs, english)).toBe('On a text of 10 tokens');
    expect(qualityPlot([run('prefill=64', [1], 1)], english)).toBeUndefined();
  });

  test('has a frontier for each text and each prompt length, and says that texts differ', () => {
    const other = evaluated('prefill=64\nmatmul_q4_k=f16', 1, 0, 5, 8);
    const plot = qualityPlot([...runs, other], english)!;
    expect(plot.series.map(({ label }) => label)).toEqual(['frontier, 7', 'runs, 7', 'runs, 8']);
    expect(qualityNote([...runs, other], english)).toBe(english.qualityTexts);
    const longer = evaluated('prefill=128\nmatmul_q4_k=f16', 1, 0, 5);
    expect(qualityPlot([...runs, longer], english)!.series.at(-1)!.label).toBe('runs, prefill=128');
  });

  test('the frontier is what no other run beats', () => {
    const point = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 9 }));
    const known = runs[0].record;
    fc.assert(
      fc.property(fc.array(point, { minLength: 1, maxLength: 12 }), (points) => {
        const all = points.map(([seconds, divergence]) => ({
          ...known,
          prefillSeconds: [seconds],
          quality: { ...known.quality, divergence },
        }));
        const beats = (one: (typeof all)[number], other: (typeof all)[number]) => {
          const [speeds, errors] = [
            [one, other].map(({ prefillSeconds }) => -prefillSeconds[0]),
            [one, other].map(({ quality }) => quality.divergence),
          ];
          const better = speeds[0] > speeds[1] || errors[0] < errors[1];
          return better && speeds[0] >= speeds[1] && errors[0] <= errors[1];
        };
        const best = frontierOf(all);
        for (const record of best) expect(all.some((each) => beats(each, record))).toBe(false);
        const keyOf = ({ prefillSeconds, quality }: (typeof all)[number]) =>
          `${prefillSeconds[0]} ${quality.divergence}`;
        const unbeaten = all.filter((record) => !all.some((each) => beats(each, record))).map(keyOf);
        expect(new Set(best.map(keyOf))).toEqual(new Set(unbeaten));
      }),
    );
  });
});

describe('a search', () => {
  const trial = (variant: string, knobs: string, seconds?: number): Trial => ({
    ...{ variant, knobs, seconds, reason: seconds === undefined ? 'wrong' : undefined },
  });
  const found: BestSoFar[] = [
    {
      ...{
        settings: '',
        kernel: 'matmul',
        variant: 'b',
        knobs: 'k=1',
        beforeSeconds: 0.01,
        bestSeconds: 0.004,
      },
      trials: [trial('a', 'k=1', 0.012), trial('a', 'k=2', 0.1), trial('b', 'k=1', 0.004), trial('c', '')],
    },
    {
      ...{ settings: '', kernel: 'wkv', variant: 'x', knobs: '', beforeSeconds: 0.002, bestSeconds: 0.002 },
      trials: [trial('y', '', 0.003)],
    },
  ];

  test('is a curve of the best so far that never rises, with a dot for each trial', () => {
    const plot = curvePlot(found, english)!;
    const [best, dots, failed] = plot.series.map(({ marks }) => marks);
    expect(best.map(({ y }) => Math.round(y))).toEqual([12, 12, 12, 6, 6, 6, 6]);
    expect(dots.map(({ x, y }) => [x, Math.round(y)])).toEqual([
      [1, 14],
      [2, 102],
      [3, 6],
      [5, 7],
    ]);
    expect(failed.map(({ x, details }) => [x, details[1]])).toEqual([[4, 'wrong']]);
    expect(isClipped(plot)).toBe(true);
    expect(tableOf(plot).rows.map(([number, what]) => `${number} ${what}`)).toEqual([
      '1 matmul a k=1',
      '2 matmul a k=2',
      '3 matmul b k=1',
      '4 matmul c',
      '5 wkv y',
    ]);
    expect(curvePlot([{ ...found[0], trials: undefined }], english)).toBeUndefined();
  });

  test('is a line for each timed trial through its knobs, the fastest last and in colour', () => {
    expect(parallelSearches(found)).toEqual([found[0]]);
    const again = { ...found[0], bestSeconds: 0.003 };
    expect(parallelSearches([...found, again]), 'one for each kernel').toEqual([again]);
    const plot = parallelPlot(found[0], english);
    expect(plot.x.values).toEqual(['variant', 'k', 'time, ms']);
    expect(plot.series.map(({ tone }) => tone)).toEqual(['faint', 'faint', 0]);
    expect(plot.series.at(-1)!.marks.map(({ y }) => y)).toEqual([1, 0, 0]);
    expect(tableOf(plot).rows[0]).toEqual(['b', '1', '4']);
    for (const { y } of marksOf(plot)) expect(y >= 0 && y <= 1).toBe(true);
  });
});

describe('a profile', () => {
  const row = (kernel: string, seconds: number, flop?: number): ProfileRow => ({
    ...{ kernel, variant: 'v', shape: 's', uses: 2, dispatches: 2, seconds, passes: [], flop, bytes: 1e6 },
    ...{ secondsAtPeak: undefined, beyondTargetSeconds: 0, computePeak: 2e12 },
  });
  const profile = {
    ...{
      settings: 'chunk=64&matmul=v',
      rows: [row('matmul', 0.002, 1e9), row('wkv', 0.001, 1e6), row('copy', 1e-4)],
    },
    peaks: { f32: 2e12, f16: undefined, dot4: 4e12, matrix: undefined, read: 1e11, dispatch: 0, pass: 0 },
    timeline: [0, 1, 2, 0, 1, 2].map((row, i) => ({ row, begin: 1e-3 * i, seconds: 9e-4 })),
  } as unknown as Profile;

  test('has a figure under every title of its table, and their sums below', () => {
    const columns = Object.keys(foundEnglish.profileColumns);
    const [first] = profileRows(profile);
    expect(Object.keys(first)).toEqual(columns);
    expect(Object.values(first)).toEqual(
      ['matmul v\ns', '2', '64.5', '2', '2', '1', '50.0', '1', '1.0', '0'], // 2 × 1e9 FLOP and 2 × 1e6 bytes in 2 ms
    );
    const total = profileTotal({ ...profile, wallSeconds: 0.005, tokens: 64, target: 64_000 }, 'All');
    expect(Object.keys(total)).toEqual(columns);
    expect([total.kernel, total.uses, total.ms, total.beyond]).toEqual(['All', '6', '3.1', '4']);
  });

  test('lies under its roofs: FLOP per byte against TFLOPS', () => {
    const plot = rooflinePlot(profile, english)!;
    expect([plot.x.scale, plot.y.scale]).toEqual(['log', 'log']);
    const dots = plot.series.at(-1)!.marks;
    expect(dots.map(({ x, y, label }) => [x, y, label])).toEqual([
      [1000, 1, 'matmul'],
      [1, 0.002, 'wkv'],
    ]);
    const [memory, f32, dot4] = plot.series;
    for (const { x, y } of memory.marks) expect(y / x).toBeCloseTo(0.1);
    expect(memory.marks.at(-1)!.y, 'the slope reaches the highest roof').toBeCloseTo(4);
    expect([f32, dot4].map(({ label }) => label)).toEqual(['f32 2 TFLOPS', 'dot4 4 TOPS']);
    expect(plot.summary).toContain('copy');
    expect(rooflinePlot({ ...profile, rows: [row('copy', 1)] }, english)).toBeUndefined();
  });

  test('is a timeline of dispatches with the time between them, whole or one layer', () => {
    const whole = timelinePlot(profile, false, english)!;
    expect(whole.y.values).toEqual(['matmul', 'wkv', 'copy']);
    expect(marksOf(whole).map(({ y }) => y)).toEqual([0, 1, 2, 0, 1, 2]);
    expect(whole.summary).toContain('6 dispatches: 5.4 ms of work, 0.5 ms between them');
    const layer = timelinePlot(profile, true, english)!;
    expect(marksOf(layer).map(({ details }) => details[0])).toEqual(['wkv/v', 'copy/v', 'matmul/v']);
    expect(timelinePlot({ ...profile, timeline: undefined }, false, english)).toBeUndefined();
  });

  test('is compared with another by kernel, largest change first', () => {
    const other = {
      ...profile,
      settings: 'chunk=64&matmul=w',
      rows: [row('matmul', 0.005), row('wkv', 0.0008)],
    };
    const all = differencesOf(profile, other as Profile);
    expect(all.map(({ kernel }) => kernel)).toEqual(['matmul', 'wkv', 'copy']);
    const plot = differencePlot(profile, other as Profile, english);
    expect(plot.series.map(({ marks }) => marks.map(({ label }) => label))).toEqual([
      ['−0.2', '−0.1'],
      ['+3'],
    ]);
    expect(plot.summary).toMatch(/^matmul=w against matmul=v\. All kernels together: \+2\.7 ms/);
    // A side without bars takes no room, and no place in the legend.
    const slower = differencePlot(
      profile,
      { ...profile, rows: [row('matmul', 0.005), ...profile.rows.slice(1)] } as Profile,
      english,
    );
    expect(slower.series.map(({ label }) => label)).toEqual([english.slower]);
    expect([slower.x.min, slower.x.max! > 3], 'ms').toEqual([-0, true]);
    expect(differencePlot(profile, profile, english).table?.columns.slice(1, 3)).toEqual([
      'First (ms)',
      'Second (ms)',
    ]);
    expect(variantSums([...profile.rows, row('wkv', 1)])[0]).toEqual({
      kernel: 'wkv',
      variant: 'v',
      seconds: 1.001,
    });
  });
});

describe('the kernels', () => {
  const shipped = (name: string) => sharesIn(parseCsv(readFileSync(`static/results/${name}.csv`, 'utf8')));
  const shares = {
    chunk: shipped(PROFILES.chunk),
    token: shipped(PROFILES.token),
    adapter: PROFILES.adapter,
  };

  test('are in order of what they cost in a chunk or in a decoded token', () => {
    for (const each of [shares.chunk, shares.token])
      expect([...each.values()].reduce((sum, share) => sum + share, 0)).toBeCloseTo(1);
    const order = byCost(['advance', 'argmax', 'matmul', 'matvec', 'time_mix_start', 'wkv_token'], shares);
    expect(order.slice(0, 4)).toEqual(['matmul', 'matvec', 'time_mix_start', 'wkv_token']);
    expect(costOf('matmul', shares).chunk).toBeGreaterThan(0.7);
  });

  test('have the best time of each variant over all its knobs, where most were compared', () => {
    const row = (variant: string, tokens: number, us: string) => ({
      kernel: 'k',
      variant,
      shape: `tokens ${tokens}`,
      us,
    });
    const timings = bestTimes(
      [
        row('a', 64, '5'),
        row('a', 64, '3'),
        { ...row('b', 64, '4'), shape: 'tokens 64, epilogue 1' },
        row('a', 512, '9'),
        row('c', 64, ''),
        { ...row('a', 64, '1'), kernel: 'other' },
      ],
      'k',
    );
    expect(mostCompared(timings).map(({ variant, seconds }) => [variant, 1e6 * seconds])).toEqual([
      ['a', 3],
      ['b', 4],
    ]);
  });
});

describe('the times of single tokens', () => {
  test('are counted once each, within bars that the clock can tell apart, and a pause does not flatten the others', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 1e-4, max: 1, noNaN: true }), { minLength: 8, maxLength: 200 }),
        (times) => {
          const plot = tokensPlot(times, english)!;
          const [{ marks }] = plot.series;
          expect(marks.reduce((sum, { y }) => sum + y, 0)).toBe(times.length);
          expect(marks.length).toBeLessThanOrEqual(41);
          for (const { x } of marks) expect(x > plot.x.min! && x < plot.x.max!).toBe(true);
        },
      ),
    );
    const coarse = tokensPlot(
      [8, 9, 8, 9, 10, 8, 9, 9, 8].map((ms) => ms / 1e3),
      english,
    )!;
    expect(coarse.series[0].marks.map(({ y }) => y)).toEqual([4, 4, 1]);
    const paused = tokensPlot([...Array.from({ length: 40 }, (_, i) => 0.008 + 1e-5 * i), 2], english)!;
    expect(paused.x.max).toBeLessThan(30);
    expect(paused.series[0].marks.at(-1)!.details).toEqual([
      expect.stringMatching(/ms or longer$/),
      '1 token',
    ]);
    expect(paused.summary).toMatch(
      /^41 tokens: median 8\.2 ms, 95 % within 8\.\d+ ms, the longest 2,000 ms\.$/,
    );
    expect(tokensPlot([0.01, 0.01], english)).toBeUndefined();
    expect(
      tokensPlot(
        Array.from({ length: 9 }, () => 0),
        english,
      )!.series[0].marks[0].y,
    ).toBe(9);
  });
});

describe('a saved picture', () => {
  const palette = {
    ...{ ink: 'rgb(1, 1, 1)', quiet: 'rgb(2, 2, 2)', line: 'rgb(3, 3, 3)', panel: 'rgb(255, 255, 255)' },
    series: [4, 5, 6, 7, 8, 9].map((value) => `rgb(${value}, ${value}, ${value})`),
  };
  const saved = (plot: Plot) =>
    svgOf({ plot, palette, directLabels: true, locale: 'en' }, ['on <this> & that GPU']);
  const painted = (svg: string, colour: number, what = 'fill') =>
    svg.match(new RegExp(`<path [^>]*${what}="rgb\\(${colour}, ${colour}, ${colour}\\)"`, 'g'))?.length ?? 0;

  test('draws the fastest trial over the others, and writes every number of its scales whole beside even axes', () => {
    const trials = [256, 2048, 1024].map((knob, i) => ({
      variant: 'v',
      knobs: `k=${knob} l=${i}`,
      seconds: 1.26 / 5 ** i,
    }));
    const best = {
      settings: '',
      kernel: 'matmul',
      variant: 'v',
      knobs: '',
      beforeSeconds: 2,
      bestSeconds: 1,
      trials,
    };
    const svg = saved(parallelPlot(best, english));
    const strokes = [
      ...svg.matchAll(
        /<path [^>]*stroke="rgb\((\d+), \d+, \d+\)"( stroke-opacity="0\.45")?(?: stroke-width="([\d.]+)")?/g,
      ),
    ].map(([, colour, faint, width = '1']) => ({ colour: faint ? 'faint' : colour, width }));
    const last = (wanted: string) => strokes.findLastIndex(({ colour }) => colour === wanted);
    expect(last('4')).toBeGreaterThan(last('faint'));
    expect(last('faint')).toBeGreaterThan(-1);
    for (const text of ['>2048<', '>1,260<', '>252<', '>50.4<']) expect(svg).toContain(text);
    const axes = strokes.filter(({ colour }) => colour === '2').map(({ width }) => width);
    expect(axes.length).toBeGreaterThan(2);
    expect(new Set(axes).size, axes.join()).toBe(1);
  });

  test('has a bar for each count of a histogram, side by side', () => {
    const svg = saved(
      tokensPlot(
        [8, 9, 8, 9, 10, 8, 9, 9, 8, 10, 10, 10].map((ms) => ms / 1e3),
        english,
      )!,
    );
    const bars = [...svg.matchAll(/<path d="([^"]*)" fill="rgb\(4, 4, 4\)"/g)].map(([, path]) =>
      [...path.matchAll(/[ML]([\d.]+) [\d.]+/g)].map(([, x]) => Number(x)),
    );
    // Each bar has a frame and an inside.
    const sides = bars.map((xs) => [Math.min(...xs), Math.max(...xs)]).sort(([a], [b]) => a - b);
    expect(sides).toHaveLength(2 * 3);
    for (const [left, right] of sides) expect(right - left).toBeGreaterThan(100);
    const places = [0, 2, 4].map((at) => sides[at]);
    expect(places.every(([left], i) => i === 0 || left >= places[i - 1][1] - 1)).toBe(true);
  });

  test('has the marks, labels, axes and origin of its plot, whatever the form', () => {
    const grid = [knobs(8, 4, 1, 1), knobs(8, 8, 2, 2), knobs(16, 4, 4, 3), knobs(16, 8, 3, 4)];
    const cells = saved(gridPlot(grid, english));
    expect(painted(cells, 4), 'a cell each').toBe(4);
    for (const text of ['>64<', '>32<', '>16<', '>8<', 'row_threads<', 'on &lt;this&gt; &amp; that GPU<'])
      expect(cells).toContain(text);

    const runs = [1, 2, 4].map((factor, i) =>
      run(`prefill=64\nchunk=${16 * factor}`, Array<number>(10).fill(1 / factor), i + 1),
    );
    const lines = saved(linesPlot(viewOf({ runs, target: 700 }), english));
    expect(painted(lines, 4), 'a point each').toBe(3);
    expect(painted(lines, 4, 'stroke'), 'their outlines and a line').toBe(4);
    expect(lines).toContain('>target 700 tokens/s<');
    expect(lines).toContain('stroke-dasharray="6 5"');

    const bars = saved(
      barsPlot({ runs: [run('prefill=64', [1, 2], 1), run('prefill=64', [3, 4], 2)] }, 64, english),
    );
    expect(painted(bars, 4)).toBeGreaterThanOrEqual(2);
    expect(painted(bars, 1, 'stroke'), 'an interval each').toBe(2);
  });

  test('keeps its marks inside, at heights in the order of their values', () => {
    const rates = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 2, maxLength: 12 });
    fc.assert(
      fc.property(rates, (values) => {
        const svg = saved(
          stripPlot(
            run(
              'prefill=64',
              values.map((rate) => 64 / rate),
              1,
            ),
            english,
          )!,
        );
        const points = [...svg.matchAll(/<path d="M([\d.]+) ([\d.]+)A[^"]*" fill="rgb\(4, 4, 4\)"/g)];
        expect(points).toHaveLength(values.length);
        const heights = points.map(([, , y]) => Number(y));
        for (const [i, height] of heights.entries()) {
          expect(height >= 0 && height <= 540).toBe(true);
          if (i && values[i] > values[i - 1]) expect(height).toBeLessThan(heights[i - 1]);
        }
      }),
      { numRuns: 5 },
    );
  });
});

test('an axis has all values inside', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 1e-6, max: 1e9, noNaN: true }), { minLength: 1 }), (values) => {
      for (const scale of ['linear', 'log'] as const) {
        const { min, max } = rangeOf(values, scale);
        for (const value of values) expect(value >= min && value <= max).toBe(true);
      }
    }),
  );
  expect(rangeOf([], 'log').max).toBeGreaterThan(rangeOf([], 'log').min);
});

test('the words of charts say the same in both languages', () => {
  expect(chinese.gridSummary('a', '1', 'b', '2')).toContain('a');
  for (const [key, text] of Object.entries(english))
    expect(typeof chinese[key as keyof typeof chinese], key).toBe(typeof text);
});

describe('labels at the ends of lines', () => {
  test('stay at their lines where there is room, whatever happens at the bottom', () => {
    expect(movedApart([100, 240, 355, 358, 360], 20, 360)).toEqual([100, 240, 320, 340, 360]);
    expect(movedApart([100, 105, 200], 20, 360)).toEqual([100, 120, 200]);
    expect(movedApart([], 20, 360)).toEqual([]);
  });

  test('are apart, in their order and above the bottom, for any lines', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 360 }), { minLength: 1, maxLength: 18 }), (places) => {
        const moved = movedApart(
          [...places].sort((a, b) => a - b),
          20,
          360,
        );
        expect(moved.at(-1)).toBeLessThanOrEqual(360);
        for (let k = 1; k < moved.length; k++) expect(moved[k] - moved[k - 1]).toBeGreaterThanOrEqual(20);
      }),
    );
  });
});
