// Results in files: of llama-bench in each of its forms, with log lines around them, and our own exports, back as the same runs.
import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { fromIpynb, toIpynb } from '../../src/lib/lab/notebook/ipynb';
import { makeCell, parseNotebook } from '../../src/lib/lab/notebook/notebook';
import { parseCsv } from '../../src/lib/lab/records/csv';
import { chunkFits } from '../../src/lib/lab/records/fits';
import { readRuns } from '../../src/lib/lab/records/import';
import { decodeTokensPerSecond, type RunRecord, tokensPerSecond } from '../../src/lib/lab/records/record';
import { fromCsv, toCsv } from '../../src/lib/lab/records/runsCsv';
import { toJson } from '../../src/lib/lab/records/runsJson';
import { markdownTable } from '../../src/lib/lab/records/table';
import { barsOf, summarise, viewOf } from '../../src/lib/ui/results/series';
import { speak } from '../../src/lib/ui/words/words.svelte';
import { anyRecord } from '../any-record';

beforeAll(async () => {
  vi.stubGlobal('document', { documentElement: { lang: '' } });
  await speak('en');
});

const fixture = (name: string) => readFile(`tests/fixtures/import/${name}`, 'utf8');
const read = async (name: string) => readRuns(await fixture(name));
const numbered = (records: readonly RunRecord[]) =>
  records.map((record, index) => ({ number: index + 1, record }));
const rates = (records: readonly RunRecord[]) =>
  records.map((record) => [
    Math.round(tokensPerSecond(record)),
    Math.round(decodeTokensPerSecond(record) ?? 0),
  ]);
/** The bars of a chart, fastest first. */
const bars = (records: readonly RunRecord[]) =>
  barsOf({ runs: numbered(records) }, undefined).map(({ label, tokensPerSecond: rate }) => [
    label,
    Math.round(rate),
  ]);

