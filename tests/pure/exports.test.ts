// Exports and what is published: traces, reports, contributed files, the gallery, and links with results that are not frozen.
import { readdir, readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { contentOf, parseNotebook } from '../../src/lib/lab/notebook/notebook';
import { linkOf, readLink } from '../../src/lib/lab/notebook/share';
import { checkContribution } from '../../src/lib/lab/records/contribution';
import { byModel, choicesOf, filtered } from '../../src/lib/lab/records/gallery';
import { galleryOf } from '../../src/lib/lab/records/galleryRows';
import type { Profile } from '../../src/lib/lab/records/profile';
import { type RunRecord, tokensPerSecond } from '../../src/lib/lab/records/record';
import { fastestOf, inferenceReport } from '../../src/lib/lab/records/report';
import { COLUMNS } from '../../src/lib/lab/records/columns';
import { besideToCsv } from '../../src/lib/lab/records/peer';
import { kernelsToCsv } from '../../src/lib/lab/records/kernelsCsv';
import { fromCsv, summariesToCsv, toCsv } from '../../src/lib/lab/records/runsCsv';
import { samplesToCsv } from '../../src/lib/lab/records/samplesCsv';
import { profileTrace } from '../../src/lib/lab/records/trace';
import { cellsOf } from '../../src/lib/ui/notebook/cellList';
import { galleryNotebook } from '../../src/lib/ui/notebook/galleryLink';
import words from '../../src/lib/ui/words/results';
import { textWithResults, unfrozenIn } from '../../src/lib/ui/notebook/withResults';
import { anyRecord } from '../any-record';
import { strictCsv } from '../strict-csv';

const road = await readFile('static/results/road-h100.csv', 'utf8');
const [first] = fromCsv(road);
/** A record as the lab of today makes it. */
const fresh: RunRecord = {
  ...first,
  labVersion: '0.2.0',
  checks: { shapes: 45, seed: 7, answerError: 2e-13, answerSeed: 8, seconds: 0.5 },
};

describe('CSV by the letter of RFC 4180', () => {
  const named = (rows: string[][]) =>
    rows.slice(1).map((row) => new Map(rows[0].map((name, i) => [name, row[i]])));

  test('reads back every record that the lab writes, whole, as summaries and sample by sample', () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 3 }), (records) => {
        const rows = named(strictCsv(toCsv(records)));
        expect(rows.map((row) => row.get('x_settings'))).toEqual(records.map(({ settings }) => settings));
        expect(rows.map((row) => row.get('x_model'))).toEqual(records.map(({ model }) => model));
        strictCsv(summariesToCsv(records));
        strictCsv(samplesToCsv(records));
      }),
    );
    expect(() => strictCsv('a,"b\n')).toThrow('not closed');
    expect(() => strictCsv('a,b"c\n')).toThrow('character 3');
    expect(() => strictCsv('a,b\nc\n')).toThrow('1 fields');
  });

  test('reads a run beside another program, llama-bench’s columns first, and the lab reads it too', () => {
    const positive = fc.double({ min: 1e-3, max: 1e3, noNaN: true });
    const measured =
      'build_number model_size model_n_params test_time avg_ns stddev_ns avg_ts stddev_ts'.split(' ');
    fc.assert(
      fc.property(anyRecord, anyRecord, positive, (peer, own, ratio) => {
        const against = {
          verdict: 'faster' as const,
          ratio,
          low: ratio,
          high: ratio,
          values: [1, 2],
          more: 0,
        };
        const csv = besideToCsv({ peer, own, against, prompts: 4, agreeing: 3 });
        const [first, second] = named(strictCsv(csv));
        expect([...first.keys()].slice(0, 39)).toEqual(COLUMNS.slice(0, 39).map(({ name }) => name));
        expect([first.get('x_vs_ratio'), second.get('x_vs_ratio')]).toEqual(['', String(ratio)]);
        expect([second.get('x_vs_blocks'), second.get('x_vs_same_token')]).toEqual(['2', '0.75']);
        // llama.cpp's script compares rows that differ in their build alone.
        for (const name of [...first.keys()].slice(1, 39).filter((each) => !measured.includes(each)))
          expect(first.get(name), name).toBe(second.get(name));
        const both = [...new Set([peer.adapter, own.adapter])].filter((name) => name !== '');
        const numbers = both.every((name) => /^\d+$/.test(name)); // a column of numbers takes no words
        expect(first.get('gpu_info')).toBe(numbers ? (both[0] ?? '') : both.join(' | '));
        expect(first.get('build_commit')).toHaveLength(second.get('build_commit')!.length);
        expect(fromCsv(csv)).toEqual(fromCsv(toCsv([peer, own])));
      }),
    );
  });

  test('and llama.cpp’s script, which keeps each of its columns in a table of SQLite, gets numbers where it wants them', () => {
    const numbers =
      'build_number model_size model_n_params n_batch n_ubatch n_threads cpu_strict poll n_gpu_layers main_gpu no_kv_offload ' +
      'flash_attn embeddings no_op_offload n_prompt n_gen n_depth avg_ns stddev_ns n_cpu_moe fit_target fit_min_ctx';
    fc.assert(
      fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 3 }), (records) => {
        for (const row of named(strictCsv(toCsv(records)))) {
          for (const name of numbers.split(' '))
            expect(row.get(name), name).toMatch(/^(\d+|\d\.?\d*e\+\d+|)$/);
          for (const name of ['avg_ts', 'stddev_ts'])
            expect(Number(row.get(name)), name).toBeGreaterThanOrEqual(0);
          expect(row.get('build_commit')).not.toBe('');
          expect(new Date(row.get('test_time')!).toISOString()).toBe(row.get('test_time'));
        }
      }),
      { numRuns: 50 },
    );
  });

  test('reads what the lab has published', async () => {
    for (const folder of ['static/results', 'docs/data', 'docs'])
      for (const name of (await readdir(folder)).filter((each) => each.endsWith('.csv')))
        expect(strictCsv(await readFile(`${folder}/${name}`, 'utf8')).length, name).toBeGreaterThan(1);
  });
});

