/** Settings in, times of the kernels they name out: each variant and knob at every shape that the model has for it. */
import { withKnobs, type Variant } from '../../shaders/variant';
import { findVariant } from '../../shaders';
import { makeOperands, microbenchmark, EFFORT, type MicrobenchmarkTime, type Effort } from './microbench';
import { formatCsv } from '../records/csv';
import { families, kernelOf } from '../experiment/catalogue';
import { isKernelKey } from '../experiment/descriptors';
import type { Experiment } from '../experiment/experiment';
import { expand, type ChosenVariant, type Run } from '../experiment/expand';
import { messageOf } from '../message';
import type { Session } from './session';
import { shapeText, together, usesOf, workOf, type KernelUse } from './shapes';

/** One variant with its knobs at one shape. Plain data. */
export interface TimeRow {
  /** Settings that make the run again. */
  settings: string;
  kernel: string;
  variant: string;
  /** `row_threads=16 tile_k=32` */
  knobs: string;
  sizes: KernelUse['sizes'];
  /** Uses at this shape in a chunk; where a chunk has none, in a decoded token. */
  uses: number;
  /** Of one use; without it there is a reason. */
  time?: MicrobenchmarkTime;
  reason?: string;
}

/** Sizes that a shape must have to be timed: each one of these values. */
export type ShapeFilter = [name: string, values: string[]][];

/**
 * Times every kernel that the settings name. A variant that is wrong or impossible here is a row with a reason. Where no
 * prefill is set, it is as long as the longest chunk.
 */
export async function* timeNamed(
  experiment: Experiment,
  filter: ShapeFilter,
  session: Session,
  signal: AbortSignal,
  effort: Effort = EFFORT,
): AsyncGenerator<TimeRow> {
  const names = namedKernels(experiment);
  if (names.length === 0)
    throw new Error('Name the kernels to time in the settings, for example matmul_q4_k=tiled');
  const done = new Set<string>();
  for (const [place, runs] of byPlace(expand(withPrefill(experiment)))) {
    const [{ model: name, seed, chunk }] = runs;
    const model = await session.load(name, seed, () => undefined, signal);
    const asked = await usesOf(model.engine, chunk, await session.context(signal));
    const uses = together(asked.chunk, asked.decode).filter((use) => matches(use, filter));
    for (const kernel of names)
      for (const use of uses.filter((each) => each.kernel === kernel))
        yield* timeUse(use, place, runs, done, session, signal, effort);
  }
}

/** All settings of one shape, one after another: its arrays are made once. */
async function* timeUse(
  use: KernelUse,
  place: string,
  runs: Run[],
  done: Set<string>,
  session: Session,
  signal: AbortSignal,
  effort: Effort,
): AsyncGenerator<TimeRow> {
  const { kernel, sizes, count } = use;
  const rows = runs.flatMap((run) => {
    const row = { settings: run.settings, kernel, sizes, uses: count, ...named(run.variants[kernel]) };
    const key = `${place} ${kernel} ${row.variant} ${row.knobs} ${shapeText(kernel, sizes)}`;
    if (done.has(key)) return [];
    done.add(key);
    return [{ row, variant: turned(kernel, run.variants[kernel]) }];
  });
  if (rows.length === 0) return;
  const gpu = await session.open();
  const operands = makeOperands(gpu.device, kernel, sizes, effort);
  try {
    for (const { row, variant } of rows) {
      try {
        yield { ...row, time: await microbenchmark(variant, operands, gpu, signal, effort) };
      } catch (error) {
        signal.throwIfAborted();
        yield { ...row, reason: messageOf(error) };
      }
    }
  } finally {
    operands.destroy();
  }
}

/** Runs of the same model and chunk together, by a name for that. */
function byPlace(runs: Run[]): Map<string, Run[]> {
  const places = new Map<string, Run[]>();
  for (const run of runs) {
    const place = `${run.model} ${run.seed} ${run.chunk}`;
    places.set(place, [...(places.get(place) ?? []), run]);
  }
  return places;
}

function withPrefill(experiment: Experiment): Experiment {
  const chunks = (experiment.chunk ?? []).map(Number).filter((chunk) => chunk > 0);
  if (experiment.prefill || chunks.length === 0) return experiment;
  return { ...experiment, prefill: [String(Math.max(...chunks))] };
}

/** The kernels that the settings say something of, by their own names, their families' or their knobs'. */
function namedKernels(experiment: Experiment): string[] {
  const members = families();
  const owners = Object.keys(experiment)
    .filter(isKernelKey)
    .map((key) => kernelOf(key.split('.')[0]));
  return [...new Set(owners.flatMap((owner) => members[owner] ?? [owner]))];
}

const matches = ({ sizes }: KernelUse, filter: ShapeFilter) =>
  filter.every(([name, values]) => values.includes(String(sizes[name])));

const turned = (kernel: string, { name, knobs }: ChosenVariant): Variant =>
  withKnobs(findVariant(kernel, name), knobs);

const named = ({ name, knobs }: ChosenVariant) => ({
  variant: name,
  knobs: Object.entries(knobs)
    .map(([knob, value]) => `${knob}=${value}`)
    .join(' '),
});

const TITLES = [
  'settings',
  'kernel',
  'variant',
  'knobs',
  'shape',
  'uses',
  'us',
  'tflops',
  'gb_per_s',
  'clock',
  'error',
  'reason',
];

/** A row of `lab time`: microseconds of one use, TFLOPS, GB/s of the least that must move. */
export function timesToCsv(rows: TimeRow[], header = true): string {
  const cells = rows.map(({ settings, kernel, variant, knobs, sizes, uses, time, reason }) => {
    const { flop, bytes } = workOf(kernel, sizes);
    const rate = (amount: number | undefined, unit: number) =>
      amount && time ? (amount / time.seconds / unit).toPrecision(4) : undefined;
    return [
      ...[settings, kernel, variant, knobs, shapeText(kernel, sizes), uses],
      time && (1e6 * time.seconds).toPrecision(4),
      rate(flop, 1e12),
      rate(bytes, 1e9),
      time?.clock,
      time?.error.toExponential(2),
      reason,
    ];
  });
  return formatCsv(header ? [TITLES, ...cells] : cells);
}
