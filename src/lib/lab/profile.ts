/** Where the time of a chunk goes: GPU seconds by kernel and shape, beside the wall time of the same chunk. */
import type { StepTime } from '../engine/engine';
import { EFFORT } from './alone';
import { formatCsv } from './csv';
import { choose, type Run } from './expand';
import { checkAll, promptTokens } from './measure';
import { computeRoof, measureRoofs, type Roofs } from './roofs';
import type { LoadedModel, OpenGpu } from './session';
import { shapeText, workOf, type Work } from './shapes';
import { median } from './statistics';

/** Repetitions: their mean averages out a browser's coarse clock. */
const REPETITIONS = 8;

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
  /** Operations a second that the variant's kind of arithmetic reaches on this GPU, where that was measured. */
  computeRoof: number | undefined;
}

export interface Profile {
  tokens: number;
  /** Median wall time of the same chunk, head and argmax included, as a run measures it. */
  wallSeconds: number;
  rows: ProfileRow[];
  roofs: Roofs;
}

/** Profiles the first chunk of a run on a loaded model, after its variants have been checked. */
export async function profile(
  run: Run,
  { engine }: LoadedModel,
  gpu: OpenGpu,
  signal: AbortSignal,
  effort = EFFORT,
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
  const roofs = await measureRoofs(gpu, signal, effort);
  const rows = rowsOf(times).map((row) => ({ ...row, computeRoof: computeRoof(choice[row.kernel], roofs) }));
  return { tokens, wallSeconds: median(wall), rows, roofs };
}

/** Steps of the same kernel and shape together, the slowest first; seconds are means over the repetitions. */
function rowsOf(times: StepTime[][]): Omit<ProfileRow, 'computeRoof'>[] {
  const rows = new Map<string, Omit<ProfileRow, 'computeRoof'>>();
  times[0].forEach(({ kernel, variant, pass, sizes }, step) => {
    const shape = shapeText(kernel, sizes);
    const key = `${kernel}/${variant} ${shape}`;
    const empty = { uses: 0, dispatches: 0, seconds: 0 };
    const row = rows.get(key) ?? { kernel, variant, shape, ...empty, ...workOf(kernel, sizes) };
    rows.set(key, row);
    row.uses += Number(pass === 0);
    row.dispatches++;
    const seconds = times.flatMap((each) => each[step].seconds ?? []);
    row.seconds += seconds.reduce((sum, part) => sum + part, 0) / Math.max(1, seconds.length);
  });
  return [...rows.values()].sort((a, b) => b.seconds - a.seconds);
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

/**
 * One line a row, then `all` of them, then the `chunk` as a whole on the wall clock: what its dispatches, each in a pass
 * of its own, take more or less than the chunk is what passes cost and what the CPU hides or does not.
 */
export function profileToCsv({ rows, wallSeconds, roofs }: Profile): string {
  const all = totalOf(rows);
  return formatCsv([
    TITLES,
    ...rows.map((row) => [
      ...[row.kernel, row.variant, row.shape, row.uses, row.dispatches],
      milliseconds(row.seconds),
      percent(row.seconds / all.seconds),
      ...rates(row, row.computeRoof, roofs.read),
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

/** TFLOPS and GB/s, and what shares of the roofs they are; empty where there is nothing to be said. */
function rates(
  { flop, bytes, uses, seconds }: ProfileRow,
  computeRoof: number | undefined,
  readRoof: number,
) {
  const rate = (amount: number | undefined) =>
    amount === undefined || seconds === 0 ? undefined : (uses * amount) / seconds;
  const [compute, memory] = [rate(flop), rate(bytes)];
  return [
    compute && (compute / 1e12).toPrecision(4),
    memory && (memory / 1e9).toPrecision(4),
    compute && computeRoof && (compute / computeRoof).toFixed(3),
    memory && (memory / readRoof).toFixed(3),
  ];
}

/** Of all rows together. */
export function totalOf(rows: readonly Pick<ProfileRow, 'uses' | 'dispatches' | 'seconds'>[]) {
  const sum = (key: 'uses' | 'dispatches' | 'seconds') => rows.reduce((total, row) => total + row[key], 0);
  return { uses: sum('uses'), dispatches: sum('dispatches'), seconds: sum('seconds') };
}

const milliseconds = (seconds: number) => (1e3 * seconds).toPrecision(4);
const percent = (share: number) => (100 * share).toFixed(1);