test('a trace has every dispatch with its begin and its end, so that the gaps are those of the GPU', () => {
  const step = fc.record({ row: fc.nat(1), gap: fc.nat(1e6), length: fc.integer({ min: 1, max: 1e6 }) });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 30 }), (steps) => {
      let at = 0;
      const timeline = steps.map(({ row, gap, length }) => {
        const begin = (at += gap) * 1e-9;
        at += length;
        return { row, begin, seconds: length * 1e-9 };
      });
      const rows = ['a', 'b'].map((kernel) => ({ kernel, variant: 'naive', shape: 'rows 1' }));
      const profile = {
        settings: 'prefill=8',
        adapter: 'a "GPU"',
        tokens: 8,
        rows,
        timeline,
      } as unknown as Profile;
      const { traceEvents } = JSON.parse(profileTrace(profile)) as {
        traceEvents: { ph: string; ts: number; dur: number; name: string }[];
      };
      const slices = traceEvents.filter(({ ph }) => ph === 'X');
      expect(slices.map(({ name }) => name)).toEqual(steps.map(({ row }) => `${'ab'[row]}/naive`));
      slices.forEach(({ ts, dur }, index) => {
        expect(ts / 1e6).toBeCloseTo(timeline[index].begin, 12);
        expect(dur / 1e6).toBeCloseTo(timeline[index].seconds, 12);
        const next = slices[index + 1];
        if (next) expect(next.ts - ts - dur).toBeCloseTo(steps[index + 1].gap / 1e3, 6);
      });
    }),
  );
  expect(() => profileTrace({ rows: [] } as unknown as Profile)).toThrow(/no timestamps/);
});

test('a report has the fastest run of each device, program, model and prompt', () => {
  const slower = { ...fresh, prefillSeconds: fresh.prefillSeconds.map((seconds) => 2 * seconds) };
  const other = { ...slower, adapter: 'a | b' };
  expect(fastestOf([slower, fresh, other])).toEqual([fresh, other]);
  const lines = inferenceReport([slower, fresh, other]).trimEnd().split('\n');
  expect(lines).toHaveLength(4);
  expect(lines[2]).toContain(`| ${tokensPerSecond(fresh).toPrecision(4)} |`);
  expect(lines[3]).toContain('a \\| b');
});