describe('llama-bench', () => {
  test.each([
    [
      'two-ngl.csv',
      [
        [2000, 100],
        [150, 9],
      ],
      ['ngl=99', 'ngl=0'],
    ],
    [
      'two-flash-attn.csv',
      [
        [2000, 100],
        [2500, 150],
      ],
      ['fa=0', 'fa=1'],
    ],
    [
      'two-flash-attn.json',
      [
        [2000, 100],
        [2500, 150],
      ],
      ['fa=0', 'fa=1'],
    ],
    [
      'two-threads.csv',
      [
        [80, 8],
        [150, 12],
      ],
      ['threads=4', 'threads=8'],
    ],
    [
      'two-batch.csv',
      [
        [2000, 100],
        [900, 99],
      ],
      ['batch=2048', 'batch=128'],
    ],
    [
      'two-cpu-same-gpu.csv',
      [
        [2000, 100],
        [1000, 50],
      ],
      ['Example CPU 8-Core', 'Other CPU'],
    ],
    [
      'depth.csv',
      [
        [2000, 100],
        [1500, 60],
      ],
      ['depth=0', 'depth=8192'],
    ],
    [
      'two-gpus.csv',
      [
        [2000, 100],
        [200, 10],
      ],
      ['Example GPU', 'Small GPU'],
    ],
    [
      'two-backends.csv',
      [
        [2000, 100],
        [1000, 50],
      ],
      ['CUDA', 'Vulkan'],
    ],
    [
      'two-commits-same-model.csv',
      [
        [2000, 100],
        [2100, 110],
      ],
      ['build 4ab12c9e', 'build aaaabbbb'],
    ],
  ])(
    '%s: each test has the decode of its own setting, and a line of its own',
    async (name, speeds, labels) => {
      const { records, leftOut } = await read(name);
      expect(leftOut).toEqual([]);
      expect(rates(records)).toEqual(speeds);
      const drawn = bars(records);
      expect(drawn.map(([label]) => label).sort()).toEqual([...labels].sort());
      const fastest = Math.max(...speeds.map(([rate]) => rate));
      expect(drawn[0][1]).toBe(fastest);
      expect(summarise(viewOf({ runs: numbered(records) }))).toMatch(
        new RegExp(`^Fastest: ${labels[speeds.findIndex(([rate]) => rate === fastest)]}\\b`),
      );
      const table = markdownTable(records);
      for (const label of labels) expect(table).toContain(label);
      // Results stored in the notebook draw the same chart.
      expect(bars(readRuns(toCsv(records)).records)).toEqual(drawn);
    },
  );

  test('two lengths of decoding: one is shown, the other is said to be left out', async () => {
    const { records, leftOut } = await read('two-tg.csv');
    expect(rates(records)).toEqual([[2000, 100]]);
    expect(leftOut).toEqual([
      'Row 3 times 256 generated tokens and is left out: Row 2, with the same setup, has 128',
    ]);
  });

  test.each(['bench.jsonl', 'bench-jsonl.json'])('%s: JSON Lines', async (name) => {
    const { records, leftOut } = await read(name);
    expect(rates(records)).toEqual([[2000, 100]]);
    expect(records[0].prefillSeconds).toHaveLength(3);
    expect(leftOut).toEqual([]);
  });

  test.each([
    ['log-before.csv', /^\d lines hold no result and were read past; the first is line 1: "ggml_cuda_init/],
    ['log-before.json', /^One line holds no result and was read past, line 1: "ggml_vulkan: Found 1/],
    ['log-after.json', /^One line holds no result and was read past, line \d+: "build: 4ab12c9e/],
  ])('%s: log lines are read past, and said', async (name, message) => {
    const { records, leftOut } = await read(name);
    expect(rates(records)).toEqual([[2000, 100]]);
    expect(leftOut).toEqual([expect.stringMatching(message)]);
  });

  test('log lines between and after the rows of a CSV, and two lists in one text', async () => {
    const lines = (await fixture('plain.csv')).trimEnd().split('\n');
    const [header, ...rows] = lines;
    const text = ['load: a, b', header, rows[0], 'main: n_kv_max = 2, x', ...rows.slice(1), 'done'].join(
      '\n',
    );
    const { records, leftOut } = readRuns(text);
    expect(records).toEqual((await read('plain.csv')).records);
    expect(leftOut).toEqual([expect.stringMatching(/^3 lines hold no result .* line 1: "load: a, b"$/)]);
    const json = await fixture('two-flash-attn.json');
    expect(readRuns(`${json}\n[WARN] odd\n${json}`).records).toHaveLength(4);
  });

  test('a list that was cut short gives its whole entries, and says so', async () => {
    const text = await fixture('log-before.json');
    const { records, leftOut } = readRuns(text.slice(0, text.lastIndexOf('"n_prompt"')));
    expect(records).toHaveLength(1);
    expect(records[0].decodeSeconds).toEqual([]);
    expect(leftOut.join()).toMatch(/lines hold no result/);
  });

  test('its Markdown table: speeds, backend and build', async () => {
    const { records, leftOut } = await read('table.md');
    expect(rates(records)).toEqual([[2000, 100]]);
    expect(leftOut).toEqual([]);
    expect(records[0]).toMatchObject({ prefill: 512, decode: 128, kernelHash: '4ab12c9e', summary: {} });
    expect(records[0].setup).toMatchObject({ backends: 'CUDA', n_gpu_layers: '99', build_number: '7710' });
    const deep = (await fixture('table.md')).replaceAll(/pp512 \|/g, 'pp512 @ d4096 |');
    expect(readRuns(deep).records[0].decodeSeconds).toEqual([]); // tg128 is at another depth
    expect(() => readRuns(`| model | test | t/s |\n| --- | --- | --- |\n| a | pp5x | 1 |\n`)).toThrow(
      /Line 3 of the table should have a test such as pp512/,
    );
  });

  test('columns of a later llama-bench tell its tests apart too', async () => {
    const rows: Record<string, string>[] = parseCsv(await fixture('plain.csv')).map((row) => ({
      ...row,
      n_new: '1',
    }));
    const others = rows.map((row) => ({ ...row, n_new: '2', avg_ns: String(2 * Number(row.avg_ns)) }));
    const { records } = readRuns(JSON.stringify([...rows, ...others]));
    expect(rates(records)).toEqual([
      [2000, 100],
      [1000, 50],
    ]);
    expect(bars(records)).toEqual([
      ['n_new=1', 2000],
      ['n_new=2', 1000],
    ]);
  });

  test('what it ran on goes out under its own names again', async () => {
    const { records } = await read('two-backends.csv');
    const names = [
      'backends',
      'cpu_info',
      'gpu_info',
      'build_commit',
      'n_gpu_layers',
      'n_threads',
      'type_k',
      'n_depth',
    ];
    const original = parseCsv(await fixture('two-backends.csv')).filter(({ n_prompt: n }) => n !== '0');
    parseCsv(toCsv(records)).forEach((row, index) => {
      for (const name of names) expect(row[name], name).toBe(original[index][name]);
      expect(row.avg_ns).toBe(original[index].avg_ns);
    });
  });
});

describe('the lab', () => {
  test('two devices in one file: a line and a fit for each, and the fastest is the fastest', async () => {
    const { records } = await read('lab-two-devices.csv');
    const view = viewOf({ runs: numbered(records) });
    expect(view.axis).toBe('prefill');
    expect(view.series.map(({ label, points }) => [label, points.length])).toEqual([
      ['NVIDIA: 580.159.04 580.159.4.0', 4],
      ['Small laptop GPU', 4],
    ]);
    expect(summarise(view)).toMatch(/^Fastest: NVIDIA.*9,920/);
    const chunks = records.map((record) => ({
      ...record,
      prefill: 512,
      settings: `prefill=512&chunk=${record.chunk}`,
    }));
    expect(
      chunkFits(chunks).every(({ runs }) => new Set(runs.map(({ adapter }) => adapter)).size === 1),
    ).toBe(true);
  });

  test('other browsers, other versions and other builds at the same point are other lines', async () => {
    const [record] = (await read('lab-two-devices.csv')).records;
    const twice = (others: Partial<RunRecord>) =>
      bars([record, { ...record, ...others }]).map(([label]) => label);
    expect(twice({ agent: 'Mozilla/5.0 … Chrome/150.0.0.0 Safari/537.36 Edg/150.0.0.0' })).toContain(
      'Edge 150',
    );
    expect(twice({ labVersion: '9.9.9' })).toContain('lab 9.9.9');
    expect(twice({ kernelHash: '0badcafe' })).toContain('kernels 0badcafe');
  });

  test('JSON has llama-bench’s fields, with its samples', async () => {
    const [record] = (await read('lab-two-devices.csv')).records;
    const [entry] = JSON.parse(toJson([record])) as Record<string, unknown>[];
    expect(entry).toMatchObject({
      n_prompt: 64,
      n_gen: 0,
      backends: 'WebGPU',
      build_commit: record.kernelHash,
    });
    expect(entry.samples_ns).toEqual(record.prefillSeconds.map((seconds) => Math.round(1e9 * seconds)));
  });

  test.each([
    [
      (text: string) => text.replace('"x_prefill_tokens":64', '"x_prefill_tokens":"many"'),
      /Entry 1, x_prefill_tokens: "many" is not a number/,
    ],
    [
      (text: string) => text.replace('"x_prefill_tokens":64', '"x_prefill_tokens":{}'),
      /Entry 1, x_prefill_tokens should be a number, a text or a list/,
    ],
    [(text: string) => text.replace('"x_model":', '"y_model":'), /This JSON has no field x_model/],
  ])('%#: JSON that cannot be read is refused in words', async (spoil, message) => {
    const { records } = await read('lab-two-devices.csv');
    expect(() => readRuns(spoil(toJson(records)))).toThrow(message);
  });

  test('samples of version 0.2, which say no more than the settings, are read', () => {
    const former =
      'run,settings,order,phase,prefill_tokens,wall_s\n1,prefill=64&chunk=32,1,warmup,64,0.5\n1,prefill=64&chunk=32,2,timed,64,0.4\n2,prefill=64,1,timed,64,0.3\n';
    const { records } = readRuns(former);
    expect(records).toMatchObject([
      { prefill: 64, chunk: 32, warmupSeconds: [0.5], prefillSeconds: [0.4], adapter: 'unknown' },
      { prefill: 64, chunk: 64, prefillSeconds: [0.3] },
    ]);
    expect(() => readRuns(former.replace('timed', 'later'))).toThrow(
      /Row 2 of the CSV, phase: "later" is not one of/,
    );
  });

  test('more than 5 MB of its own are read', async () => {
    const { records } = await read('lab-two-devices.csv');
    const many = Array.from({ length: 3000 }, (_, index) => records[index % records.length]);
    const text = toCsv(many);
    expect(text.length).toBeGreaterThan(5_000_000);
    expect(readRuns(text).records).toEqual(many);
  });
});

describe('a notebook for Jupyter', () => {
  test('comes back with the same cells and results', () => {
    const piece = fc.oneof(
      fc.string().map((text) => makeCell('prose', `# ${text.replace(/[`~<>\r\n]/g, '')}\n`)),
      fc.constant(makeCell('sweep', 'prefill=64\n')),
      fc.constant(makeCell('wgsl', '//! mine\n', 'wkv/mine')),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { minLength: 1, maxLength: 4 }),
        fc.array(anyRecord, { minLength: 1, maxLength: 2 }),
        (cells, records) => {
          const at = cells.findIndex(({ kind }) => kind === 'sweep');
          const results = new Map(at < 0 ? [] : [[at, toCsv(records)]]);
          const back = parseNotebook(fromIpynb(toIpynb(cells, results)));
          const whole = (list: typeof cells) =>
            list.filter(({ kind, body }) => kind !== 'prose' || body.trim() !== '');
          const own = whole(back).filter(({ kind }) => kind !== 'csv');
          expect(own.map(({ kind, name }) => [kind, name]).filter(([kind]) => kind !== 'prose')).toEqual(
            cells.map(({ kind, name }) => [kind, name]).filter(([kind]) => kind !== 'prose'),
          );
          expect(own.map(({ body }) => body.trim()).join('\n')).toContain(
            cells.map(({ body }) => body.trim())[0],
          );
          const csv = back.filter(({ kind }) => kind === 'csv');
          expect(csv.map(({ body }) => JSON.parse(JSON.stringify(fromCsv(body))) as unknown)).toEqual(
            at < 0 ? [] : [JSON.parse(JSON.stringify(records))],
          );
        },
      ),
    );
  });

  test('of other programs is read, with its code as prose; what is no notebook is named', () => {
    const cells = [
      { cell_type: 'markdown', source: '# Hello' },
      {
        cell_type: 'code',
        source: ['print("```")\n', 'x'],
        outputs: [{ data: { 'text/plain': '1' } }, null],
      },
      { cell_type: 'code', source: '%%lab nothing\nx' },
      null,
    ];
    const text = fromIpynb(JSON.stringify({ nbformat: 4, cells }));
    expect(text).toContain('# Hello');
    expect(text).toContain('````python\nprint("```")\nx\n````');
    expect(parseNotebook(text).every(({ kind }) => kind === 'prose')).toBe(true);
    expect(() => fromIpynb('{"cells":1}')).toThrow(/no list of cells/);
    expect(() => fromIpynb('x')).toThrow(/not a Jupyter notebook/);
    expect(() => fromIpynb(JSON.stringify({ cells: [{ cell_type: 'code', source: [1] }] }))).toThrow(
      /Cell 1, source/,
    );
  });
});
