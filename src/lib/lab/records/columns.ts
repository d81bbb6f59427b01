/** The one list of columns that the table, the CSV and the tooltip all read. */
import { type Column, exported, type ShownColumn, shown } from './column';
import { LLAMA_BENCH } from './llamaBench';
import {
  decodeTokensPerSecond,
  type Quality,
  rateInterval,
  type RunRecord,
  sequencesTokensPerSecond,
  sequenceTokensPerSecond,
  tokensPerSecond,
} from './record';
import { median, outliers, quantile, spread } from '../statistics/descriptive';
import { bitsPerByte } from './quality';
import * as values from './values';

/** A statistic of all samples; empty for a summary, whose samples were left out. */
const ofSamples = (statistic: (seconds: number[]) => number) => (record: RunRecord) =>
  record.summary ? undefined : statistic(record.prefillSeconds);
const medianMilliseconds = (seconds: number[]) => (seconds.length ? 1e3 * median(seconds) : undefined);

const ofQuality = (read: (quality: Quality) => number | undefined) => (record: RunRecord) =>
  record.quality && read(record.quality);

/** Columns that are computed from a record's fields. */
const DERIVED = [
  shown('x_median_tokens_per_second', 'Prefill (tokens/s)', tokensPerSecond, 4),
  exported('x_low_tokens_per_second', 'Interval, low (tokens/s)', (r) => rateInterval(r).low),
  exported('x_high_tokens_per_second', 'Interval, high (tokens/s)', (r) => rateInterval(r).high),
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
  shown('x_decode_tokens_per_second', 'Decode (tokens/s)', decodeTokensPerSecond, 4),
  shown(
    'x_sequences_tokens_per_second',
    'Decode, all sequences together (tokens/s)',
    sequencesTokensPerSecond,
    4,
  ),
  shown('x_sequence_tokens_per_second', 'Decode, each sequence (tokens/s)', sequenceTokensPerSecond, 4),
  shown('x_softmax_ms', 'Softmax (ms)', (r) => medianMilliseconds(r.softmaxSeconds), 3),
  shown('x_readback_ms', 'Readback (ms)', (r) => medianMilliseconds(r.readbackSeconds), 3),
  shown(
    'x_nats_per_token',
    'Nats per token',
    ofQuality((q) => q.nats),
    5,
  ),
  shown('x_bits_per_byte', 'Bits per byte', ofQuality(bitsPerByte), 5),
  exported(
    'x_top1_percent',
    'Top 1 (%)',
    ofQuality((q) => 100 * q.top1),
  ),
  shown(
    'x_agreement_percent',
    'Same best token (%)',
    ofQuality((q) => 100 * q.agreement),
    4,
  ),
  shown(
    'x_kl_nats_per_token',
    'KL divergence (nats)',
    ofQuality((q) => q.divergence),
    2,
  ),
  shown(
    'x_max_logit_error',
    'Largest logit error',
    ofQuality((q) => q.maxLogitError),
    2,
  ),
  shown('x_memory_mb', 'Memory besides weights (MB)', (r) => r.memoryBytes && r.memoryBytes / 1e6, 3),
];

/** A field of a record: its column, and the reader for the text of its cell. */
interface Fact<Key extends keyof RunRecord> {
  column: Column;
  read(text: string): RunRecord[Key];
}
const text = (value: string) => value;

