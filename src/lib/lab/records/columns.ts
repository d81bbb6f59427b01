/** The one list of columns that the table, the CSV and the tooltip all read, and records read back from CSV. */
import type { ChosenVariant } from '../experiment/expand';
import { type Cell, formatCsv, parseCsv } from './csv';
import {
  decodeTokensPerSecond,
  rateInterval,
  type RunRecord,
  type Summary,
  tokensPerSecond,
  type Warning,
  WARNINGS,
} from './record';
import { mean, median, medianInterval, outliers, quantile, spread, standardDeviation } from './statistics';

export interface Column {
  /** In the CSV, with its unit. */
  name: string;
  /** Over the table, with its unit. */
  title: string;
  value(record: RunRecord): Cell;
  /** Shown in the page's table and tooltip; the others are only in the CSV. */
  table: boolean;
  /** Significant digits shown; the CSV has them all. */
  digits?: number;
}

export const shown = (name: string, title: string, value: Column['value'], digits?: number): Column => ({
  name,
  title,
  value,
  digits,
  table: true,
});

export const exported = (name: string, title: string, value: Column['value']): Column => ({
  name,
  title,
  value,
  table: false,
});

export const rates = (record: RunRecord) => record.prefillSeconds.map((seconds) => record.prefill / seconds);

/** Of all samples, where they are there. */
const ofSamples = (value: (seconds: number[]) => number) => (record: RunRecord) =>
  record.summary ? undefined : value(record.prefillSeconds);
const optionalMedian = (values: number[]) => (values.length ? 1e3 * median(values) : undefined);

/**
 * llama-bench's columns, by its names and in its units, so that llama.cpp's compare-llama-bench.py reads the file: a run
 * is its test of n_prompt tokens, a chunk its n_ubatch, and the kernels' hash its build_commit. What has no meaning here
 * is 0 or empty. Decoding has columns of its own: in llama-bench it would be another row.
 */
export const LLAMA_BENCH: Column[] = [
  exported('build_commit', 'Kernel hash', (r) => r.kernelHash),
  exported('build_number', 'Build', () => 0),
  exported('cpu_info', 'CPU', () => ''),
  exported('gpu_info', 'Adapter', (r) => r.adapter),
  exported('backends', 'Backend', () => 'WebGPU'),
  exported('model_filename', 'Model', (r) => r.model),
  exported('model_type', 'Model type', (r) => `rwkv7 ${r.geometry.layers} × ${r.geometry.embedding}`),
  exported('model_size', 'Weights (bytes)', (r) => r.weightBytes),
  exported('model_n_params', 'Parameters', (r) => r.parameters),
  exported('n_batch', 'Batch (tokens)', (r) => r.prefill),
  exported('n_ubatch', 'Chunk (tokens)', (r) => r.chunk),
  ...['n_threads', 'cpu_mask', 'cpu_strict', 'poll'].map((name) => exported(name, name, () => 0)),
  ...['type_k', 'type_v'].map((name) => exported(name, name, () => 'f32')),
  exported('n_gpu_layers', 'Layers on the GPU', (r) => r.geometry.layers),
  ...['split_mode', 'main_gpu', 'no_kv_offload', 'flash_attn'].map((name) => exported(name, name, () => 0)),
  ...['tensor_split', 'tensor_buft_overrides'].map((name) => exported(name, name, () => '')),
  ...['use_mmap', 'embeddings', 'no_op_offload'].map((name) => exported(name, name, () => 0)),
  exported('n_prompt', 'Prefill (tokens)', (r) => r.prefill),
  exported('n_gen', 'Generated (tokens)', () => 0),
  exported('n_depth', 'Depth (tokens)', () => 0),
  exported('test_time', 'Started (UTC)', (r) => r.startedAt),
  exported('avg_ns', 'Mean (ns)', (r) => Math.round(1e9 * mean(r.prefillSeconds))),
  exported('stddev_ns', 'Standard deviation (ns)', (r) =>
    Math.round(1e9 * standardDeviation(r.prefillSeconds)),
  ),
  exported('avg_ts', 'Mean (tok/s)', (r) => mean(rates(r))),
  exported('stddev_ts', 'Standard deviation (tok/s)', (r) => standardDeviation(rates(r))),
];