describe('a contributed file', () => {
  const check = (records: RunRecord[]) => checkContribution(toCsv(records));

  test('of a run that was checked is fit', () => {
    expect(check([fresh])).toMatchObject({ problems: [] });
  });

  test.each([
    ['no checks', { checks: undefined }, /Run 1: it says nothing about its checks/],
    [
      'no check of the answer',
      { checks: { shapes: 45, seed: 7, seconds: 0.5 } },
      /not checked after the timing/,
    ],
    ['no device', { adapter: '' }, /the device is not named/],
    ['milliseconds for seconds', { prefillSeconds: [97_000_000] }, /is no time of a prompt/],
    ['a time that no GPU reaches', { prefillSeconds: [2e-6] }, /TFLOPS are beyond every GPU/],
    ['decoding that no memory allows', { decode: 64, decodeSeconds: [1e-3] }, /beyond every memory/],
    ['no hash', { kernelHash: '' }, /hash of its kernels is missing/],
    ['no samples', { summary: { samples: 5 } }, /samples were left out/],
  ])('with %s is not', (_, change, message) => {
    expect(check([{ ...fresh, ...change } as RunRecord]).problems.join('\n')).toMatch(message);
  });

  test('with an edited figure is not: each is compared with the samples', () => {
    const rate = String(tokensPerSecond(fresh));
    const text = toCsv([fresh]);
    expect(text).toContain(rate);
    const { problems } = checkContribution(text.replace(rate, String(2 * Number(rate))));
    expect(problems.join('\n')).toMatch(/Run 1: x_median_tokens_per_second is .* its samples come to/);
  });

  test.each([
    ['other columns', 'a,b\n1,2\n', /neither the lab's/],
    ['prose', 'Dear all,\nhere are my results: 99 tok/s\n', /neither the lab's .* Dear all/],
    ['bytes', '\x89PNG\r\n\x1a\n\0\0"x"y', /neither the lab's/],
    ['nothing', '\n', /nothing in this file/],
    ['no rows', road.split('\n', 1)[0], /names columns and has no rows/],
    ['half of JSON', '{"x_settings":1', /not JSON/],
    [
      'a time that is none',
      toCsv([fresh]).replace(fresh.prefillSeconds.join(' '), 'fast'),
      /"fast" is not a number/,
    ],
    ['a column twice', road.replace('build_number', 'build_commit'), /two columns named "build_commit"/],
    ['times of kernels', kernelsToCsv([]), /times of kernels/],
  ])('that holds %s is refused in words', (_, text, message) => {
    expect(checkContribution(text).problems).toEqual([expect.stringMatching(message)]);
  });

  test('that was cut off, or has lines of a log in it, is not fit', () => {
    const log = `load: ok\n${toCsv([fresh, fresh])}`;
    for (const text of [toCsv([fresh, fresh]).slice(0, -300), log]) {
      const { problems, notes } = checkContribution(text);
      expect(problems).toEqual([expect.stringMatching(/lines that are no results/)]);
      expect(notes[0]).toMatch(/^One line holds no result/);
    }
  });

  test('of an older version is told apart from one without checks', () => {
    const { problems, notes } = checkContribution(road);
    expect(problems).toEqual([]);
    expect(notes.join()).toMatch(/from before version 0\.2/);
  });
});

describe('the gallery', () => {
  test('lists every run of every shipped file once, fastest first, and the other files', async () => {
    const names = (await readdir('static/results')).filter((name) => name.endsWith('.csv'));
    const files = await Promise.all(
      names.map(async (name) => ({ name, text: await readFile(`static/results/${name}`, 'utf8') })),
    );
    const { rows, others } = galleryOf(files, { h100: 'NVIDIA H100', h200: 'NVIDIA H200' });
    expect([...new Set(rows.map(({ device }) => device))].sort()).toEqual(['NVIDIA H100', 'NVIDIA H200']);
    const listed = new Set(rows.map(({ file, index }) => `${file} ${index}`));
    expect(listed.size).toBe(rows.length);
    expect(new Set([...rows.map(({ file }) => file), ...others])).toEqual(new Set(names));
    expect(rows.map(({ rate }) => rate)).toEqual(rows.map(({ rate }) => rate).sort((a, b) => b - a));
    // A speed of rounded activations or of matrix units is told from an exact one.
    expect(rows.find(({ model }) => model === 'synthetic-2.9b')?.product).toBe('matmul_q4_k=subgroup_matrix');
    for (const { product } of rows) expect(product).toMatch(/^matmul_\w+=\w+$/);
    for (const name of names.filter((each) => !others.includes(each)))
      expect(checkContribution(files.find((file) => file.name === name)!.text).problems, name).toEqual([]);
  });

  test('stands model by model, each with its fastest first and as the measure of the others', async () => {
    const { rows } = galleryOf([{ name: 'road-h100.csv', text: road }], {});
    const made = rows.flatMap((row, at) => [
      row,
      { ...row, model: 'small', device: 'one', rate: 1e6 + at },
      { ...row, software: true, rate: 1e9, device: 'a CPU' },
    ]);
    const groups = byModel(made);
    expect(
      groups.map(({ model }) => model),
      'most devices first',
    ).toEqual([rows[0].model, 'small']);
    expect(groups.flatMap((group) => group.rows).length).toBe(made.length);
    for (const { model, rows: own, fastest } of groups) {
      expect(own.every((row) => row.model === model)).toBe(true);
      expect(own.map(({ rate }) => rate)).toEqual(own.map(({ rate }) => rate).sort((a, b) => b - a));
      expect(fastest).toBe(Math.max(...own.filter(({ software }) => !software).map(({ rate }) => rate)));
    }
  });

  test('filters leave what has all wanted values, and offer only values that leave something', () => {
    const made = Array.from({ length: 20 }, (_, at) => ({
      name: `${at}.csv`,
      text: toCsv([
        { ...fresh, adapter: `GPU ${at}`, agent: `Chrome/${100 + (at % 3)}.0` },
        { ...fresh, adapter: `GPU ${at}`, agent: `Chrome/${100 + (at % 3)}.0`, prefillSeconds: [99] },
      ]),
    }));
    const { rows } = galleryOf(made);
    expect(filtered(rows, {}, true)).toHaveLength(40);
    expect(filtered(rows, {}, false)).toHaveLength(20);
    expect(filtered(rows, { device: 'GPU 4' }, false).map(({ browser }) => browser)).toEqual(['Chrome 101']);
    expect(choicesOf(rows, 'browser', { device: 'GPU 4' })).toEqual(['Chrome 101']);
    expect(choicesOf(rows, 'device', { device: 'GPU 4' })).toHaveLength(20);
  });

  test('a row opens as a notebook with its results and its settings, whatever its names hold', () => {
    const name = fc.string();
    fc.assert(
      fc.property(name, name, (adapter, model) => {
        const cells = parseNotebook(galleryNotebook([{ ...fresh, adapter, model }], ['a.csv'], words));
        expect(cells.filter(({ kind }) => kind !== 'prose').map(({ kind }) => kind)).toEqual([
          'csv',
          'sweep',
        ]);
        const [back] = fromCsv(contentOf(cells.find(({ kind }) => kind === 'csv')!));
        expect([back.adapter, back.model]).toEqual([adapter, model]);
      }),
    );
  });
});

test('a link with results takes along what is not frozen, and nothing twice', async () => {
  const cells = cellsOf('# A\n\n```lab sweep\nprefill=512\n```\n\n```lab sweep\nprefill=64\n```\n');
  const sweeps = cells.filter(({ kind }) => kind === 'sweep');
  const events = [{ type: 'record' as const, record: fresh }];
  const left = unfrozenIn(cells, (id) => (id === sweeps[0].id ? events : []));
  expect(left).toMatchObject([
    { id: sweeps[0].id, number: 2, settings: 'prefill=512', text: toCsv([fresh]), runs: 1 },
  ]);
  const whole = cellsOf(textWithResults(cells, left));
  expect(whole.map(({ kind }) => kind)).toEqual(['prose', 'sweep', 'csv', 'sweep']);
  const again = whole.filter(({ kind }) => kind === 'sweep');
  expect(unfrozenIn(whole, (id) => (id === again[0].id ? events : []))).toEqual([]);
  const { cells: received } = await readLink(
    await linkOf(parseNotebook(textWithResults(cells, left)), 'results'),
  );
  const [back] = fromCsv(contentOf(received.find(({ kind }) => kind === 'csv')!));
  expect(back).toMatchObject({
    ...{ adapter: fresh.adapter, agent: fresh.agent, labVersion: '0.2.0', kernelHash: fresh.kernelHash },
    ...{ seed: fresh.seed, checks: fresh.checks, warnings: fresh.warnings },
  });
});
