// Records and their columns: CSV round trip, llama-bench's names, and files that other programs wrote.
import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeTokensPerSecond,
  hashTexts,
  type RunRecord,
  tokensPerSecond,
  upgradeRecord,
} from '../../src/lib/lab/records/record';
import { type Outcome, upgradeOutcome } from '../../src/lib/ui/notebook/outcome';
import { RESULT_DEFAULTS } from '../../src/lib/lab/experiment/descriptors';
import { chunkFits } from '../../src/lib/lab/records/fits';
import { show } from '../../src/lib/lab/records/column';
import english from '../../src/lib/ui/words/charts';
import { COLUMNS, SHOWN } from '../../src/lib/lab/records/columns';
import { formatCsv, parseCsv } from '../../src/lib/lab/records/csv';
import { readRuns } from '../../src/lib/lab/records/import';
import { fromCsv, toCsv } from '../../src/lib/lab/records/runsCsv';
import { samplesToCsv } from '../../src/lib/lab/records/samplesCsv';
import { formatVariants } from '../../src/lib/lab/records/values';
import { anyRecord } from '../any-record';

const record: RunRecord = {
  settings: 'prefill=256&chunk=64&matmul_q4_k=tiled',
  model: 'demo',
  parameters: 8_018_688,
  geometry: { layers: 8, embedding: 256, heads: 4, hidden: 1024, vocabulary: 4096 },
  weightBytes: 7_000_000,
  memoryBytes: 3_000_000,
  loadSeconds: 0.25,
  layoutSeconds: 0,
  checks: { shapes: 45, seed: 7, answerError: 2e-13, answerSeed: 8, seconds: 0.5 },
  prefill: 256,
  chunk: 64,
  ...RESULT_DEFAULTS,
  decode: 16,
  variants: {
    matmul_q4_k: { name: 'tiled', knobs: { tile_rows: 64, tile_tokens: 4 } },
    wkv: { name: 'sequential', knobs: {} },
  },
  kernelHash: '0badcafe',
  prefillSeconds: [0.5, 0.52, 0.51],
  warmupSeconds: [0.9],
  decodeSeconds: [0.2, 0.25, 0.2],
  softmaxSeconds: [0.001],
  readbackSeconds: [0.002],
  error: 1.25e-13,
  errorKernel: 'matmul_q4_k',
  adapter: 'llvmpipe (LLVM 15.0.6, 256 bits)',
  software: true,
  startedAt: '2026-01-31T12:00:00.000Z',
  agent: 'Node "v20", linux',
  warnings: ['software', 'few'],
};
const cell = (name: string, of = record) => COLUMNS.find((column) => column.name === name)?.value(of);

