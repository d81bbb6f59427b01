/** The result of one finished run, its warnings and its speeds. */
import { RESULT_DEFAULTS, type ResultNumbers } from '../experiment/descriptors';
import type { ChosenVariant } from '../experiment/expand';
import { median, medianInterval } from '../statistics/descriptive';

/** The checks before and after the timing of a result. Plain data. */
export interface Checks {
  /** Pairs of a variant and a shape of the model, checked for this result or before it on the same device. */
  shapes: number;
  /** The seed of the data. */
  seed: number;
  /** After the timing: largest normalised mean squared error of logits and state against the portable exact kernels. */
  answerError?: number;
  /** The same of the timed samples that were checked, chosen by chance; absent up to 0.2. */
  sampleError?: number;
  /** Timed samples that were checked; absent up to 0.2, where it was one at most. */
  samples?: number;
  /** Seed of the prompt that was read after the timing. */
  answerSeed?: number;
  /** Seconds that the checks took; less when some were done before. */
  seconds: number;
}

/** Means over the tokens of a text that were predicted. */
export interface Quality {
  /** Tokens that were predicted. */
  tokens: number;
  /** Their bytes as text; 0 for random tokens, which a synthetic model is given. */
  bytes: number;
  /** FNV-1a of the token ids, 32 bits: the same number means the same text. */
  text: number;
  /** Mean of −ln p of each token. */
  nats: number;
  /** The same with the exact kernels. */
  exactNats: number;
  /** Share of tokens that had the highest logit. */
  top1: number;
  /** Share of positions at which the highest logit is that of the exact kernels. */
  agreement: number;
  /** Mean KL divergence of the predictions from those of the exact kernels, in nats. */
  divergence: number;
  /** Largest difference of a logit from that of the exact kernels. */
  maxLogitError: number;
}

/**
 * Plain numbers, strings and lists: safe to post, to store and to export. The settings that change a result (`prefill`,
 * `chunk` …) are those of experiment/descriptors.ts; `chunk` is a number of tokens, as it ran.
 */
export interface RunRecord extends ResultNumbers {
  /** Settings that repeat this run, as a query string. */
  settings: string;
  /** The model as requested: a name, a file or an address. */
  model: string;
  parameters: number;
  /** layers, embedding, heads, hidden, vocabulary. */
  geometry: Record<string, number>;
  /** Bytes of weights on the GPU. */
  weightBytes: number;
  /** Share of zeros in what sparse variants multiply in decoded tokens, from 0 to 1; absent without such variants. */
  zeros?: number;
  /** GPU bytes besides weights (state, activations, scratch, repacked matrices); undefined in old records. */
  memoryBytes?: number;
  /** Seconds from the first request for bytes (or synthesising dispatch) until the weights can be used. */
  loadSeconds: number;
  /** Seconds for repacking matrices into the variants' layouts, before anything is timed; 0 if no variant repacks. */
  layoutSeconds?: number;
  /** The variants of the kernels that the model uses. */
  variants: Record<string, ChosenVariant>;
  /** Hash of the kernels' source as it ran, 8 hex digits. */
  kernelHash: string;
  /** The same for each kernel by itself; undefined in records of version 0.2 and older. */
  kernelHashes?: Record<string, string>;
  /**
   * Wall seconds of one prefill in each sample, in the order taken: first submit until the last token's argmax is on the
   * CPU. A sample is the mean of `repetitions` prefills under one reading of the clock.
   */
  prefillSeconds: number[];
  /** Prefills of each sample; undefined in older records, where it was 1. */
  repetitions?: number;
  /** Seed of the random prompts, a new one for each sample; undefined in older records, whose samples all had one prompt. */
  promptSeed?: number;
  /** Tick of the wall clock in seconds; undefined in older records. */
  clockTick?: number;
  /** CPU seconds of encoding and submitting one prefill; undefined in older records. */
  encodeSeconds?: number;
  /** Seconds of the sentinel's fixed work before, amid and after the samples; undefined in older records and on software adapters. */
  sentinelSeconds?: number[];
  /** Prefill seconds of the warm-up repetitions. */
  warmupSeconds: number[];
  /** Wall seconds of decoding `decode` tokens, one entry per sample; empty without decoding. */
  decodeSeconds: number[];
  /**
   * Wall seconds of decoding `decode` tokens of each of several `sequences` together, one entry per sample. Such a record has no
   * `decodeSeconds`, so that nothing takes one for the other; records with one sequence do not have this field.
   */
  sequencesSeconds?: number[];
  /**
   * Wall seconds of single tokens, decoded after the samples, each submitted by itself and read before the next: its round trip is in each.
   * Undefined without decoding, after a quick look and in records of version 0.2 and older.
   */
  tokenSeconds?: number[];
  /** Wall seconds of the softmax over the last token's logits, timed as a step of its own. */
  softmaxSeconds: number[];
  /** Wall seconds of copying the probabilities from the GPU to the CPU. */
  readbackSeconds: number[];
  /** Largest error of the kernels against their reference implementations on this device (normalised mean squared). */
  error: number;
  /** The kernel with the largest error. */
  errorKernel: string;
  /** The checks of this run; undefined in records of version 0.2 and older. */
  checks?: Checks;
  /** How well the text was predicted, if the settings ask for it. */
  quality?: Quality;
  adapter: string;
  /** True if the adapter is a CPU that emulates a GPU. */
  software: boolean;
  /** ISO 8601, UTC. */
  startedAt: string;
  /** The browser's user agent, or the terminal's runtime and system. */
  agent: string;
  warnings: Warning[];
  /** Present when only a summary is known: `prefillSeconds` then holds one value, the median. */
  summary?: Summary;
  /** Version of the lab that measured it; absent in records from before 0.2. */
  labVersion?: string;
  /**
   * Only in records of another program: the settings by which it tells its tests apart, under its own names and as it wrote
   * them. Records that differ in one of them are different runs.
   */
  setup?: Record<string, string>;
}

