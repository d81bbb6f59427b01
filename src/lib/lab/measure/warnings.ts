/** Warnings that follow from how a run was measured: pure functions of its record and of what happened meanwhile. */
import { type RunRecord, type Warning } from '../records/record';
import { median, spread } from '../statistics/descriptive';
import { findTrend } from '../statistics/trend';
import { SAMPLE_TICKS } from './clock';

const FEW_SAMPLES = 5;
const LARGE_SPREAD = 0.05;
/** Largest relative change of the sentinel's time. */
const THROTTLED = 0.03;
/** With so many times of the sentinel, a single long one is a pause of this computer and not a slower GPU. */
const MANY_SENTINELS = 5;
/** Largest share of a sample that encoding may take. */
const ENCODING_SHARE = 0.5;

/** Events during a measurement that its times do not show. */
export interface Circumstances {
  /** The page was hidden at some time. */
  hidden?: boolean;
  /** The computer slept. */
  resumed?: boolean;
  /** The computer ran on its battery. */
  battery?: boolean;
}

/** The fields of a record that its warnings follow from; the optional ones are absent from older records. */
export type Measured = Pick<
  RunRecord,
  | 'prefillSeconds'
  | 'warmupSeconds'
  | 'decodeSeconds'
  | 'sequencesSeconds'
  | 'software'
  | 'repetitions'
  | 'clockTick'
  | 'encodeSeconds'
  | 'sentinelSeconds'
>;

/** The warnings of a measurement, in the order of WARNINGS; those that need a check or the model are added by others. */
export function warningsOf(record: Measured, circumstances: Circumstances = {}): Warning[] {
  const {
    prefillSeconds: seconds,
    warmupSeconds,
    software,
    encodeSeconds = 0,
    sentinelSeconds = [],
  } = record;
  const { hidden = false, resumed = false, battery = false } = circumstances;
  const typical = median(seconds);
  const trend = findTrend(seconds, tickShare(record, typical));
  const found = {
    software,
    hidden,
    resumed,
    battery,
    few: seconds.length < FEW_SAMPLES,
    spread: spread(seconds) > LARGE_SPREAD * typical,
    ticks: tooFewTicks(record, typical),
    cold: warmupSeconds.length === 0,
    warming: trend?.kind === 'warming',
    drift: trend?.kind === 'drift',
    throttled: throttled(sentinelSeconds),
    encode: encodeSeconds > ENCODING_SHARE * typical,
  };
  return (Object.keys(found) as (keyof typeof found)[]).filter((warning) => found[warning]);
}

/**
 * True if the GPU's clock moved by more than 3 %: `sentinelSeconds` are the times of the sentinel in order. Of five or more, the
 * medians of neighbouring three are compared.
 */
export function throttled(sentinelSeconds: readonly number[]): boolean {
  const many = sentinelSeconds.length >= MANY_SENTINELS;
  const times = many
    ? sentinelSeconds.slice(2).map((_, at) => median(sentinelSeconds.slice(at, at + 3)))
    : sentinelSeconds;
  return Math.max(...times) > (1 + THROTTLED) * Math.min(...times);
}

/** The clock's tick as a share of a sample. */
const tickShare = ({ clockTick = 0, repetitions = 1 }: Measured, seconds: number) =>
  clockTick / (repetitions * seconds);

/** True if a sample of prefill, or of decoding, lasted fewer than 100 ticks of the clock. */
function tooFewTicks(record: Measured, seconds: number): boolean {
  const { sequencesSeconds, clockTick = 0 } = record;
  const decodeSeconds = sequencesSeconds ?? record.decodeSeconds;
  const decoding = decodeSeconds.length > 0 && median(decodeSeconds) < SAMPLE_TICKS * clockTick;
  return SAMPLE_TICKS * tickShare(record, seconds) > 1 || decoding;
}