describe('columns', () => {
  test('llama-bench’s come first, under its own names and in its units', () => {
    // The columns that llama.cpp's compare-llama-bench.py reads, the last four from v0.5.0 on, which requires them.
    const names =
      'build_commit build_number cpu_info gpu_info backends model_filename model_type model_size model_n_params n_batch ' +
      'n_ubatch n_threads cpu_mask cpu_strict poll type_k type_v n_gpu_layers split_mode main_gpu no_kv_offload ' +
      'flash_attn tensor_split tensor_buft_overrides use_mmap embeddings no_op_offload n_prompt n_gen n_depth test_time ' +
      'avg_ns stddev_ns avg_ts stddev_ts load_mode n_cpu_moe fit_target fit_min_ctx';
    expect(
      COLUMNS.map(({ name }) => name)
        .filter((name) => !name.startsWith('x_'))
        .join(' '),
    ).toBe(names);
    expect(cell('build_commit')).toMatch(/^[0-9a-f]{8}$/);
    expect(cell('n_prompt')).toBe(256);
    expect(cell('n_ubatch')).toBe(64);
    expect(cell('avg_ns')).toBe(510_000_000);
    expect(cell('stddev_ns')).toBe(10_000_000);
    expect(cell('avg_ts')).toBeCloseTo((256 / 0.5 + 256 / 0.52 + 256 / 0.51) / 3, 9);
    expect(new Set(COLUMNS.map(({ name }) => name)).size).toBe(COLUMNS.length);
  });

  test('speeds are of the median', () => {
    expect(tokensPerSecond(record)).toBeCloseTo(256 / 0.51, 9);
    expect(cell('x_median_tokens_per_second')).toBe(tokensPerSecond(record));
    expect(decodeTokensPerSecond(record)).toBe(16 / 0.2);
    expect(decodeTokensPerSecond({ ...record, decodeSeconds: [] })).toBeUndefined();
    expect(cell('x_low_tokens_per_second')).toBe(256 / 0.52);
    expect(cell('x_variants')).toBe(formatVariants(record.variants));
    expect(formatVariants(record.variants)).toBe(
      'matmul_q4_k=tiled matmul_q4_k.tile_rows=64 matmul_q4_k.tile_tokens=4 wkv=sequential',
    );
  });

  test('have the same titles in a table that is copied and on the page', () => {
    expect(Object.fromEntries(SHOWN.map(({ name, title }) => [name, title]))).toEqual(english.columns);
  });

  test('numbers are shown with their significant digits', () => {
    const shown = (name: string, of = record) =>
      show(
        COLUMNS.find((column) => column.name === name)!,
        of,
      );
    expect(shown('x_median_tokens_per_second')).toBe('502.0');
    expect(shown('x_median_tokens_per_second', { ...record, prefill: 65_536 })).toBe('128502');
    expect(shown('x_error')).toBe('1.2e-13');
    expect(shown('x_decode_tokens_per_second', { ...record, decodeSeconds: [] })).toBe('');
    expect(shown('x_prefill_tokens')).toBe('256');
    expect(shown('x_model')).toBe('demo');
  });
});

test('records that 0.1 stored, whose `seconds` are now `prefillSeconds`, are still read', () => {
  const { prefillSeconds: seconds, ...others } = record;
  const stored = { ...others, seconds };
  expect(upgradeRecord(stored)).toEqual(record);
  expect(upgradeRecord(record)).toBe(record);
  const outcome = {
    state: 'done',
    ran: '',
    events: [
      { type: 'record', record: stored },
      { type: 'failed', run: 'chunk=0', reason: 'too small' },
    ],
    planned: 2,
    previous: [stored],
    startedAt: record.startedAt,
  } as unknown as Outcome;
  const read = upgradeOutcome(outcome);
  expect(read.events).toEqual([
    { type: 'record', record },
    { type: 'failed', settings: 'chunk=0', reason: 'too small' },
  ]);
  expect(read.previous).toEqual([record]);
});

test('the warning `short` of older records and files is `ticks` today', () => {
  const older = { ...record, warnings: ['few', 'short'] } as unknown as RunRecord;
  const present = { ...record, warnings: ['few', 'ticks'] };
  expect(upgradeRecord(older)).toEqual(present);
  expect(fromCsv(toCsv([older]))).toEqual([present]);
});

test('results from before a setting have its default', () => {
  const stored = Object.fromEntries(Object.entries(record).filter(([field]) => field !== 'seed'));
  expect(upgradeRecord(stored as unknown as RunRecord)).toEqual(record);
  const rows = parseCsv(toCsv([record])).map(({ x_seed: _seed, ...row }) => row);
  const older = formatCsv([Object.keys(rows[0]), ...rows.map((row) => Object.values(row))]);
  expect(fromCsv(older)).toEqual([record]);
  // The same rows in a table that later ones were joined to: their cell is empty.
  const joined = parseCsv(toCsv([record])).map((row) => ({ ...row, x_seed: '' }));
  const table = formatCsv([Object.keys(joined[0]), ...joined.map((row) => Object.values(row))]);
  expect(fromCsv(table)).toEqual([record]);
});

