// Files of results as spreadsheets, shells and interrupted programs leave them: what is whole is read, and what is not is said.
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { readRuns } from '../../src/lib/lab/records/import';
import { decodeTokensPerSecond, type RunRecord, tokensPerSecond } from '../../src/lib/lab/records/record';
import { fromCsv, toCsv } from '../../src/lib/lab/records/runsCsv';
import { markdownTable } from '../../src/lib/lab/records/table';
import { textIn } from '../../src/lib/lab/records/textIn';
import { barsOf, summarise, viewOf } from '../../src/lib/ui/results/series';
import { speak } from '../../src/lib/ui/words/words.svelte';

beforeAll(async () => {
  vi.stubGlobal('document', { documentElement: { lang: '' } });
  await speak('en');
});

const textOf = async (name: string) => textIn(await readFile(`tests/fixtures/import/siblings/${name}`));
const read = async (name: string) => readRuns(await textOf(name));
const rates = (records: readonly RunRecord[]) =>
  records.map((record) => [tokensPerSecond(record), decodeTokensPerSecond(record) ?? 0].map(Math.round));
const numbered = (records: readonly RunRecord[]) =>
  records.map((record, index) => ({ number: index + 1, record }));
const bars = (records: readonly RunRecord[]) =>
  barsOf({ runs: numbered(records) }, undefined).map(({ label, tokensPerSecond: rate }) => [
    label,
    Math.round(rate),
  ]);

describe('the runs of plain.csv', () => {
  test.each([
    'utf16le-powershell.csv',
    'utf16be-tab.tsv',
    'bom-semicolon-crlf.csv',
    'bom-sep-tab.csv',
    'cr-only.csv',
    'bom-crlf.jsonl',
  ])('are those of %s', async (name) => {
    const { records, leftOut } = await read(name);
    const [plain] = readRuns(await readFile('tests/fixtures/import/plain.csv', 'utf8')).records;
    const { adapter, setup, settings, startedAt, agent } = plain;
    expect(records).toMatchObject([{ adapter, setup, settings, startedAt, agent }]);
    expect(rates(records)).toEqual([[2000, 100]]);
    expect(leftOut).toEqual([]);
  });

  test.each([
    ['log-around.csv', 6, 'line 1: "'],
    ['of-2023.csv', 0, ''],
  ])('are those of %s, with log lines read past', async (name, count, first) => {
    const { records, leftOut } = await read(name);
    expect(rates(records)).toEqual([[2000, 100]]);
    expect(leftOut).toEqual(count ? [expect.stringContaining(`${count} lines hold no result`)] : []);
    expect(leftOut.join()).toContain(first);
  });
});

describe('several of a kind', () => {
  test('devices, backends and depths in any order: each prompt test has its own decode, and a line of its own', async () => {
    const { records, leftOut } = await read('devices-backends-depths.csv');
    expect(leftOut).toEqual([]);
    expect(records).toHaveLength(8);
    for (const [prefill, decode] of rates(records)) expect(decode).toBe(prefill / 10);
    const drawn = bars(records);
    expect(new Set(drawn.map(([label]) => label)).size).toBe(8);
    expect(drawn[0]).toEqual(['Small GPU Vulkan depth=4096', 1700]);
    expect(summarise(viewOf({ runs: numbered(records) }))).toMatch(
      /^Fastest: Small GPU Vulkan depth=4096 .*1,700/,
    );
    expect(bars(readRuns(toCsv(records)).records)).toEqual(drawn);
  });

  test.each<[string, [string, number][], [number, number][]]>([
    [
      'three-builds.jsonl',
      [
        ['build ccccdddd', 2200],
        ['build aaaabbbb', 2100],
        ['build 4ab12c9e', 2000],
      ],
      [
        [2000, 100],
        [2100, 101],
        [2200, 102],
      ],
    ],
    [
      'v0.5.0-load-modes.csv',
      [
        ['load_mode=mmap', 2000],
        ['load_mode=dio', 1800],
      ],
      [
        [2000, 100],
        [1800, 90],
      ],
    ],
    [
      'two-days.jsonl',
      [
        ['2026-05-04 10:00', 2000],
        ['2026-05-06 10:00', 1900],
      ],
      [
        [2000, 100],
        [1900, 95],
      ],
    ],
  ])('%s: a line for each, with its own decode', async (name, lines, speeds) => {
    const { records, leftOut } = await read(name);
    expect(leftOut).toEqual([]);
    expect(bars(records)).toEqual(lines);
    expect(rates(records)).toEqual(speeds);
  });

  test('two lists in a log', async () => {
    const { records, leftOut } = await read('log-two-lists.json');
    expect(rates(records)).toEqual([
      [2000, 100],
      [1000, 50],
    ]);
    expect(leftOut).toEqual([expect.stringMatching(/^4 lines hold no result/)]);
  });

  test('two Markdown tables with other columns, each with the build that follows it', async () => {
    const { records } = await read('two-tables.md');
    expect(rates(records)).toEqual([
      [2000, 100],
      [1500, 75],
    ]);
    expect(records.map(({ setup }) => [setup?.backends, setup?.build_commit, setup?.flash_attn])).toEqual([
      ['CUDA', '4ab12c9e', undefined],
      ['Vulkan', 'aaaabbbb', '1'],
    ]);
  });

  test('no GPU: the CPU is the device', async () => {
    const { records } = await read('cpu-only.json');
    expect(records).toMatchObject([{ adapter: 'Example CPU 8-Core', agent: 'llama-bench, CPU' }]);
    expect(markdownTable(records), 'its kernels are not checked').not.toContain('error');
  });
});

describe('a file that was cut off', () => {
  test.each(['cut-in-a-cell.csv', 'cut-after-cells.csv', 'cut.jsonl'])(
    '%s: what is whole is read, and the rest is said',
    async (name) => {
      const { records, leftOut } = await read(name);
      expect(rates(records)).toEqual([
        [1000, 100],
        [1100, 0],
      ]);
      const line = name === 'cut.jsonl' ? 4 : 5;
      expect(leftOut).toEqual([
        expect.stringContaining(`One line holds no result and was read past, line ${line}: "`),
      ]);
    },
  );

  test('of the lab', async () => {
    const whole = fromCsv(await readFile('tests/fixtures/import/lab-two-devices.csv', 'utf8'));
    const { records, leftOut } = await read('lab-cut.csv');
    expect(records).toEqual(whole.slice(0, -1));
    expect(leftOut).toEqual([expect.stringContaining('One line holds no result')]);
  });

  test('a fault in the middle is no end', async () => {
    const lines = (await textOf('cut-in-a-cell.csv')).split('\n');
    const text = lines.with(2, lines[2].slice(0, -1)).join('\n');
    expect(() => readRuns(text)).toThrow(/^Line 4 of the CSV has text after a closing quote/);
  });
});

test.each(['lab-semicolon-bom.csv', 'lab-log.csv'])('the lab’s own as %s', async (name) => {
  const whole = fromCsv(await readFile('tests/fixtures/import/lab-two-devices.csv', 'utf8'));
  expect((await read(name)).records).toEqual(whole);
});
