/** Tests of llama-bench, from its CSV, its JSON or its Markdown table, as runs of the lab. */
import { RESULT_DEFAULTS } from '../experiment/descriptors';
import { formatQuery, shorten } from '../experiment/settings';
import { type RunRecord, UNKNOWN_TIME } from './record';
import { isTime } from './values';
import { median } from '../statistics/descriptive';

type Row = Record<string, unknown>;

/** One test of llama-bench. */
interface Test {
  place: string;
  prompt: number;
  generated: number;
  /** All samples if the file has them, else only their mean. */
  seconds: number[];
  samples: number | undefined;
  /** Machine and settings of the test, by the names of the file's columns. */
  setup: Record<string, string>;
  /** Equal for tests of the same model with the same setup. */
  key: string;
  /** Equal for those of one session too: in a file that was appended to, the second of two equal tests is of the second. */
  session: string;
  row: Row;
}

/** Columns of what a test did and how long it took; every other, also one of a later llama-bench, says on what and with what. */
const OF_THE_TEST =
  /^(n_prompt|n_gen|n_ubatch|test_time|avg_ns|stddev_ns|avg_ts|stddev_ts|samples_\w+|model_filename|model_size|model_n_params|gpu_info)$/;
const LONGEST_VALUE = 300;

/**
 * Each prompt test becomes a run, whose decode speed comes from the generation test with the same setup. `word`: what an entry of the
 * file is called. Throws an Error that names the entry that cannot be read, and for a file without a prompt test.
 */
export function fromLlamaBench(
  rows: readonly Row[],
  word: string,
): { records: RunRecord[]; leftOut: string[] } {
  const tests = inSessions(rows.map((row, index) => readTest(row, `${word} ${index + 1}`)));
  const isPrompt = ({ prompt, generated }: Test) => prompt > 0 && generated === 0;
  const prompts = tests.filter(isPrompt);
  const decodeOf = new Map<string, Test>();
  for (const test of tests)
    if (test.prompt === 0 && test.generated > 0 && !decodeOf.has(test.session))
      decodeOf.set(test.session, test);
  const records = prompts.map((test) => recordOf(test, decodeOf.get(test.session)));
  const shown = new Map(
    prompts.flatMap(({ session }) => decodeOf.get(session) ?? []).map((test) => [test.key, test]),
  );
  const used = new Set(prompts.map(({ session }) => decodeOf.get(session)));
  const leftOut = tests
    .filter((test) => !isPrompt(test) && !used.has(test))
    .map((test) => whyLeftOut(test, shown.get(test.key)));
  if (records.length === 0)
    throw new Error(`This file has no prompt test (pp). ${leftOut.slice(0, 3).join('. ')}`);
  return { records, leftOut };
}

function inSessions(tests: readonly Omit<Test, 'session'>[]): Test[] {
  const counts = new Map<string, number>();
  return tests.map((test) => {
    const same = `${test.prompt} ${test.generated} ${test.key}`;
    const count = (counts.get(same) ?? 0) + 1;
    counts.set(same, count);
    return { ...test, session: `${count} ${test.key}` };
  });
}

function whyLeftOut({ place, prompt, generated }: Test, shown: Test | undefined): string {
  if (prompt > 0 && generated > 0)
    return `${place} times ${prompt} prompt tokens and ${generated} generated ones together; the lab times them separately`;
  if (generated === 0) return `${place} times nothing: n_prompt and n_gen are 0`;
  return shown
    ? `${place} times ${generated} generated tokens and is left out: ${shown.place}, with the same setup, has ${shown.generated}`
    : `${place} times ${generated} generated tokens, and no prompt test has the same setup`;
}

function readTest(row: Row, place: string): Omit<Test, 'session'> {
  const number = (name: string): number => {
    const given = Object.hasOwn(row, name) ? row[name] : undefined;
    const value = typeof given === 'string' && given.trim() !== '' ? Number(given) : given;
    if (typeof value !== 'number' || !Number.isFinite(value) || value < 0)
      throw new Error(
        `${place}: ${name} should be a number; it is ${shorten(JSON.stringify(given) ?? 'missing')}`,
      );
    return value;
  };
  const listed = Object.hasOwn(row, 'samples_ns') && Array.isArray(row.samples_ns) ? row.samples_ns : [];
  if (listed.some((value) => typeof value !== 'number' || !(value > 0)))
    throw new Error(`${place}: samples_ns should be times above 0`);
  const nanoseconds = listed.length ? (listed as number[]) : [number('avg_ns')];
  if (!(nanoseconds[0] > 0)) throw new Error(`${place}: avg_ns is 0; a test takes some time`);
  const setup = setupOf(row);
  const machine = ['model_filename', 'gpu_info', 'n_ubatch'].map((name) => wordIn(row, name));
  return {
    place,
    prompt: number('n_prompt'),
    generated: number('n_gen'),
    seconds: nanoseconds.map((value) => value / 1e9),
    samples: listed.length || undefined,
    setup,
    key: JSON.stringify([machine, Object.entries(setup).sort(([a], [b]) => (a < b ? -1 : 1))]),
    row,
  };
}

const wordIn = (row: Row, name: string): string => {
  const value = Object.hasOwn(row, name) ? row[name] : undefined;
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value as string | number | boolean);
};