describe('CSV', () => {
  test('files from before a column was added are still read', async () => {
    const records = fromCsv(await readFile('static/results/synthetic-2.9b-h100.csv', 'utf8'));
    expect(records.length).toBeGreaterThan(0);
    expect(records[0].memoryBytes).toBeUndefined();
    expect(records[0].labVersion).toBeUndefined();
  });

  test('a record survives the way out and back, whatever its texts hold', () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { maxLength: 3 }), (records) => {
        expect(JSON.parse(JSON.stringify(fromCsv(toCsv(records))))).toEqual(
          JSON.parse(JSON.stringify(records)),
        );
      }),
    );
  });

  test('rows can be written one by one', () => {
    expect(toCsv([record]) + toCsv([record], false)).toBe(toCsv([record, record]));
  });

  test('cells come back as they were, in any table', () => {
    const table = fc.integer({ min: 1, max: 4 }).chain((width) =>
      fc.array(fc.array(fc.string(), { minLength: width, maxLength: width }), {
        minLength: 1,
        maxLength: 5,
      }),
    );
    fc.assert(
      fc.property(table, fc.constantFrom('\n', '\r\n'), (rows, end) => {
        const names = rows[0].map((_, index) => `column ${index}`);
        // A row of one empty cell is an empty line, which readers skip.
        const written = rows.filter((row) => row.length > 1 || row[0] !== '');
        const text = [names, ...written]
          .map((row) => row.map((text) => `"${text.replaceAll('"', '""')}"`).join(',') + end)
          .join('');
        expect(parseCsv(text).map((row) => Object.values(row))).toEqual(written);
        expect(parseCsv(formatCsv([names, ...written])).map((row) => Object.values(row))).toEqual(written);
      }),
    );
  });

  test('a last line without an end, a byte order mark and empty lines are no trouble', () => {
    expect(parseCsv('\uFEFFa,b\r\n1,2\r\n\r\n3,4')).toEqual([
      { a: '1', b: '2' },
      { a: '3', b: '4' },
    ]);
    expect(parseCsv('a,b\n1,')).toEqual([{ a: '1', b: '' }]);
    expect(parseCsv('a,b\r"1\r2",3\r')).toEqual([{ a: '1\r2', b: '3' }]);
  });

  test.each([
    ['a;b\n1,5;"x;y"\n', { a: '1,5', b: 'x;y' }],
    ['"a,b"\tc\n1\t2\n', { 'a,b': '1', c: '2' }],
    ['\uFEFFsep=;\r\na,b;c\r\n1;2\r\n', { 'a,b': '1', c: '2' }],
    ['sep=\t\na\n1;2,3\n', { a: '1;2,3' }],
  ])('%j is read with its own separator', (text, row) => {
    expect(parseCsv(text)).toEqual([row]);
  });

  test.each(['excel-semicolon', 'excel-tab', 'excel-sep'])(
    'a spreadsheet’s copy of a llama-bench file, %s.csv, reads as the original',
    async (name) => {
      const read = async (file: string) =>
        readRuns(await readFile(`tests/fixtures/import/${file}.csv`, 'utf8'));
      const found = await read(name);
      expect(found).toEqual(await read('plain'));
      expect(found.records.length).toBeGreaterThan(0);
    },
  );

  test.each([
    ['', /is empty/],
    ['a,b\n1\n', /Line 2 of the CSV has 1 cells; the first line names 2/],
    ['a,b\n"x\ny",2\n1,2,3\n', /Line 4 of the CSV has 3 cells/],
    ['a,b\n"1,2\n', /Line 2 of the CSV has a quote that is not closed/],
    ['a,b\n1"2",3\n', /Line 2 of the CSV has a quote that is not closed, or one in the middle/],
    ['a,b\n"1"2,3\n', /text after a closing quote/],
    ['a,a\n1,2\n', /two columns named "a"/],
    ['sep=|\na|b\n', /names "\|" as separator; a comma, semicolon or tab is read/],
    ['sep=;\na;b\n"1\r\n2";3\n4\n', /Line 5 of the CSV has 1 cells/],
    ['build_commit,avg_ts\nabc,12\n', /no column x_model; it was not written by the lab/],
  ])('%j is refused in words', (text, message) => {
    expect(() => fromCsv(text)).toThrow(message);
  });

  test.each([
    ['x_samples_s', 'fast', /Row 1 of the CSV, x_samples_s: "fast" is not a number/],
    ['x_samples_s', '', /at least one sample/],
    ['x_samples_s', '-1', /every sample some time/],
    ['x_prefill_tokens', '', /x_prefill_tokens: "" is not a number/],
    ['x_prefill_tokens', 'Infinity', /is not a number/],
    ['x_variants', 'tiled', /neither kernel=variant nor a knob/],
    ['x_variants', 'a.b=1', /neither kernel=variant nor a knob/],
    ['x_warnings', 'beware', /"beware" is not one of software, hidden/],
    ['x_started_at', 'yesterday', /is not a time like/],
    ['x_geometry', 'wide', /is not name=number/],
  ])('a column %s of %j is refused in words', (name, value, message) => {
    const [names, row] = [
      COLUMNS.map((column) => column.name),
      COLUMNS.map((column) => column.value(record)),
    ];
    row[names.indexOf(name)] = value;
    expect(() => fromCsv(formatCsv([names, row]))).toThrow(message);
  });

  test('any text is either read or refused with an Error', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string(), fc.constantFrom('"', ',', '\n', '\r\n', 'x_model'))),
        (pieces) => {
          try {
            fromCsv(pieces.join(''));
          } catch (error) {
            expect((error as Error).message).toMatch(/CSV/);
          }
        },
      ),
      { numRuns: 1000 },
    );
    expect(() => parseCsv(`a\n"${'""'.repeat(1_000_000)}`)).toThrow(/not closed/);
    expect(() => parseCsv(`"${'a"b'.repeat(1_000_000)}`)).toThrow(/after a closing quote/);
    expect(parseCsv(`a\n"${'b\n'.repeat(1_000_000)}"`)[0].a).toHaveLength(2_000_000);
  });

  test('samples go one a row, each with its phase', () => {
    expect(
      parseCsv(samplesToCsv([record])).map(({ order, phase, wall_s }) => [order, phase, wall_s]),
    ).toEqual([
      ['1', 'warmup', '0.9'],
      ['2', 'timed', '0.5'],
      ['3', 'timed', '0.52'],
      ['4', 'timed', '0.51'],
      ['5', 'decode', '0.2'],
      ['6', 'decode', '0.25'],
      ['7', 'decode', '0.2'],
      ['8', 'softmax', '0.001'],
      ['9', 'readback', '0.002'],
    ]);
  });
});

