// Links: reading returns what was written, or an error with the reason. Also results imported from and exported to
// other programs.
import { deflateRawSync } from 'node:zlib';
import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyDiff, diffOf, diffOfNearest } from '../../src/lib/lab/notebook/diff';
import { markdownTable } from '../../src/lib/lab/records/table';
import { toIpynb } from '../../src/lib/lab/notebook/ipynb';
import { parseExperiment } from '../../src/lib/lab/experiment/experiment';
import { readRuns } from '../../src/lib/lab/records/import';
import { readCell } from '../../src/lib/lab/cells/cells';
import { type Cell, makeCell, parseNotebook, printNotebook } from '../../src/lib/lab/notebook/notebook';
import { LAB_VERSION } from '../../src/lib/lab/version';
import { rateInterval, type RunRecord, tokensPerSecond } from '../../src/lib/lab/records/record';
import { fromCsv, summariesToCsv, toCsv } from '../../src/lib/lab/records/runsCsv';
import {
  LINK_LENGTHS,
  linkOf,
  reachOf,
  readAddress,
  readLink,
  SHARE_SIZES,
} from '../../src/lib/lab/notebook/share';
import { findVariant } from '../../src/lib/shaders';

const tiled = findVariant('matmul_q4_k', 'tiled').text;
const edited = tiled.replace('//! ', '//! Mine: ').replace(/\n\n/, '\n// an idea\n\n');
const results = await readFile('static/results/road-h100.csv', 'utf8');
const NOTEBOOK = printNotebook([
  makeCell('prose', '# Länge, 长度 and 🦜\n\nProse with a `fence`:\n\n~~~js\n1\n~~~\n'),
  makeCell('sweep', 'prefill=256\nchunk=64,128\nmatmul_q4_k=tiled,mine\n'),
  makeCell('wgsl', edited, 'matmul_q4_k/mine'),
  makeCell('csv', results),
]);
const cells = parseNotebook(NOTEBOOK);

/** A link with a valid check for any payload; the check is taken from the error message. */
async function forged(payload: string): Promise<string> {
  const refusal = await readLink(`#n=1.${payload}.AAAAAA`).catch((error: Error) => error.message);
  const [, check] = /what is left of it has ([\w-]{6})/.exec(String(refusal)) ?? [];
  return `#n=1.${payload}.${check}`;
}
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');

