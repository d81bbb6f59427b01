/** Refuses times that this GPU cannot reach: below the time of the arithmetic, or of the bytes that no cache holds. */
import { kernels as registry } from '../../shaders';
import { Refusal } from '../../shaders/kernel';
import type { Variant } from '../../shaders/variant';
import type { Step } from '../../engine/encode';
import { type Arithmetic, arithmeticOf, PeakMeasurement } from './peaks';
import type { PreparedRun } from './prepare';
import type { OpenGpu } from './session';
import type { Effort } from './timeUses';

/** Work that a time is judged by; what is undefined does not bound it. */
export interface BoundedWork {
  /** For the message: a variant and its shape, or a run. */
  what: string;
  /** Floating-point operations. */
  flop?: number;
  /** Bytes that have to come from memory, whatever the caches hold. */
  bytes?: number;
}

/** The peak rates of a GPU: operations and bytes per second. */
export interface Rates {
  compute?: number;
  read?: number;
}

/** A time may be this much below the bound, because the peaks are measured too. */
const ALLOWANCE = 0.95;

/**
 * Weights in rotation, or of a model, beyond which a use reads from memory. The read rate is measured over as many
 * bytes: where a cache holds them all, it helps the measured rate as much. Smaller sets have no bound by bytes, because
 * every level of cache has a rate of its own.
 */
export const UNCACHED_BYTES = 160e6;

/** Bytes that caches may keep from one chunk to the next: the largest last-level caches. */
const CACHE_BYTES = 512e6;

/** Shortest time in which the work can be done. */
export function leastSeconds({ flop, bytes }: BoundedWork, { compute, read }: Rates): number {
  return ALLOWANCE * Math.max(flop && compute ? flop / compute : 0, bytes && read ? bytes / read : 0);
}

/** Throws a Refusal `impossible` with both figures when the work cannot be done in this time. */
export function requirePossible(work: BoundedWork, seconds: number, rates: Rates): void {
  const least = leastSeconds(work, rates);
  if (seconds >= least) return;
  const figures = [
    ...(work.flop && rates.compute
      ? [`${scaled(work.flop / seconds, 1e12)} TFLOPS, peak ${scaled(rates.compute, 1e12)}`]
      : []),
    ...(work.bytes && rates.read
      ? [`${scaled(work.bytes / seconds, 1e9)} GB/s, peak ${scaled(rates.read, 1e9)}`]
      : []),
  ];
  throw new Refusal(
    'impossible',
    `${work.what} cannot take ${scaled(seconds, 1e-3)} ms on this GPU, where ${scaled(least, 1e-3)} ms is the ` +
      `least: ${figures.join('; ')}`,
  );
}

const scaled = (value: number, unit: number) => (value / unit).toPrecision(4);

/** Enough for a bound: the fastest batch counts. */
const BOUND_EFFORT: Effort = { rotateBytes: 0, batchSeconds: 0.01, batches: 4, warmupSeconds: 0.05 };

/**
 * On suspicion on a CPU that emulates a GPU: batches long enough to get a fair share of a CPU that other programs use too. With
 * short ones, a fifteenth of what a run had reached was seen three times in a row.
 */
const PATIENT_EFFORT: Effort = { ...BOUND_EFFORT, batchSeconds: 0.3 };

/** Rates that every GPU exceeds, and every CPU that emulates one: slower work is possible without a measurement. */
const EVERYWHERE: Rates = { compute: 2e9, read: 1e9 };

/** Times that the rates are measured again, on suspicion, before a time is refused: the first may have been disturbed. */
const SECOND_LOOKS = 2;

const known = new WeakMap<GPUDevice, Map<Arithmetic | 'read', number>>();

/**
 * Throws a Refusal `impossible` when the variants cannot do the work in this time on this GPU. The rates are measured
 * on first need, and once more before a time is refused.
 */
export async function refuseImpossible(
  work: BoundedWork,
  variants: Variant[],
  seconds: number,
  gpu: OpenGpu,
  signal: AbortSignal,
): Promise<void> {
  if (seconds >= leastSeconds(work, EVERYWHERE)) return;
  const kinds = [...new Set(variants.flatMap(arithmeticOf))];
  for (let look = 0; look <= SECOND_LOOKS; look++) {
    const rates = await ratesOf(work, kinds, gpu, signal, look > 0);
    if (seconds >= leastSeconds(work, rates)) return;
    if (look === SECOND_LOOKS) requirePossible(work, seconds, rates);
  }
}