/** What is computed from a record's own facts. */
export const DERIVED: Column[] = [
  shown('x_median_tokens_per_second', 'Prefill (tok/s)', tokensPerSecond, 4),
  exported('x_low_tokens_per_second', 'Interval, low (tok/s)', (r) => rateInterval(r).low),
  exported('x_high_tokens_per_second', 'Interval, high (tok/s)', (r) => rateInterval(r).high),
  shown('x_median_ms', 'Median (ms)', (r) => 1e3 * median(r.prefillSeconds), 4),
  shown(
    'x_spread_percent',
    'Spread (%)',
    ofSamples((s) => (100 * spread(s)) / median(s)),
    2,
  ),
  exported(
    'x_min_ms',
    'Fastest (ms)',
    ofSamples((s) => 1e3 * quantile(s, 0)),
  ),
  exported(
    'x_p10_ms',
    '10th percentile (ms)',
    ofSamples((s) => 1e3 * quantile(s, 0.1)),
  ),
  exported(
    'x_p90_ms',
    '90th percentile (ms)',
    ofSamples((s) => 1e3 * quantile(s, 0.9)),
  ),
  shown('x_sample_count', 'Samples', (r) => (r.summary ? r.summary.samples : r.prefillSeconds.length)),
  exported(
    'x_mild_outliers',
    'Mild outliers',
    ofSamples((s) => outliers(s).mild),
  ),
  exported(
    'x_severe_outliers',
    'Severe outliers',
    ofSamples((s) => outliers(s).severe),
  ),
  shown('x_decode_tokens_per_second', 'Decode (tok/s)', decodeTokensPerSecond, 4),
  shown('x_softmax_ms', 'Softmax (ms)', (r) => optionalMedian(r.softmaxSeconds), 3),
  shown('x_readback_ms', 'Readback (ms)', (r) => optionalMedian(r.readbackSeconds), 3),
  shown('x_memory_mb', 'Memory beside the weights (MB)', (r) => r.memoryBytes && r.memoryBytes / 1e6, 3),
];

/** A fact of a record: its column, and how its text becomes the fact again. */
interface Fact<Key extends keyof RunRecord> {
  column: Column;
  read(text: string): RunRecord[Key];
}
const text = (value: string) => value;
const facts: {
  [Key in keyof RunRecord]: Fact<Key>;
} = {
  model: { column: shown('x_model', 'Model', (r) => r.model), read: text },
  prefill: { column: shown('x_prefill_tokens', 'Prefill (tokens)', (r) => r.prefill), read: readNumber },
  chunk: { column: shown('x_chunk_tokens', 'Chunk (tokens)', (r) => r.chunk), read: readNumber },
  variants: {
    column: shown('x_variants', 'Variants', (r) => formatVariants(r.variants)),
    read: readVariants,
  },
  decode: { column: exported('x_decode_tokens', 'Decode (tokens)', (r) => r.decode), read: readNumber },
  stepsPerSubmit: {
    column: exported('x_steps_per_submit', 'Steps per submit', (r) => r.stepsPerSubmit),
    read: readNumber,
  },
  seed: { column: exported('x_seed', 'Seed', (r) => r.seed), read: readNumber },
  error: { column: shown('x_error', 'Largest error', (r) => r.error, 2), read: readNumber },
  errorKernel: { column: exported('x_error_kernel', 'Kernel of it', (r) => r.errorKernel), read: text },
  settings: { column: exported('x_settings', 'Settings', (r) => r.settings), read: text },
  geometry: { column: exported('x_geometry', 'Geometry', (r) => formatPairs(r.geometry)), read: readPairs },
  parameters: { column: exported('x_parameters', 'Parameters', (r) => r.parameters), read: readNumber },
  weightBytes: {
    column: exported('x_weight_bytes', 'Weights (bytes)', (r) => r.weightBytes),
    read: readNumber,
  },
  memoryBytes: {
    column: exported('x_memory_bytes', 'Memory beside the weights (bytes)', (r) => r.memoryBytes),
    read: readOptional,
  },
  loadSeconds: { column: exported('x_load_s', 'Loading (s)', (r) => r.loadSeconds), read: readNumber },
  layoutSeconds: {
    column: exported('x_layout_s', 'Laying out (s)', (r) => r.layoutSeconds),
    read: readOptional,
  },
  kernelHash: { column: exported('x_kernel_hash', 'Kernel hash', (r) => r.kernelHash), read: text },
  prefillSeconds: {
    column: exported('x_samples_s', 'Samples (s)', (r) => r.prefillSeconds.join(' ')),
    read: readSamples,
  },
  warmupSeconds: {
    column: exported('x_warmup_samples_s', 'Warm-up (s)', (r) => r.warmupSeconds.join(' ')),
    read: readNumbers,
  },
  decodeSeconds: {
    column: exported('x_decode_samples_s', 'Decode samples (s)', (r) => r.decodeSeconds.join(' ')),
    read: readNumbers,
  },
  softmaxSeconds: {
    column: exported('x_softmax_samples_s', 'Softmax samples (s)', (r) => r.softmaxSeconds.join(' ')),
    read: readNumbers,
  },
  readbackSeconds: {
    column: exported('x_readback_samples_s', 'Readback samples (s)', (r) => r.readbackSeconds.join(' ')),
    read: readNumbers,
  },
  adapter: { column: shown('x_adapter', 'Adapter', (r) => r.adapter), read: text },
  software: {
    column: exported('x_software_adapter', 'Software adapter', (r) => Number(r.software)),
    read: (word) => word === '1',
  },
  labVersion: {
    column: exported('x_lab_version', 'Version of the lab', (r) => r.labVersion),
    read: (version) => version || undefined,
  },
  agent: { column: exported('x_agent', 'Browser or runtime', (r) => r.agent), read: text },
  startedAt: { column: exported('x_started_at', 'Started (UTC)', (r) => r.startedAt), read: readTime },
  summary: {
    column: exported('x_summary', 'Samples, median interval (s)', (r) => formatSummary(r.summary)),
    read: readSummary,
  },
  warnings: { column: shown('x_warnings', 'Warnings', (r) => r.warnings.join(' ')), read: readWarnings },
};

