/** Microbenchmarks of the kernels that settings name: every variant and knob setting at every shape of the model. */
import { withKnobs, type Variant } from '../../shaders/variant';
import { findVariant } from '../../shaders';
import { makeOperands, microbenchmark, effortFor, type MicrobenchmarkTime, type Effort } from './microbench';
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
  /** Settings that repeat the run. */
  settings: string;
  kernel: string;
  variant: string;
  /** `row_threads=16 tile_k=32` */
  knobs: string;
  sizes: KernelUse['sizes'];
  /** Uses at this shape in a chunk, or in a decoded token if a chunk has none. */
  uses: number;
  /** Time of one use; if undefined, `reason` says why. */
  time?: MicrobenchmarkTime;
  reason?: string;
}

/** Filter for the shapes to time: each named size must have one of the listed values. */
export type ShapeFilter = [name: string, values: string[]][];

/**
 * Times every kernel that the settings name. A variant that is wrong or not supported gives a row with a reason.
 * Without `prefill`, the prompt is as long as the longest chunk. Throws when the settings name no kernel.
 */
export async function* timeNamed(
  experiment: Experiment,
  filter: ShapeFilter,
  session: Session,
  signal: AbortSignal,
  effort?: Effort,
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

/** Times all settings at one shape together, so that its arrays are created once. */
async function* timeUse(
  use: KernelUse,
  place: string,
  runs: Run[],
  done: Set<string>,
  session: Session,
  signal: AbortSignal,
  wanted?: Effort,
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
  const effort = wanted ?? effortFor(gpu);
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

/** Groups the runs by model, seed and chunk. */
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

/** The kernels that the settings name, by kernel, family or knob. */
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

/** CSV of `lab time`: microseconds of one use, TFLOPS, and GB/s if each array moves once (the minimum traffic). */
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