test('the hash of the kernels’ texts does not mind their order and minds every letter', () => {
  expect(hashTexts({})).toBe('811c9dc5');
  expect(hashTexts({ a: 'x', b: 'y' })).toBe(hashTexts({ b: 'y', a: 'x' }));
  expect(hashTexts({ a: 'x' })).not.toBe(hashTexts({ a: 'X' }));
  expect(hashTexts({ a: 'x' })).toMatch(/^[0-9a-f]{8}$/);
});

test('chunk sweeps are found among the records, and fitted', () => {
  // 100 tokens per second and 20 ms per chunk.
  const at = (chunk: number, variant: string): RunRecord => ({
    ...record,
    chunk,
    settings: `prefill=256&chunk=${chunk}&matmul_q4_k=${variant}`,
    prefillSeconds: [(256 / chunk) * (chunk / 100 + 0.02)],
  });
  const tiled = [at(32, 'tiled'), at(64, 'tiled'), at(256, 'tiled')];
  // One size alone has no fit, nor has a cost below zero: the larger chunk took longer for each token.
  const slower = {
    ...at(128, 'direct'),
    prefillSeconds: at(64, 'direct').prefillSeconds.map((each) => each * 2),
  };
  const fits = chunkFits([...tiled, at(64, 'naive'), at(64, 'direct'), slower]);
  expect(fits.map(({ settings }) => settings)).toEqual(['prefill=256&matmul_q4_k=tiled']);
  expect(fits[0].fit.tokensPerSecond).toBeCloseTo(100, 9);
  expect(fits[0].fit.secondsPerChunk).toBeCloseTo(0.02, 12);
});