/** Columns that files have not always had. */
export const LATER = ['x_memory_bytes', 'x_layout_s', 'x_summary', 'x_lab_version'];

export const FACTS = Object.entries(facts) as [keyof RunRecord, Fact<keyof RunRecord>][];

const [identity, details] = [FACTS.slice(0, 4), FACTS.slice(4)];

/** Every column, in order: what a run was, how fast it was, and all the rest. */
export const COLUMNS: Column[] = [
  ...LLAMA_BENCH,
  ...identity.map(([, { column }]) => column),
  ...DERIVED,
  ...details.map(([, { column }]) => column),
];

/** A column's value as the page shows it; empty when there is none. */
export function show({ value, digits }: Column, record: RunRecord): string {
  const cell = value(record);
  if (typeof cell !== 'number') return cell ?? '';
  if (digits === undefined) return String(cell);
  if (cell !== 0 && (Math.abs(cell) < 1e-3 || Math.abs(cell) >= 1e7)) return cell.toExponential(digits - 1);
  return Math.abs(cell) >= 10 ** digits ? cell.toFixed(0) : cell.toPrecision(digits);
}

/** One row a run: llama-bench's columns, then our own, whose names begin with x_. */
export function toCsv(records: readonly RunRecord[], header = true): string {
  const rows = records.map((record) => COLUMNS.map(({ value }) => value(record)));
  return formatCsv(header ? [COLUMNS.map(({ name }) => name), ...rows] : rows);
}

/** What a summary leaves out, and what stands for it when it is read. */
const LEFT_OUT: Partial<RunRecord> = {
  parameters: 0,
  geometry: {},
  weightBytes: 0,
  loadSeconds: 0,
  stepsPerSubmit: 0,
  seed: 1,
  variants: {},
  warmupSeconds: [],
  errorKernel: '',
};

/** The records without their samples: medians, intervals, the device. `fromCsv` reads it. */
export function summariesToCsv(records: readonly RunRecord[]): string {
  const columns = FACTS.filter(([key]) => !Object.hasOwn(LEFT_OUT, key) && !MEMORY.includes(key)).map(
    ([, { column }]) => column,
  );
  const rows = records.map(summaryOf).map((record) => columns.map(({ value }) => value(record)));
  return formatCsv([columns.map(({ name }) => name), ...rows]);
}
const MEMORY: (keyof RunRecord)[] = ['memoryBytes', 'layoutSeconds'];

/** Six digits say more than any clock knows. */
function summaryOf(record: RunRecord): RunRecord {
  const rounded = (value: number) => Number(value.toPrecision(6));
  const typical = (values: number[]) => (values.length ? [rounded(median(values))] : []);
  const { low, high } = record.summary ?? medianInterval(record.prefillSeconds);
  return {
    ...record,
    prefillSeconds: typical(record.prefillSeconds),
    decodeSeconds: typical(record.decodeSeconds),
    softmaxSeconds: typical(record.softmaxSeconds),
    readbackSeconds: typical(record.readbackSeconds),
    error: rounded(record.error),
    summary: {
      ...(record.summary ? { samples: record.summary.samples } : { samples: record.prefillSeconds.length }),
      ...(low === undefined || high === undefined ? {} : { low: rounded(low), high: rounded(high) }),
    },
  };
}

export function formatSummary(summary: Summary | undefined): string {
  if (!summary) return '';
  const { samples, low, high } = summary;
  return [samples ?? '-', ...(low === undefined || high === undefined ? [] : [low, high])].join(' ');
}

export function readSummary(list: string): Summary | undefined {
  if (list === '') return undefined;
  const [count, ...interval] = words(list);
  const samples = count === '-' ? undefined : readNumber(count);
  const [low, high, ...others] = interval.map(readNumber);
  const whole = (samples === undefined || (Number.isInteger(samples) && samples >= 1)) && others.length === 0;
  if (!whole || (low !== undefined && !(low > 0 && high >= low)))
    throw new Error(`"${list.slice(0, 60)}" is not a number of samples and an interval in seconds`);
  return { ...(samples === undefined ? {} : { samples }), ...(low === undefined ? {} : { low, high }) };
}