const setupOf = (row: Row): Record<string, string> =>
  Object.fromEntries(
    Object.keys(row)
      .filter((name) => !OF_THE_TEST.test(name) && /^\w{1,40}$/.test(name) && name !== '__proto__')
      .map((name) => [name, wordIn(row, name).slice(0, LONGEST_VALUE)]),
  );

/** A prompt test as a run; n_ubatch is the chunk, as in the CSV that the lab writes. */
function recordOf({ prompt, seconds, samples, setup, row }: Test, decode: Test | undefined): RunRecord {
  const word = (name: string) => wordIn(row, name);
  const amount = (name: string) => Number(word(name)) || 0;
  const chunk = Math.min(prompt, amount('n_ubatch') || prompt);
  const model = word('model_filename') || word('model_type') || 'unnamed';
  const test = word('test_time');
  return {
    settings: formatQuery([
      ['model', [model]],
      ['prefill', [String(prompt)]],
      ['chunk', [String(chunk)]],
    ]),
    model,
    parameters: amount('model_n_params'),
    geometry: {},
    weightBytes: amount('model_size'),
    loadSeconds: 0,
    ...RESULT_DEFAULTS,
    prefill: prompt,
    chunk,
    decode: decode?.generated ?? 0,
    variants: {},
    kernelHash: word('build_commit'),
    prefillSeconds: samples ? seconds : [median(seconds)],
    warmupSeconds: [],
    decodeSeconds: decode ? decode.seconds : [],
    softmaxSeconds: [],
    readbackSeconds: [],
    error: 0,
    errorKernel: '',
    adapter: word('gpu_info') || word('cpu_info'),
    software: false,
    startedAt: isTime(test) ? test : UNKNOWN_TIME,
    agent: `llama-bench, ${word('backends') || 'unknown backend'}`,
    setup,
    warnings: [],
    // llama-bench's CSV does not say how many samples it took.
    ...(samples ? {} : { summary: {} }),
  };
}

/** True for a text with llama-bench's Markdown table, which is what it prints unless asked for something else. */
export const isLlamaTable = (text: string): boolean => headOf(text.split('\n')) >= 0;

const cellsOf = (line: string) =>
  line
    .trim()
    .replace(/^\||\|$/g, '')
    .split('|')
    .map((cell) => cell.trim());

const headOf = (lines: readonly string[]) =>
  lines.findIndex((line) => {
    if (!line.startsWith('|')) return false;
    const names = cellsOf(line);
    return names[0] === 'model' && names.includes('test') && names.includes('t/s');
  });

/** The names that llama-bench's table has for columns of its other forms. */
const TABLE_NAMES: Record<string, string> = {
  ...{ backend: 'backends', ngl: 'n_gpu_layers', threads: 'n_threads', fa: 'flash_attn', mmap: 'use_mmap' },
  ...{ sm: 'split_mode', mg: 'main_gpu', nkvo: 'no_kv_offload', dev: 'devices', ts: 'tensor_split' },
  ...{ ot: 'tensor_buft_overrides', embd: 'embeddings', nopo: 'no_op_offload', model: 'model_filename' },
};

/**
 * The rows of llama-bench's Markdown tables, with the fields of its JSON; the line `build: …` below a table is of its rows. Sizes are left
 * out: the table rounds them. Throws an Error that names the line that cannot be read.
 */
export function readLlamaTable(text: string): Row[] {
  const rows: Row[] = [];
  let names: string[] | undefined;
  let built = 0;
  text.split('\n').forEach((written, index) => {
    const line = written.trimEnd();
    const [, commit, number] = /^build: (\w{1,40}) \((\d{1,9})\)$/.exec(line.trim()) ?? [];
    if (commit) {
      const build = { build_commit: commit, build_number: number };
      rows.splice(built, Infinity, ...rows.slice(built).map((row) => ({ ...build, ...row })));
      built = rows.length;
    }
    if (!line.startsWith('|') || /^[|\s:-]*$/.test(line)) return;
    const cells = cellsOf(line);
    if (headOf([line]) === 0) names = cells;
    else if (names) rows.push(tableRow(names, cells, `Line ${index + 1} of the table`));
  });
  return rows;
}

function tableRow(names: readonly string[], cells: readonly string[], place: string): Row {
  if (cells.length !== names.length)
    throw new Error(`${place} has ${cells.length} cells; its first line names ${names.length}`);
  return rowOf(Object.fromEntries(names.map((name, at) => [name, cells[at]])), place);
}

function rowOf(cells: Record<string, string>, place: string): Row {
  const { test, 't/s': speed, ...others } = cells;
  const [, prompt = '0', generated = '0', depth = '0'] =
    /^(?:pp(\d{1,9}))?\+?(?:tg(\d{1,9}))?(?: ?@ ?d(\d{1,9}))?$/.exec(test) ?? [];
  const rate = Number(speed.split('±')[0].trim());
  const tokens = Number(prompt) + Number(generated);
  if (!(tokens > 0) || !(rate > 0))
    throw new Error(
      `${place} should have a test such as pp512 and a speed; it has "${shorten(`${test}, ${speed}`)}"`,
    );
  const setup = Object.entries(others)
    .filter(([name]) => name !== 'size' && name !== 'params')
    .map(([name, value]) => [
      Object.hasOwn(TABLE_NAMES, name) ? TABLE_NAMES[name] : name.replace(/\W/g, '_'),
      value,
    ]);
  return {
    ...Object.fromEntries(setup),
    ...{ n_prompt: prompt, n_gen: generated, n_depth: depth, avg_ns: (1e9 * tokens) / rate },
  };
}