describe('a link', () => {
  test('gives the same notebook again, whatever the text', async () => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc
        .array(
          fc.constantFrom(
            '```wgsl wkv/mine',
            '```',
            '//~ whole',
            '//~ wkv/lanes 00000000',
            '=3',
            '+x',
            'a\rb',
            '\r\n',
          ),
        )
        .map((lines) => lines.join('\n')),
    );
    await fc.assert(
      fc.asyncProperty(text, async (whole) => {
        const own = parseNotebook(whole.replaceAll('```csv results', ''));
        const read = await readLink(await linkOf(own, 'shaders'));
        expect(read.text).toBe(printNotebook(own));
        expect(read.cells).toEqual(own);
      }),
      { numRuns: 300 },
    );
  });

  test('has three sizes, each with less', async () => {
    const [settings, shaders, all] = await Promise.all(SHARE_SIZES.map(async (size) => linkOf(cells, size)));
    const kinds = async (link: string) => (await readLink(link)).cells.map(({ kind }) => kind);
    expect(await kinds(settings)).toEqual(['prose', 'sweep']);
    expect(await kinds(shaders)).toEqual(['prose', 'sweep', 'wgsl']);
    expect(await kinds(all)).toEqual(['prose', 'sweep', 'wgsl', 'csv']);
    expect(settings.length).toBeLessThan(shaders.length);
    expect(shaders.length).toBeLessThan(all.length);
    expect(settings).toMatch(/^#n=1\.[\w-]+\.[\w-]{6}$/);
    expect(settings.length).toBeLessThan(LINK_LENGTHS.safe);
    expect(all.length).toBeLessThan(LINK_LENGTHS.cut);
  });

  test('carries the version of the lab, and opens without one', async () => {
    expect(await readLink(await linkOf(cells, 'results'))).toMatchObject({ labVersion: LAB_VERSION });
    const old = await readLink(await forged(base64(deflateRawSync(Buffer.from(NOTEBOOK)))));
    expect(old).toEqual({ text: NOTEBOOK, cells, foreign: [2] });
    const edit = printNotebook([makeCell('wgsl', '//~ wkv/nothing 00000000\n=1\n', 'wkv/mine')]);
    const later = await forged(base64(deflateRawSync(Buffer.from(`<!-- rwkv-lab 9.1.0 -->\n${edit}`))));
    await expect(readLink(later)).rejects.toThrow(/made by version 9\.1\.0 of the lab, this is 0/);
  });

  test('carries an edited shader as its edit, exactly', async () => {
    const [whole, edit] = await Promise.all([
      linkOf([makeCell('prose', tiled)], 'shaders'),
      linkOf([cells[2]], 'shaders'),
    ]);
    expect(edit.length).toBeLessThan(whole.length / 4);
    expect((await readLink(edit)).cells).toEqual([cells[2]]);
    const crlf = parseNotebook(printNotebook([cells[2]]).replaceAll('\n', '\r\n'));
    expect((await readLink(await linkOf(crlf, 'shaders'))).cells).toEqual(crlf);
  });

  test('marks shaders as somebody else’s', async () => {
    const { cells: read, foreign } = await readLink(await linkOf(cells, 'results'));
    expect(foreign.map((index) => read[index].name)).toEqual(['matmul_q4_k/mine']);
    expect((await readLink(await linkOf(cells, 'settings'))).foreign).toEqual([]);
  });

  test('with results has medians, intervals and the device, without samples', async () => {
    const { cells: read } = await readLink(await linkOf(cells, 'results'));
    const own = fromCsv(results);
    const shared = fromCsv(read.at(-1)!.body);
    expect(shared).toHaveLength(own.length);
    shared.forEach((record, i) => {
      expect(tokensPerSecond(record)).toBeCloseTo(tokensPerSecond(own[i]), 1);
      expect(rateInterval(record).low).toBeCloseTo(rateInterval(own[i]).low, 1);
      expect(rateInterval(record).high).toBeCloseTo(rateInterval(own[i]).high, 1);
      expect(record).toMatchObject({ adapter: own[i].adapter, settings: own[i].settings, warmupSeconds: [] });
      expect(record.prefillSeconds).toHaveLength(1);
      expect(record.summary?.samples).toBe(own[i].prefillSeconds.length);
    });
    expect(fromCsv(toCsv(shared))).toEqual(shared);
    expect(fromCsv(summariesToCsv(shared))).toEqual(shared);
  });

  test('says how far it gets', () => {
    expect([2000, 2001, 4001, 16001].map(reachOf)).toEqual([
      'everywhere',
      'most places',
      'not through chats',
      'as a file',
    ]);
  });
});

