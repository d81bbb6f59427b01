/** Where the time of a chunk goes: GPU seconds by kernel and shape, beside the wall time of the same chunk. */
import type { StepTime } from '../engine/engine';
import { kernels as registry } from '../shaders';
import { formatCsv } from './csv';
import { choose, type Run } from './experiment';
import { checkAll, promptTokens } from './measure';
import type { LoadedModel, OpenGpu } from './session';
import { median } from './statistics';

/** Repetitions: their mean averages out a browser's coarse clock. */
const REPETITIONS = 8;

/** One kernel at one shape; its passes together. */
export interface ProfileRow {
  kernel: string;
  variant: string;
  /** `rows 2560, columns 2560, …` */
  shape: string;
  /** Uses in a chunk, and dispatches they come to. */
  uses: number;
  dispatches: number;
  /** On the GPU, of all uses in a chunk, each dispatch measured in a pass of its own. */
  seconds: number;
  /** A multiply-add as two; undefined for kernels that are not judged by it. */
  flop: number | undefined;
  /** The least that must move: every array once. */
  bytes: number | undefined;
}

export interface Profile {
  tokens: number;
  /** Median wall time of the same chunk, head and argmax included, as a run measures it. */
  wallSeconds: number;
  rows: ProfileRow[];
}

/** Profiles the first chunk of a run on a loaded model, after its variants have been checked. */
export async function profile(
  run: Run,
  { engine }: LoadedModel,
  gpu: OpenGpu,
  signal: AbortSignal,
): Promise<Profile> {
  const choice = choose(run, engine.kernelNames);
  await checkAll(choice, gpu, () => undefined, signal);
  const tokens = Math.min(run.chunk, run.prefill);
  const plans = await engine.prepare(choice, run.chunk, run.stepsPerSubmit, [tokens]);
  const prompt = promptTokens(tokens, engine.geometry.vocabulary);
  const wall: number[] = [];
  const times: StepTime[][] = [];
  for (let i = -1; i < REPETITIONS; i++) {
    signal.throwIfAborted();
    engine.load(prompt);
    await gpu.device.queue.onSubmittedWorkDone();
    const start = performance.now();
    await engine.prefill(plans, tokens);
    const seconds = (performance.now() - start) / 1e3;
    engine.load(prompt);
    const profiled = await engine.profile(plans, tokens);
    if (i < 0) continue; // the warm-up
    wall.push(seconds);
    times.push(profiled);
  }
  gpu.complain();
  return { tokens, wallSeconds: median(wall), rows: rowsOf(times) };
}

/** Steps of the same kernel and shape together, the slowest first; seconds are means over the repetitions. */
function rowsOf(times: StepTime[][]): ProfileRow[] {
  const rows = new Map<string, ProfileRow>();
  times[0].forEach(({ kernel, variant, pass, sizes }, step) => {
    const shape = Object.entries(sizes)
      .map(([name, size]) => `${name} ${size}`)
      .join(', ');
    const key = `${kernel}/${variant} ${shape}`;
    const row = rows.get(key) ?? {
      kernel,
      variant,
      shape,
      uses: 0,
      dispatches: 0,
      seconds: 0,
      ...work(kernel, sizes),
    };
    rows.set(key, row);
    row.uses += Number(pass === 0);
    row.dispatches++;
    const seconds = times.flatMap((each) => each[step].seconds ?? []);
    row.seconds += seconds.reduce((sum, part) => sum + part, 0) / Math.max(1, seconds.length);
  });
  return [...rows.values()].sort((a, b) => b.seconds - a.seconds);
}

/** Of one use. */
function work(kernel: string, sizes: StepTime['sizes']): Pick<ProfileRow, 'flop' | 'bytes'> {
  const { flop, lengths } = registry[kernel];
  if (!flop) return { flop: undefined, bytes: undefined };
  const words = Object.values(lengths(sizes)).reduce((sum, length) => sum + length, 0);
  return { flop: flop(sizes), bytes: 4 * words };
}

/** One line a row: kernel, variant, shape, uses, dispatches, GPU milliseconds, share, TFLOPS, GB/s. */
export function profileToCsv({ rows }: Profile): string {
  const total = rows.reduce((sum, { seconds }) => sum + seconds, 0);
  const titles = [
    'kernel',
    'variant',
    'shape',
    'uses',
    'dispatches',
    'gpu_ms',
    'share_percent',
    'tflops',
    'gb_per_s',
  ];
  const rate = (amount: number | undefined, { uses, seconds }: ProfileRow, unit: number) =>
    amount === undefined || seconds === 0 ? undefined : ((uses * amount) / seconds / unit).toPrecision(4);
  return formatCsv([
    titles,
    ...rows.map((row) => [
      row.kernel,
      row.variant,
      row.shape,
      row.uses,
      row.dispatches,
      (1e3 * row.seconds).toPrecision(4),
      ((100 * row.seconds) / total).toFixed(1),
      rate(row.flop, row, 1e12),
      rate(row.bytes, row, 1e9),
    ]),
  ]);
}
