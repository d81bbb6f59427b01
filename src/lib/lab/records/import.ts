/** Results in files, the lab's own and llama-bench's, read as records. */
import { parseCsv } from './csv';
import { RESULT_DEFAULTS } from '../experiment/descriptors';
import { formatQuery, shorten } from '../experiment/settings';
import { type RunRecord } from './record';
import { readRow } from './runsCsv';
import { isTime } from './values';
import { median } from '../statistics/descriptive';

export interface ImportedRuns {
  records: RunRecord[];
  /** Tests in the file that cannot be shown as a run, one sentence each. */
  leftOut: string[];
}

/**
 * Reads results: CSV of the lab (runs or summaries), and llama-bench's `-o csv` and `-o json`. Each prompt test of
 * llama-bench becomes a run, whose decode speed comes from the generation test with the same setup. Throws an Error that
 * names the line, or the entry, that cannot be read.
 */
export function readRuns(text: string): ImportedRuns {
  const trimmed = text.replace(/^\uFEFF/, '').trimStart();
  if (trimmed === '') throw new Error('There is nothing in this file; it should hold runs as CSV or JSON');
  if (/^[[{]/.test(trimmed)) return fromLlamaBench(readJson(trimmed), 'Entry');
  const rows = parseCsv(text);
  const names = Object.keys(rows[0] ?? {});
  if (rows.length === 0) throw new Error('This CSV names columns and has no rows');
  if (names.includes('x_settings')) return { records: rows.map(readRow), leftOut: [] };
  if (names.includes('n_prompt') && names.includes('avg_ns')) return fromLlamaBench(rows, 'Row');
  throw new Error(
    `These columns are neither the lab's (x_settings …) nor llama-bench's (n_prompt, n_gen, avg_ns …): ${shorten(names.join(', '))}`,
  );
}

type Row = Record<string, unknown>;

function readJson(text: string): Row[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`This is not JSON: ${(error as Error).message}`, { cause: error });
  }
  const list = Array.isArray(value) ? (value as unknown[]) : [value];
  list.forEach((entry, index) => {
    if (typeof entry !== 'object' || entry === null || Array.isArray(entry))
      throw new Error(
        `Entry ${index + 1} is not an object with llama-bench's fields n_prompt, n_gen, avg_ns …`,
      );
  });
  if (list.length === 0) throw new Error('This JSON is an empty list; it should hold runs');
  return list as Row[];
}

/** One test of llama-bench. */
interface Test {
  place: string;
  prompt: number;
  generated: number;
  /** All samples if the file has them, else only their mean. */
  seconds: number[];
  samples: number | undefined;
  /** Equal for tests of the same model on the same machine. */
  setup: string;
  row: Row;
}

function fromLlamaBench(rows: Row[], word: string): ImportedRuns {
  const tests = rows.map((row, index) => readTest(row, `${word} ${index + 1}`));
  const isPrompt = ({ prompt, generated }: Test) => prompt > 0 && generated === 0;
  const prompts = tests.filter(isPrompt);
  const decodes = tests.filter(({ prompt, generated }) => prompt === 0 && generated > 0).reverse();
  const decodeOf = new Map(decodes.map((test) => [test.setup, test]));
  const records = prompts.map((test) => recordOf(test, decodeOf.get(test.setup)));
  const setups = new Set(prompts.map(({ setup }) => setup));
  const left = tests.filter((test) => !isPrompt(test) && !(test.prompt === 0 && setups.has(test.setup)));
  const leftOut = left.map(({ place, prompt, generated }) =>
    prompt > 0
      ? `${place} times ${prompt} prompt tokens and ${generated} generated ones together; the lab times them separately`
      : `${place} times ${generated} generated tokens, and no prompt test has the same setup`,
  );
  if (records.length === 0)
    throw new Error(`This file has no prompt test (pp). ${leftOut.slice(0, 3).join('. ')}`);
  return { records, leftOut };
}

function readTest(row: Row, place: string): Test {
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
  const setup = ['build_commit', 'model_filename', 'gpu_info', 'backends', 'n_ubatch', 'test_time'];
  return {
    place,
    prompt: number('n_prompt'),
    generated: number('n_gen'),
    seconds: nanoseconds.map((value) => value / 1e9),
    samples: listed.length || undefined,
    setup: JSON.stringify(setup.slice(0, 5).map((name) => String(row[name] ?? ''))),
    row,
  };
}

/** A prompt test as a run; n_ubatch is the chunk, as in the CSV that the lab writes. */
function recordOf({ prompt, seconds, samples, row }: Test, decode: Test | undefined): RunRecord {
  const word = (name: string) => (Object.hasOwn(row, name) ? String(row[name] ?? '') : '');
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
    startedAt: isTime(test) ? test : new Date(0).toISOString(),
    agent: `llama-bench, ${word('backends') || 'unknown backend'}`,
    warnings: [],
    // llama-bench's CSV does not say how many samples it took.
    ...(samples ? {} : { summary: {} }),
  };
}