describe('a broken link is refused in words', () => {
  test('cut at fifty lengths', async () => {
    const link = await linkOf(cells, 'results');
    for (let i = 0; i < 50; i++) {
      const length = 3 + Math.floor((i * (link.length - 3)) / 50);
      const address = await readAddress('', link.slice(0, length));
      expect(address).toEqual({ kind: 'broken', reason: expect.stringMatching(/cut short/) });
    }
  });

  test('with any one character changed', async () => {
    const link = await linkOf([makeCell('sweep', 'chunk=64\n')], 'settings');
    for (let at = 5; at < link.length; at++) {
      const changed = link.slice(0, at) + (link[at] === 'A' ? 'B' : 'A') + link.slice(at + 1);
      await expect(readLink(changed)).rejects.toThrow(/damaged|cut short|is of version/);
    }
  });

  test.each([
    ['#n=2.abcd.efghij', /of version 2; this lab reads version 1/],
    ['#n=', /cut short: it has 3 characters/],
    ['#n', /cut short/],
    ['#n=1.ab.cdefghijk', /goes on after its end, with "ijk"/],
    ['#n=1.ab.cdefgh.ij', /goes on after its end, with "\.ij"/],
    ['#n=1.a b.cdefgh', /holds " " at character 2/],
    ['#n=1.a%20b.cdefgh', /holds "%"/],
    ['#n=1.abcd.AAAAAA', /its check is AAAAAA, and what is left of it has [\w-]{6}/],
    [`#n=1.${'a'.repeat(1_500_000)}.AAAAAA`, /has 1500000 characters; at most/],
  ])('%#', async (hash, message) => {
    expect(await readAddress('', hash)).toEqual({ kind: 'broken', reason: expect.stringMatching(message) });
  });

  test('of no base64, no deflate, no text', async () => {
    await expect(readLink(await forged('abcde'))).rejects.toThrow(/5 characters are no whole bytes/);
    await expect(readLink(await forged(base64(Uint8Array.of(7, 255, 255))))).rejects.toThrow(
      /does not unpack/,
    );
    const cut = deflateRawSync(Buffer.from('a notebook of some length that is cut')).subarray(0, 12);
    await expect(readLink(await forged(base64(cut)))).rejects.toThrow(/does not unpack/);
    const latin = deflateRawSync(Buffer.from([0x61, 0xe9, 0x62]));
    await expect(readLink(await forged(base64(latin)))).rejects.toThrow(/not text \(UTF-8\)/);
  });

  test('that unpacks to 100 MB, without the memory for it', async () => {
    const bomb = await forged(base64(deflateRawSync(Buffer.alloc(100_000_000, 'a'), { level: 9 })));
    expect(bomb.length).toBeLessThan(200_000);
    const before = process.memoryUsage().rss;
    await expect(readLink(bomb)).rejects.toThrow(/unpacks to more than 1 MB/);
    expect(process.memoryUsage().rss - before).toBeLessThan(60e6);
  });

  test('whose shader is an edit of something else', async () => {
    const link = async (body: string) =>
      forged(base64(deflateRawSync(Buffer.from(printNotebook([makeCell('wgsl', body, 'wkv/mine')])))));
    await expect(readLink(await link('//~ wkv/nothing 00000000\n=1\n'))).rejects.toThrow(
      /an edit of wkv\/nothing, which is not here/,
    );
    await expect(readLink(await link('//~ matmul_q4_k/tiled 00000000\n=1\n'))).rejects.toThrow(
      /has changed since/,
    );
    const packed = await linkOf([cells[2]], 'shaders');
    expect((await readLink(packed)).text).toContain('an idea');
  });
});

describe('an address', () => {
  test.each([
    ['', '', { kind: 'none' }],
    ['?', '#', { kind: 'none' }],
    ['', '#a-heading', { kind: 'none' }],
    ['?notebook=phase-2', '', { kind: 'preset', name: 'phase-2' }],
    ['?prefill=256&chunk=64,128', '', { kind: 'settings', settings: 'prefill=256&chunk=64,128' }],
    [
      '?notebook=../../secret',
      '',
      { kind: 'broken', reason: expect.stringMatching(/is no name of a notebook/) },
    ],
    ['?notebook=phase-2', '#n=9.a.b', { kind: 'broken', reason: expect.stringMatching(/version 9/) }],
  ])('%j %j', async (search, hash, expected) => {
    expect(await readAddress(search, hash)).toEqual(expected);
  });

  test('of a link is its notebook, even where a program has encoded the equals sign', async () => {
    const link = await linkOf(cells, 'settings');
    for (const hash of [link, link.replace('=', '%3D')])
      expect(await readAddress('?notebook=phase-2', hash)).toMatchObject({ kind: 'link', foreign: [] });
  });
});

test('hostile settings of a link are harmless', async () => {
  const hostile = [
    '__proto__=1\n',
    'constructor=1\n',
    '__proto__.x=1\n',
    'x=__proto__\n',
    'budget=__proto__\n',
  ];
  for (const body of hostile) {
    const { cells: read } = await readLink(await linkOf([makeCell('tune', body)], 'settings'));
    expect(() => readCell('tune', read[0].body)).toThrow(/Unknown setting|must be a number/);
  }
  expect(({} as Record<string, unknown>).x).toBeUndefined();
  expect(Object.keys(parseExperiment('chunk=3'))).toEqual(['chunk']);
});