/** The rates that bound the work; `again`: measured anew, and the faster of both kept. */
async function ratesOf(
  { flop, bytes }: BoundedWork,
  kinds: Arithmetic[],
  gpu: OpenGpu,
  signal: AbortSignal,
  again: boolean,
): Promise<Rates> {
  const rates = known.get(gpu.device) ?? new Map<Arithmetic | 'read', number>();
  known.set(gpu.device, rates);
  const needed = [...(flop ? kinds : []), ...(bytes ? (['read'] as const) : [])];
  const missing = needed.filter((kind) => again || !rates.has(kind));
  const effort = again && gpu.adapter.software ? PATIENT_EFFORT : BOUND_EFFORT;
  const measurement = new PeakMeasurement(gpu, signal, effort, (samples) => Math.min(...samples));
  try {
    for (const kind of missing) {
      const rate = await gpu.unlessLost(measureRate(measurement, kind));
      rates.set(kind, Math.max(rate, rates.get(kind) ?? 0));
    }
  } finally {
    measurement.destroy();
  }
  return {
    compute: flop ? Math.max(...kinds.map((kind) => rates.get(kind)!)) : undefined,
    read: bytes ? rates.get('read') : undefined,
  };
}

/** Operations or bytes per second; Infinity if it cannot be measured here, so that it bounds nothing. */
async function measureRate(measurement: PeakMeasurement, kind: Arithmetic | 'read'): Promise<number> {
  if (kind === 'read') return measurement.read(UNCACHED_BYTES);
  if (kind === 'matrix') return (await measurement.matrix()) ?? Infinity;
  return (await measurement.optional(kind)) ?? Infinity;
}

/** Seconds of a run: of a prefill, of decoding its tokens, or of both together. */
export interface RunSeconds {
  prefill?: number;
  decode?: number;
  /** Decoding the tokens of several sequences together. */
  sequences?: number;
  whole?: number;
}

/** The work of a whole prompt: the arithmetic of all its steps, and the weights that no cache keeps between chunks. */
function workOfPrompt({ run, plans }: PreparedRun): BoundedWork {
  const tokens = run.prefill;
  const chunks = Math.ceil(tokens / plans.chunk);
  const last = plans.final.get(tokens - (chunks - 1) * plans.chunk) ?? [];
  const full = plans.inner.get(plans.chunk) ?? [];
  const total = (of: (steps: Step[]) => number) => (chunks > 1 ? (chunks - 1) * of(full) : 0) + of(last);
  return { what: run.settings || 'the run', flop: total(flopOf), bytes: total(uncachedBytesOf) };
}

/** The work of the tokens that a run decodes, one after another. */
function workOfDecoding({ run, plans }: PreparedRun): BoundedWork {
  const steps = plans.sequences?.steps ?? plans.final.get(1) ?? [];
  const what = `${run.settings || 'the run'}, decoding ${run.decode} tokens,`;
  return { what, flop: run.decode * flopOf(steps), bytes: run.decode * uncachedBytesOf(steps) };
}

/** Throws a Refusal `impossible` when this run cannot take so few seconds. */
export async function refuseImpossibleRun(
  prepared: PreparedRun,
  { prefill, decode, sequences, whole }: RunSeconds,
  gpu: OpenGpu,
  signal: AbortSignal,
): Promise<void> {
  const variants = Object.values(prepared.choice);
  const [prompt, decoding] = [workOfPrompt(prepared), workOfDecoding(prepared)];
  const both = {
    what: prompt.what,
    flop: prompt.flop! + decoding.flop!,
    bytes: prompt.bytes! + decoding.bytes!,
  };
  const taken = [
    [prompt, prefill],
    [decoding, decode ?? sequences],
    [both, whole],
  ] as const;
  for (const [work, seconds] of taken)
    if (seconds !== undefined) await refuseImpossible(work, variants, seconds, gpu, signal);
}

const uses = (steps: Step[]) => [...new Map(steps.map((step) => [step.bindGroup, step])).values()];

const flopOf = (steps: Step[]) =>
  uses(steps)
    .filter(isDense)
    .reduce((sum, { kernel, sizes }) => sum + (registry[kernel].flop?.(sizes) ?? 0), 0);

/** False for a step that leaves out zeros where its kernel's data may have them: how much it has to do is then not known before. */
const isDense = ({ kernel, source }: Step) => source.reads === undefined || !registry[kernel].sparse;

/** Bytes of all matrices of a chunk, without the embedding and without what the largest cache may hold. */
function uncachedBytesOf(steps: Step[]): number {
  const matrices = uses(steps)
    .filter(isDense)
    .filter(({ kernel }) => !kernel.startsWith('embed_'));
  const words = matrices.reduce(
    (sum, { kernel, sizes }) => sum + (registry[kernel].lengths(sizes).weight ?? 0),
    0,
  );
  return Math.max(0, 4 * words - CACHE_BYTES);
}
