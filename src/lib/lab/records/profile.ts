/** The result of a profile, and its table as CSV. Plain data, measured by measure/profile.ts. */
import { formatCsv } from './csv';
import type { Warning } from './record';

/** Peak rates of a device. A multiply-add counts as two operations. Undefined when the device lacks the feature. */
export interface Peaks {
  /** Operations per second. */
  f32: number;
  f16?: number | undefined;
  /** Dot products of 8-bit integers, four per word. */
  dot4?: number | undefined;
  /** Matrix units: f16 products, summed in f32. */
  matrix?: number | undefined;
  /** Bytes per second, reading an array larger than any cache. */
  read: number;
  /** Seconds per dispatch when each has to wait for the one before. */
  dispatch: number;
  /** Seconds that a pass adds to the dispatch in it; 0 when too small to measure. */
  pass: number;
}

/**
 * The work of one use of a kernel: floating-point operations (undefined if the kernel is not judged by them), and
 * bytes, each read or written once.
 */
export interface Work {
  flop: number | undefined;
  bytes: number | undefined;
}

/** One kernel at one shape, all its passes together. */
export interface ProfileRow extends Work {
  kernel: string;
  variant: string;
  /** `rows 2560, columns 2560, …` */
  shape: string;
  /** Number of uses in a chunk, and of their dispatches. */
  uses: number;
  dispatches: number;
  /** GPU time of all uses in a chunk, each dispatch measured in a pass of its own. */
  seconds: number;
  /** The variant's passes that have workgroups, with their dispatches and GPU time in a chunk. */
  passes: PassTime[];
  /** Time of all uses at peak compute or peak bandwidth, whichever is longer; undefined when the work is not known. */
  secondsAtPeak: number | undefined;
  /** Wall seconds of the chunk beyond the target's, times the row's share of GPU time; negative if within the target. */
  beyondTargetSeconds: number;
  /** Peak operations per second for the variant's kind of arithmetic, if measured. */
  computePeak: number | undefined;
}

interface PassTime {
  entryPoint: string;
  dispatches: number;
  seconds: number;
}

export interface Profile {
  /** Settings that repeat the profile. */
  settings: string;
  tokens: number;
  /** Tokens per second to compare with. */
  target: number;
  /** Median wall time of the chunk, with head and argmax, as a run measures it. */
  wallSeconds: number;
  /** `wall`: each kernel's seconds are of repeated steps, submission included, because the GPU has no timestamps. */
  clock?: 'wall';
  /**
   * Median seconds of the softmax over the last token's logits and of copying the probabilities to the CPU; not part of
   * `wallSeconds`.
   */
  softmaxSeconds: number;
  readbackSeconds: number;
  /** Matrix products with the activations, and the dispatches that compute them. */
  matmuls: MatmulCount;
  adapter: string;
  software: boolean;
  /** ISO 8601, UTC, and the browser's user agent; absent in profiles of version 0.2 and older. */
  startedAt?: string;
  agent?: string;
  /** The hash of the kernels, as in a record, and the version of the lab that measured it; absent as well. */
  kernelHash?: string;
  labVersion?: string;
  rows: ProfileRow[];
  /**
   * The dispatches of one repetition in order, each in a pass of its own: the place of its row in `rows`, and seconds by the GPU's
   * clock since the first began. Absent without timestamps, and in profiles of version 0.2 and older.
   */
  timeline?: { row: number; begin: number; seconds: number }[];
  peaks: Peaks;
  /** Absent in profiles of version 0.2 and older. */
  warnings?: Warning[];
}

/** Numbers of matrix products. A LoRA counts as two. */
export interface MatmulCount {
  /** In every layer except the first, which has one LoRA less. */
  perLayer: number;
  /** In a pass over the model: all layers and the head. */
  perPass: number;
  dispatchesPerPass: number;
}

/**
 * One line per row, then `all` rows together, then the wall time of the `chunk`. The dispatches are measured in a pass
 * each, so that their sum differs from the chunk by the cost of passes and by CPU time that the GPU waits for.
 */
export function profileToCsv({ rows, wallSeconds, peaks }: Profile): string {
  const all = totalOf(rows);
  return formatCsv([
    TITLES,
    ...rows.map((row) => [
      ...[row.kernel, row.variant, row.shape, row.uses, row.dispatches],
      milliseconds(row.seconds),
      percent(row.seconds / all.seconds),
      ...rates(row, row.computePeak, peaks.read),
    ]),
    ['all', '', '', all.uses, all.dispatches, milliseconds(all.seconds), '100.0', '', '', '', ''],
    [
      'chunk',
      '',
      'wall',
      '',
      '',
      milliseconds(wallSeconds),
      percent(wallSeconds / all.seconds),
      '',
      '',
      '',
      '',
    ],
  ]);
}

/** Sums over all rows. */
export function totalOf(rows: readonly Pick<ProfileRow, 'uses' | 'dispatches' | 'seconds'>[]) {
  const sum = (key: 'uses' | 'dispatches' | 'seconds') => rows.reduce((total, row) => total + row[key], 0);
  return { uses: sum('uses'), dispatches: sum('dispatches'), seconds: sum('seconds') };
}

/** Seconds of each variant of each kernel, at all shapes together; most first. */
export function variantSums(rows: readonly Pick<ProfileRow, 'kernel' | 'variant' | 'seconds'>[]) {
  const sums = new Map<string, { kernel: string; variant: string; seconds: number }>();
  for (const { kernel, variant, seconds } of rows) {
    const key = `${kernel}/${variant}`;
    sums.set(key, { kernel, variant, seconds: seconds + (sums.get(key)?.seconds ?? 0) });
  }
  return [...sums.values()].sort((a, b) => b.seconds - a.seconds);
}

const TITLES = [
  'kernel',
  'variant',
  'shape',
  'uses',
  'dispatches',
  'gpu_ms',
  'share_percent',
  'tflops',
  'gb_per_s',
  'share_of_compute_roof',
  'share_of_bandwidth_roof',
];

/** TFLOPS and GB/s, and their shares of the peaks; empty when unknown. */
function rates(
  { flop, bytes, uses, seconds }: ProfileRow,
  computePeak: number | undefined,
  readPeak: number,
) {
  const rate = (amount: number | undefined) =>
    amount === undefined || seconds === 0 ? undefined : (uses * amount) / seconds;
  const [compute, memory] = [rate(flop), rate(bytes)];
  return [
    compute && (compute / 1e12).toPrecision(4),
    memory && (memory / 1e9).toPrecision(4),
    compute && computePeak && (compute / computePeak).toFixed(3),
    memory && (memory / readPeak).toFixed(3),
  ];
}

const milliseconds = (seconds: number) => (1e3 * seconds).toPrecision(4);

const percent = (share: number) => (100 * share).toFixed(1);