describe('an edit', () => {
  const lines = fc.array(fc.constantFrom('a', 'b', 'c', '', '=1', '+x', '-2', '```'), { maxLength: 30 });
  test('makes exactly the text of its base', () => {
    fc.assert(
      fc.property(lines, lines, (base, text) => {
        const [from, to] = [base.join('\n'), text.join('\n')];
        expect(applyDiff(from, diffOf(from, to)!)).toBe(to);
      }),
      { numRuns: 2000 },
    );
  });

  test('is one of the base from which the fewest lines differ, and none of what has little in common', () => {
    const bases = ['a\nb\nc\nx\ny', 'a\nb\nc\nd', 'q'];
    expect(diffOfNearest(bases, 'a\nb\nc\nd\ne')).toEqual({ base: bases[1], diff: '=4\n+e\n' });
    expect(diffOfNearest(bases, bases[0])).toEqual({ base: bases[0], diff: '=5\n' });
    expect(diffOfNearest(bases, 'r\ns\nt')).toBeUndefined();
    fc.assert(
      fc.property(fc.array(lines, { maxLength: 4 }), lines, (texts, text) => {
        const to = text.join('\n');
        const found = diffOfNearest(
          texts.map((base) => base.join('\n')),
          to,
        );
        const changed = (diff: string) =>
          (diff.match(/^\+|(?<=^-)\d+/gm) ?? []).reduce((sum, each) => sum + (Number(each) || 1), 0);
        const least = Math.min(...texts.map((base) => changed(diffOf(base.join('\n'), to)!)));
        // An edit of as many lines as the text has is none.
        expect(found !== undefined).toBe(least < to.split('\n').length);
        if (!found) return;
        expect(applyDiff(found.base, found.diff)).toBe(to);
        expect(changed(found.diff)).toBe(least);
      }),
      { numRuns: 300 },
    );
  });

  test('that does not fit is refused by its line', () => {
    expect(() => applyDiff('a\nb', '=1\n=5\n')).toThrow(/Line 2 of the shader's edit, "=5"/);
    expect(() => applyDiff('a\nb', 'nonsense\n')).toThrow(/Line 1/);
    expect(() => applyDiff('a\nb', '=1\n')).toThrow(/ends before/);
    expect(() => applyDiff('a\nb', '=99999999\n')).toThrow(/Line 1/);
    expect(diffOf('a\n'.repeat(3000), 'b\n'.repeat(3000))).toBeUndefined();
  });
});

describe('results from elsewhere', () => {
  const bench = (row: Record<string, unknown>) => ({
    ...{
      build_commit: 'abc1234',
      gpu_info: 'Apple M2 Max',
      backends: 'Metal',
      model_filename: 'rwkv7, 2.9B.gguf',
    },
    ...{
      model_n_params: 2947735040,
      model_size: 1874688000,
      n_ubatch: 512,
      test_time: '2026-01-31T12:00:00Z',
    },
    ...row,
  });
  const json = [
    bench({
      n_prompt: 512,
      n_gen: 0,
      avg_ns: 1e9,
      stddev_ns: 1e7,
      avg_ts: 512,
      samples_ns: [1.01e9, 0.99e9, 1e9],
    }),
    bench({ n_prompt: 0, n_gen: 128, avg_ns: 2e9, stddev_ns: 0, avg_ts: 64, samples_ns: [2e9, 2e9, 2e9] }),
    bench({ n_prompt: 512, n_gen: 128, avg_ns: 3e9, stddev_ns: 0, avg_ts: 213 }),
  ];

  test('of llama-bench as JSON: its samples, and how fast it decodes', () => {
    const { records, leftOut } = readRuns(JSON.stringify(json));
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({
      ...{ prefill: 512, chunk: 512, decode: 128, prefillSeconds: [1.01, 0.99, 1], adapter: 'Apple M2 Max' },
      ...{ kernelHash: 'abc1234', agent: 'llama-bench, Metal', startedAt: '2026-01-31T12:00:00Z' },
    });
    expect(records[0].summary).toBeUndefined();
    expect(parseExperiment(records[0].settings).model).toEqual(['rwkv7, 2.9B.gguf']);
    expect(leftOut).toEqual([
      expect.stringMatching(/^Entry 3 times 512 prompt tokens and 128 generated ones together/),
    ]);
    expect(fromCsv(toCsv(records))).toEqual(records);
  });

  test('of llama-bench as CSV: means', () => {
    const rows = json.map(({ samples_ns: _, ...row }: Record<string, unknown>) => row);
    const quoted = rows.map((row) =>
      Object.values(row)
        .map((value) => `"${value as string}"`)
        .join(','),
    );
    const csv = [Object.keys(rows[0]).join(','), ...quoted].join('\n');
    const { records } = readRuns(csv);
    expect(records[0]).toMatchObject({ prefillSeconds: [1], decodeSeconds: [2], summary: {} });
    expect(fromCsv(toCsv(records))).toEqual(records);
  });

  test('of the lab, whole or summed up', () => {
    const own = fromCsv(results);
    expect(readRuns(results)).toEqual({ records: own, leftOut: [], readPast: false });
    expect(readRuns(`\uFEFF${summariesToCsv(own)}`).records).toHaveLength(own.length);
  });

  test.each([
    ['', /nothing in this file/],
    ['a,b\n1,2\n', /neither the lab's \(x_settings …\) nor llama-bench's/],
    ['[1]', /Entry 1 is not an object/],
    ['[]', /empty list/],
    ['{"n_prompt":', /not JSON/],
    [
      JSON.stringify([bench({ n_prompt: 512, n_gen: 0, avg_ns: 'fast' })]),
      /Entry 1: avg_ns should be a number; it is "fast"/,
    ],
    [
      JSON.stringify([bench({ n_prompt: 0, n_gen: 64, avg_ns: 1 })]),
      /no prompt test .* Entry 1 times 64 generated tokens/,
    ],
    [`n_prompt,n_gen,avg_ns\n512,0,\n`, /Row 1: avg_ns should be a number/],
    [`n_prompt,n_gen,avg_ns\n512,0\n`, /Line 2 of the CSV has 2 cells/],
    [results.replace(/,(\d+\.\d+)e?-?\d* /, ',x '), /Row \d+ of the CSV/],
    ['{"__proto__":{"n_prompt":1}}', /Entry 1: (samples|avg_ns|n_prompt)/],
  ])('%#: what cannot be read is named', (text, message) => {
    expect(() => readRuns(text)).toThrow(message);
  });
});

describe('for elsewhere', () => {
  const record = (chunk: number, seconds: number): RunRecord => ({
    ...fromCsv(results)[0],
    ...{
      settings: `model=a|b&chunk=${chunk}`,
      model: 'a|b',
      prefill: 512,
      chunk,
      prefillSeconds: [seconds, seconds, seconds],
    },
  });

  test('a Markdown table keeps its columns, and says the fit', () => {
    const lines = markdownTable([record(128, 1.2), record(256, 1.1)])
      .trimEnd()
      .split('\n');
    const widths = lines.slice(0, 4).map((line) => line.replaceAll('\\|', '').split('|').length);
    expect(new Set(widths).size).toBe(1);
    expect(lines[2]).toContain('a\\|b');
    expect(lines.at(-1)).toMatch(/`model=a\|b`: a chunk of N tokens takes N \/ \d+/);
  });

  test('a Jupyter notebook has prose, code and outputs', () => {
    const notebook = JSON.parse(toIpynb(cells, new Map([[1, toCsv([record(128, 1)])]])));
    expect(notebook).toMatchObject({ nbformat: 4, nbformat_minor: 5 });
    const kinds = notebook.cells.map(({ cell_type }: { cell_type: string }) => cell_type);
    expect(kinds).toEqual(['markdown', 'code', 'code', 'code']);
    expect(notebook.cells[1].source.join('')).toBe(`%%lab sweep\n${cells[1].body}`);
    expect(notebook.cells[2].source[0]).toBe('%%wgsl matmul_q4_k/mine\n');
    expect(notebook.cells[1].outputs[0].data['text/markdown'].join('')).toContain('Prefill');
    expect(notebook.cells[2].outputs).toEqual([]);
    expect(new Set(notebook.cells.map(({ id }: { id: string }) => id)).size).toBe(4);
  });
});

test('cells of a notebook are plain data', () => {
  expect(structuredClone(cells)).toEqual(cells satisfies Cell[]);
});