/** A run that gave no record. */
export interface FailedRun {
  settings: string;
  reason: string;
}

/** The column with the reason why a run failed; only files with such a run have it, and such a row has nothing else but its settings. */
export const FAILED = 'x_failed';

/** The machine, the time and the program of a measurement. Plain data. */
export interface Place {
  adapter: string;
  /** True if the adapter is a CPU that emulates a GPU. */
  software: boolean;
  agent: string;
  /** ISO 8601, UTC. */
  startedAt: string;
  labVersion: string;
}

export interface Summary {
  /** Number of samples, if known. */
  samples?: number;
  /** Interval of the median in wall seconds, if known. */
  low?: number;
  high?: number;
}

/** A record as any version of the lab stored it: `prefillSeconds` was `seconds` in 0.1, and `ticks` was `short` up to 0.2. */
type StoredRecord = Omit<RunRecord, 'prefillSeconds' | 'warnings'> & {
  prefillSeconds?: number[];
  seconds?: number[];
  warnings: string[];
};

/** A record stored by any version of the lab, with today's names and settings. */
export function upgradeRecord(stored: RunRecord | StoredRecord): RunRecord {
  const { seconds, warnings, ...record } = { ...RESULT_DEFAULTS, ...stored } as StoredRecord;
  const whole = Object.keys(RESULT_DEFAULTS).every((field) => Object.hasOwn(stored, field));
  if (whole && !seconds && !warnings.includes('short')) return stored as RunRecord;
  const prefillSeconds = record.prefillSeconds ?? seconds!;
  return { ...record, prefillSeconds, warnings: warnings.map(presentWarning) as Warning[] };
}

/** The present code of a warning. */
export const presentWarning = (code: string): string => (code === 'short' ? 'ticks' : code);

/** The codes of what may be wrong with a result; ui/words/warnings.ts says what to do about each. */
export const WARNINGS = [
  'software',
  'hidden',
  'resumed',
  'battery',
  'few',
  'spread',
  'ticks',
  'cold',
  'warming',
  'drift',
  'throttled',
  'encode',
  'inexact',
  'unused',
] as const;

export type Warning = (typeof WARNINGS)[number];

/** `startedAt` of results whose file does not say when they were measured. */
export const UNKNOWN_TIME = new Date(0).toISOString();

/** The time of a measurement, ISO 8601, or undefined when it is not known: no year 1970 is shown. */
export const knownTime = (startedAt: string | undefined): string | undefined =>
  startedAt && Date.parse(startedAt) > 0 ? startedAt : undefined;

/** Tokens ÷ median wall seconds: how every speed of the lab is computed. */
export const medianRate = (tokens: number, seconds: readonly number[]): number => tokens / median(seconds);

/** Prompt tokens per second. */
export const tokensPerSecond = ({ prefill, prefillSeconds }: RunRecord) =>
  medianRate(prefill, prefillSeconds);

/** Decoded tokens per second; undefined when nothing was decoded. */
export const decodeTokensPerSecond = ({ decode, decodeSeconds }: RunRecord) =>
  decodeSeconds.length ? medianRate(decode, decodeSeconds) : undefined;

/** Decoded tokens per second of all sequences together; undefined for a single sequence. */
export const sequencesTokensPerSecond = ({ sequences, decode, sequencesSeconds = [] }: RunRecord) =>
  sequencesSeconds.length ? medianRate(sequences * decode, sequencesSeconds) : undefined;

/** The same of each of the sequences. */
export function sequenceTokensPerSecond(record: RunRecord): number | undefined {
  const together = sequencesTokensPerSecond(record);
  return together && together / record.sequences;
}

/** Interval of the median, in prompt tokens per second; with too few samples for 95 %, it spans all of them. */
export function rateInterval({ prefillSeconds, prefill, summary }: RunRecord): { low: number; high: number } {
  const [typical] = prefillSeconds;
  const { low = typical, high = typical } = summary ?? medianInterval(prefillSeconds);
  return { low: prefill / high, high: prefill / low };
}

export type Phase = 'prefill' | 'decode';

/** True for a record that was timed in this phase. */
export const hasPhase = ({ decodeSeconds }: RunRecord, phase: Phase) =>
  phase === 'prefill' || decodeSeconds.length > 0;

/** Tokens per second of a phase that the record has, and the interval; a summary has none of decoding. */
export function speedOf(record: RunRecord, phase: Phase): { rate: number; low: number; high: number } {
  if (phase === 'prefill') return { rate: tokensPerSecond(record), ...rateInterval(record) };
  const { decode, decodeSeconds } = record;
  const { low, high } = medianInterval(decodeSeconds);
  return { rate: medianRate(decode, decodeSeconds), low: decode / high, high: decode / low };
}

/** FNV-1a over the kernels' texts, ordered by name, as 8 hex digits: the same hash means the same shaders. */
export function hashTexts(texts: Record<string, string>): string {
  let hash = 0x811c9dc5;
  for (const name of Object.keys(texts).sort())
    for (const character of `${name}\n${texts[name]}\n`)
      hash = Math.imul(hash ^ (character.codePointAt(0) as number), 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, '0');
}
