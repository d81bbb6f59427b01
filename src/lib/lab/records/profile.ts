/** What a profile found, and its CSV. Plain data: measured by measure/profile.ts. */
import { formatCsv } from './csv';

/** A multiply-add counts as two operations. Undefined where the device lacks what it takes. */
export interface Peaks {
  /** Operations a second. */
  f32: number;
  f16: number | undefined;
  /** 8-bit integers, four to a word. */
  dot4: number | undefined;
  /** Matrix units: f16, summed in f32. */
  matrix: number | undefined;
  /** Bytes a second, of an array that no cache holds. */
  read: number;
  /** Seconds from one dispatch to the next that has to wait for it. */
  dispatch: number;
  /** Seconds that a pass adds to those of the dispatch in it; 0: less than can be told. */
  pass: number;
}

/** What a use must do: floating-point operations, where the kernel is judged by them, and bytes read or written once. */
export interface Work {
  flop: number | undefined;
  bytes: number | undefined;
}

/** One kernel at one shape; its passes together. */
export interface ProfileRow extends Work {
  kernel: string;
  variant: string;
  /** `rows 2560, columns 2560, …` */
  shape: string;
  /** Uses in a chunk, and dispatches they come to. */
  uses: number;
  dispatches: number;
  /** On the GPU, of all uses in a chunk, each dispatch measured in a pass of its own. */
  seconds: number;
  /** Of the variant, those that have any workgroups: their dispatches in a chunk and what these take. */
  passes: PassTime[];
  /** What all uses would take at the peaks, the higher of arithmetic and reading; undefined where the work is not known. */
  secondsAtPeak: number | undefined;
  /** Its share of the chunk's wall time, less the same share of the time that the target allows; negative: none is lost. */
  beyondTargetSeconds: number;
  /** Operations a second that the variant's kind of arithmetic reaches on this GPU, where that was measured. */
  computePeak: number | undefined;
}

export interface PassTime {
  entryPoint: string;
  dispatches: number;
  seconds: number;
}

export interface Profile {
  /** Settings that make it again. */
  settings: string;
  tokens: number;
  /** Tokens a second to compare with. */
  target: number;
  /** Median wall time of the same chunk, head and argmax included, as a run measures it. */
  wallSeconds: number;
  /** Medians: softmax over the last token's logits, and the probabilities' way to the CPU; not in `wallSeconds`. */
  softmaxSeconds: number;
  readbackSeconds: number;
  /** Products of a matrix and the activations: logical ones, and the dispatches that they come to. */
  matmuls: MatmulCount;
  adapter: string;
  software: boolean;
  rows: ProfileRow[];
  peaks: Peaks;
}

/** How many matrix products there are. A LoRA is two. */
export interface MatmulCount {
  /** In one layer after the first, which has one LoRA less. */
  perLayer: number;
  /** In a pass over the model: all layers and the head. */
  perPass: number;
  dispatchesPerPass: number;
}

/**
 * One line a row, then `all` of them, then the `chunk` as a whole on the wall clock: what its dispatches, each in a pass
 * of its own, take more or less than the chunk is what passes cost and what the CPU hides or does not.
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

/** Of all rows together. */
export function totalOf(rows: readonly Pick<ProfileRow, 'uses' | 'dispatches' | 'seconds'>[]) {
  const sum = (key: 'uses' | 'dispatches' | 'seconds') => rows.reduce((total, row) => total + row[key], 0);
  return { uses: sum('uses'), dispatches: sum('dispatches'), seconds: sum('seconds') };
}

/** The columns of llama.cpp's test-backend-ops, then our own. */
const KERNEL_COLUMNS = [
  ...[
    'test_time',
    'build_commit',
    'backend_name',
    'op_name',
    'op_params',
    'test_mode',
    'supported',
    'passed',
  ],
  ...['error_message', 'time_us', 'flops', 'bandwidth_gb_s', 'memory_kb', 'n_runs', 'device_description'],
  ...[
    'backend_reg_name',
    'x_variant',
    'x_dispatches',
    'x_share',
    'x_compute_roof_flops',
    'x_roof_us',
    'x_beyond_target_us',
  ],
];

/** One row a kernel and shape of a profile; times of one use, in microseconds. `testTime`: ISO 8601, UTC. */
export function kernelsToCsv({ rows, adapter }: Profile, testTime: string): string {
  const all = rows.reduce((sum, { seconds }) => sum + seconds, 0);
  const lines = rows.map((row) => {
    const { kernel, variant, shape, uses, dispatches, seconds, flop, bytes, secondsAtPeak } = row;
    const each = seconds / uses;
    const rate = (amount: number | undefined, unit: number) =>
      amount !== undefined && each > 0 ? amount / each / unit : undefined;
    return [
      ...[testTime, '', 'WebGPU', kernel, shape.replaceAll(', ', ','), 'perf', 1, 1, ''],
      ...[1e6 * each, rate(flop, 1), rate(bytes, 1e9), bytes && Math.ceil(bytes / 1024), uses, adapter],
      ...['WebGPU', variant, dispatches, seconds / all, row.computePeak],
      secondsAtPeak === undefined ? undefined : (1e6 * secondsAtPeak) / uses,
      (1e6 * row.beyondTargetSeconds) / uses,
    ];
  });
  return formatCsv([KERNEL_COLUMNS, ...lines]);
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

/** TFLOPS and GB/s, and what shares of the peaks they are; empty where there is nothing to be said. */
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