/** The records of a CSV that `toCsv` or `summariesToCsv` wrote. Throws an Error that names the row and the column that cannot be read. */
export function fromCsv(csv: string): RunRecord[] {
  return parseCsv(csv).map((row, index) => {
    const cells = FACTS.map(([key, { column, read }]) => {
      if (row.x_summary && !Object.hasOwn(row, column.name) && Object.hasOwn(LEFT_OUT, key))
        return [key, structuredClone(LEFT_OUT[key])];
      if (!Object.hasOwn(row, column.name) && !LATER.includes(column.name))
        throw new Error(`This CSV has no column ${column.name}; it was not written by the lab`);
      try {
        return [key, read(row[column.name] ?? '')];
      } catch (error) {
        throw new Error(`Row ${index + 1} of the CSV, ${column.name}: ${(error as Error).message}`, {
          cause: error,
        });
      }
    });
    const record = Object.fromEntries(cells) as unknown as RunRecord;
    if (record.summary === undefined) delete record.summary;
    if (record.labVersion === undefined) delete record.labVersion;
    return record;
  });
}

/** One row a sample, in the order taken, the repetitions before the timed ones marked. */
export function samplesToCsv(records: readonly RunRecord[]): string {
  const rows = records.flatMap((record, run) =>
    [
      ...record.warmupSeconds.map((seconds) => ['warmup', seconds] as const),
      ...record.prefillSeconds.map((seconds) => ['timed', seconds] as const),
    ].map(([phase, seconds], order) => [run + 1, record.settings, order + 1, phase, record.prefill, seconds]),
  );
  return formatCsv([['run', 'settings', 'order', 'phase', 'prefill_tokens', 'wall_s'], ...rows]);
}

/** `matmul_q4_k=tiled matmul_q4_k.step=32 wkv=sequential`: settings again, a space between. */
export function formatVariants(variants: Record<string, ChosenVariant>): string {
  return Object.entries(variants)
    .flatMap(([kernel, { name, knobs }]) => [
      `${kernel}=${name}`,
      ...Object.entries(knobs).map(([knob, value]) => `${kernel}.${knob}=${value}`),
    ])
    .join(' ');
}

export function readVariants(list: string): Record<string, ChosenVariant> {
  const variants = new Map<string, ChosenVariant>();
  for (const word of words(list)) {
    const [, kernel, knob, value] = /^([\w@]+)(?:\.(\w+))?=(\w+)$/.exec(word) ?? [];
    const variant = variants.get(kernel);
    if (kernel && knob === undefined) variants.set(kernel, { name: value, knobs: {} });
    else if (variant) variant.knobs = { ...variant.knobs, [knob]: readNumber(value) };
    else throw new Error(`"${word.slice(0, 60)}" is neither kernel=variant nor a knob of the variant before`);
  }
  return Object.fromEntries(variants);
}

export const formatPairs = (pairs: Record<string, number>) =>
  Object.entries(pairs)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');

export function readPairs(list: string): Record<string, number> {
  return Object.fromEntries(
    words(list).map((word) => {
      const [, name, value] = /^(\w+)=(.+)$/.exec(word) ?? [];
      if (!name) throw new Error(`"${word.slice(0, 60)}" is not name=number`);
      return [name, readNumber(value)];
    }),
  );
}

export function readNumber(word: string): number {
  if (word.trim() === '' || !Number.isFinite(Number(word)))
    throw new Error(`"${word.slice(0, 60)}" is not a number`);
  return Number(word);
}

export function readOptional(word: string): number | undefined {
  return word === '' ? undefined : readNumber(word);
}

export function readNumbers(list: string): number[] {
  return words(list).map(readNumber);
}

export function readSamples(list: string): number[] {
  const samples = readNumbers(list);
  if (samples.length === 0 || samples.some((seconds) => seconds <= 0))
    throw new Error('a run needs at least one sample, and every sample some time');
  return samples;
}

export function readTime(word: string): string {
  if (!/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(word) || Number.isNaN(Date.parse(word)))
    throw new Error(`"${word.slice(0, 60)}" is not a time like 2026-01-31T12:00:00.000Z`);
  return word;
}

export function readWarnings(list: string): Warning[] {
  return words(list).map((word) => {
    if (!Object.hasOwn(WARNINGS, word))
      throw new Error(`"${word.slice(0, 60)}" is not one of ${Object.keys(WARNINGS).join(', ')}`);
    return word as Warning;
  });
}

export const words = (list: string) => list.split(' ').filter((word) => word !== '');