/** One entry per field of a record: a new field without its column does not compile. */
const facts = {
  model: { column: shown('x_model', 'Model', (r) => r.model), read: text },
  prefill: {
    column: shown('x_prefill_tokens', 'Prefill (tokens)', (r) => r.prefill),
    read: values.readNumber,
  },
  chunk: { column: shown('x_chunk_tokens', 'Chunk (tokens)', (r) => r.chunk), read: values.readNumber },
  variants: {
    column: shown('x_variants', 'Variants', (r) => values.formatVariants(r.variants)),
    read: values.readVariants,
  },
  decode: {
    column: exported('x_decode_tokens', 'Decode (tokens)', (r) => r.decode),
    read: values.readNumber,
  },
  sequences: {
    column: exported('x_sequences', 'Sequences decoded together', (r) => r.sequences),
    read: values.readNumber,
  },
  stepsPerSubmit: {
    column: exported('x_steps_per_submit', 'Steps per submit', (r) => r.stepsPerSubmit),
    read: values.readNumber,
  },
  seed: { column: exported('x_seed', 'Seed', (r) => r.seed), read: values.readNumber },
  error: {
    // Another program's kernels are not checked, which is no error of 0.
    column: shown('x_error', 'Largest error', (r) => (r.setup && r.error === 0 ? undefined : r.error), 2),
    read: (text) => values.readOptional(text) ?? 0,
  },
  errorKernel: { column: exported('x_error_kernel', 'Kernel of it', (r) => r.errorKernel), read: text },
  checks: {
    column: exported('x_checks', 'Checks', (r) => r.checks && values.formatPairs({ ...r.checks })),
    read: values.readChecks,
  },
  evaluate: {
    column: exported('x_evaluate_tokens', 'Evaluated (tokens)', (r) => r.evaluate),
    read: values.readNumber,
  },
  quality: {
    column: exported('x_quality', 'Quality', (r) => r.quality && values.formatPairs({ ...r.quality })),
    read: values.readQuality,
  },
  settings: { column: exported('x_settings', 'Settings', (r) => r.settings), read: text },
  geometry: {
    column: exported('x_geometry', 'Geometry', (r) => values.formatPairs(r.geometry)),
    read: values.readPairs,
  },
  parameters: {
    column: exported('x_parameters', 'Parameters', (r) => r.parameters),
    read: values.readNumber,
  },
  weightBytes: {
    column: exported('x_weight_bytes', 'Weights (bytes)', (r) => r.weightBytes),
    read: values.readNumber,
  },
  memoryBytes: {
    column: exported('x_memory_bytes', 'Memory besides weights (bytes)', (r) => r.memoryBytes),
    read: values.readOptional,
  },
  zeros: {
    column: exported('x_zeros', 'Zeros left out (share)', (r) => r.zeros),
    read: values.readOptional,
  },
  loadSeconds: { column: exported('x_load_s', 'Loading (s)', (r) => r.loadSeconds), read: values.readNumber },
  layoutSeconds: {
    column: exported('x_layout_s', 'Laying out (s)', (r) => r.layoutSeconds),
    read: values.readOptional,
  },
  kernelHash: { column: exported('x_kernel_hash', 'Kernel hash', (r) => r.kernelHash), read: text },
  kernelHashes: {
    column: exported('x_kernel_hashes', 'Hash of each kernel', (r) => values.formatTexts(r.kernelHashes)),
    read: values.readTexts,
  },
  prefillSeconds: {
    column: exported('x_samples_s', 'Samples (s)', (r) => r.prefillSeconds.join(' ')),
    read: values.readSamples,
  },
  repetitions: {
    column: exported('x_repetitions', 'Prefills of a sample', (r) => r.repetitions),
    read: values.readOptional,
  },
  promptSeed: {
    column: exported('x_prompt_seed', 'Seed of the prompts', (r) => r.promptSeed),
    read: values.readOptional,
  },
  clockTick: {
    column: exported('x_clock_tick_s', 'Tick of the clock (s)', (r) => r.clockTick),
    read: values.readOptional,
  },
  encodeSeconds: {
    column: exported('x_encode_s', 'Encoding of a prefill (s)', (r) => r.encodeSeconds),
    read: values.readOptional,
  },
  sentinelSeconds: {
    column: exported('x_sentinel_samples_s', 'Sentinel (s)', (r) => r.sentinelSeconds?.join(' ')),
    read: (list) => (list === '' ? undefined : values.readNumbers(list)),
  },
  warmupSeconds: {
    column: exported('x_warmup_samples_s', 'Warm-up (s)', (r) => r.warmupSeconds.join(' ')),
    read: values.readNumbers,
  },
  decodeSeconds: {
    column: exported('x_decode_samples_s', 'Decode samples (s)', (r) => r.decodeSeconds.join(' ')),
    read: values.readNumbers,
  },
  sequencesSeconds: {
    column: exported('x_sequences_samples_s', 'Decode samples of all sequences (s)', (r) =>
      r.sequencesSeconds?.join(' '),
    ),
    read: (list) => (list === '' ? undefined : values.readNumbers(list)),
  },
  tokenSeconds: {
    column: exported('x_token_samples_s', 'Single tokens (s)', (r) => r.tokenSeconds?.join(' ')),
    read: (list) => (list === '' ? undefined : values.readNumbers(list)),
  },
  softmaxSeconds: {
    column: exported('x_softmax_samples_s', 'Softmax samples (s)', (r) => r.softmaxSeconds.join(' ')),
    read: values.readNumbers,
  },
  readbackSeconds: {
    column: exported('x_readback_samples_s', 'Readback samples (s)', (r) => r.readbackSeconds.join(' ')),
    read: values.readNumbers,
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
  startedAt: { column: exported('x_started_at', 'Started (UTC)', (r) => r.startedAt), read: values.readTime },
  summary: {
    column: exported('x_summary', 'Samples, median interval (s)', (r) => values.formatSummary(r.summary)),
    read: values.readSummary,
  },
  setup: {
    column: shown('x_setup', 'Setup', (r) => values.formatTexts(r.setup)),
    read: values.readTexts,
  },
  warnings: {
    column: shown('x_warnings', 'Warnings', (r) => r.warnings.join(' ')),
    read: values.readWarnings,
  },
} satisfies { [Key in keyof RunRecord]-?: Fact<Key> };

export const FACTS = Object.entries(facts) as [keyof RunRecord, Fact<keyof RunRecord>][];

const [identity, details] = [FACTS.slice(0, 4), FACTS.slice(4)];

/** Every column, in order: llama-bench's, what a run was, how fast it was, then everything else. */
export const COLUMNS: readonly Column[] = [
  ...LLAMA_BENCH,
  ...identity.map(([, { column }]) => column),
  ...DERIVED,
  ...details.map(([, { column }]) => column),
];

type Defined = (typeof facts)[keyof typeof facts]['column'] | (typeof DERIVED)[number];
/** The name of a column that the page shows. */
export type ShownName = Extract<Defined, { table: true }>['name'];

/** The columns that the page shows. */
export const SHOWN = COLUMNS.filter((column): column is ShownColumn<ShownName> => column.table);
