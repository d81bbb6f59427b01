/** Microbenchmark of one variant at one shape: checked, then dispatched repeatedly over rotating weight buffers. */
import { storageBuffer } from '../../engine/buffers';
import { withErrorScopes } from '../../engine/device';
import { Kernels } from '../../engine/kernels';
import { type Step } from '../../engine/encode';
import { Timer } from '../../engine/timer';
import { kernels as registry } from '../../shaders';
import { type Arrays, type Kernel, type Random, seeded, type Sizes } from '../../shaders/kernel';
import { formatNameOf, formats } from '../../shaders/formats/formats';
import type { Variant } from '../../shaders/variant';
import { checkAll } from './check';
import type { OpenGpu } from './session';
import { median } from '../statistics/descriptive';

/** The time that a measurement may take. */
export interface Effort {
  /** Total bytes of the rotating weight buffers: more than caches hold, so that every use reads from memory. */
  rotateBytes: number;
  /** Minimum duration of a batch of uses, the unit that is timed. */
  batchSeconds: number;
  batches: number;
  /** Warm-up before the batches, only on a GPU that has been idle. */
  warmupSeconds: number;
}

export const EFFORT: Effort = {
  rotateBytes: 160e6,
  batchSeconds: 0.02,
  batches: 5,
  warmupSeconds: 0.3,
};

/** The time of one use of a variant, all its passes together. */
export interface MicrobenchmarkTime {
  /** The median of `samples`. */
  seconds: number;
  /** Seconds per use, one entry per batch. */
  samples: number[];
  /** Number of uses in a batch. */
  repetitions: number;
  /** `gpu`: timestamps around a batch; `wall`: from submit to completion on the CPU, where timestamps are unusable. */
  clock: 'gpu' | 'wall';
  /** Largest error of the check before the timing. */
  error: number;
}

/** The arrays of one kernel at one shape, on the GPU, with rotating copies of the weights. */
export interface Operands {
  kernel: string;
  sizes: Sizes;
  /** Buffers by array name, one entry per copy of the weights; all other arrays are shared. */
  turns: Record<string, GPUBuffer>[];
  destroy(): void;
}

/** Random words generated per array; longer arrays repeat them. */
const RUN_WORDS = 2 ** 18;
const MOST_COPIES = 256;
const MOST_REPETITIONS = 20_000;

/** Resolution of timestamps in seconds: browsers round to it, and so does Dawn by default. */
const CLOCK_TICK = 1e-4;

/** A GPU that was idle for longer than this is warmed up again. */
const IDLE_SECONDS = 0.25;

/** End of the last batch on each device, in milliseconds of performance.now(). */
const warmAt = new WeakMap<GPUDevice, number>();

/**
 * Checks a variant at its kernel's own cases, then times it on these operands. Throws when the variant is wrong or not
 * supported here.
 */
export async function microbenchmark(
  variant: Variant,
  { sizes, turns }: Operands,
  gpu: OpenGpu,
  signal: AbortSignal,
  effort = EFFORT,
): Promise<MicrobenchmarkTime> {
  const { error } = await checkAll({ [variant.kernel]: variant }, gpu, () => undefined, signal);
  // A separate instance, so that its scratch buffers are freed with it; it reuses the pipelines of the check.
  const kernels = new Kernels(gpu.device, gpu.kernels.languageFeatures);
  const describe = (message: string) => `${variant.kernel}/${variant.name}: ${message}`;
  try {
    const timing = withErrorScopes(gpu.device, describe, async () => {
      const uses = await Promise.all(turns.map((buffers) => kernels.steps(variant, buffers, sizes)));
      return timeUses(uses, gpu.device, signal, effort);
    });
    const time = await gpu.unlessLost(timing);
    gpu.throwPendingErrors();
    return { ...time, error };
  } finally {
    kernels.destroy();
  }
}

/** Times the same work repeatedly, in batches of one compute pass, rotating through `uses`, each a list of steps. */
export async function timeUses(
  uses: Step[][],
  device: GPUDevice,
  signal: AbortSignal,
  effort: Effort,
): Promise<Omit<MicrobenchmarkTime, 'error'>> {
  let turn = 0;
  const batch = async (repetitions: number) => {
    signal.throwIfAborted();
    const taken = await secondsOf(
      device,
      Array.from({ length: repetitions }, () => uses[turn++ % uses.length]),
    );
    warmAt.set(device, performance.now());
    return taken;
  };
  const idle = performance.now() - (warmAt.get(device) ?? -Infinity);
  await batch(1); // the first dispatch includes one-time work of the driver
  let repetitions = 1;
  let taken = await batch(repetitions);
  while (taken.seconds < effort.batchSeconds && repetitions < MOST_REPETITIONS) {
    const growth = Math.min(16, (1.2 * effort.batchSeconds) / taken.seconds);
    repetitions = Math.min(MOST_REPETITIONS, Math.ceil(Math.max(1.2, growth) * repetitions));
    taken = await batch(repetitions);
  }
  const warmup = idle > 1e3 * IDLE_SECONDS ? effort.warmupSeconds : 0;
  for (let spent = 0; spent < warmup; spent += taken.seconds) taken = await batch(repetitions);
  const batches = [];
  for (let i = 0; i < effort.batches; i++) batches.push(await batch(repetitions));
  const clock = batches.every((each) => each.clock === 'gpu') ? ('gpu' as const) : ('wall' as const);
  const samples = batches.map((each) => (clock === 'gpu' ? each.seconds : each.wall) / repetitions);
  return { seconds: median(samples), samples, repetitions, clock };
}

/** Seconds of one batch, encoded before the clock starts. GPU timestamps count only if they agree with the CPU clock. */
async function secondsOf(device: GPUDevice, uses: Step[][]) {
  const timer = device.features.has('timestamp-query') ? new Timer(device, 1) : undefined;
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass({ timestampWrites: timer?.writes() });
  for (const { pipeline, bindGroup, workgroups } of uses.flat()) {
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(...workgroups);
  }
  pass.end();
  timer?.resolve(encoder);
  const commands = encoder.finish();
  const from = performance.now();
  device.queue.submit([commands]);
  await device.queue.onSubmittedWorkDone();
  const wall = Math.max(performance.now() - from, 1e-3) / 1e3;
  const [seconds] = (await timer?.read()) ?? [];
  const believed = seconds !== undefined && seconds > wall / 5 && seconds <= wall + CLOCK_TICK;
  return believed
    ? { seconds, wall, clock: 'gpu' as const }
    : { seconds: wall, wall, clock: 'wall' as const };
}

/** Creates the arrays of a kernel at one shape, seeded as in a check; large weights repeat a random block. */
export function makeOperands(
  device: GPUDevice,
  kernel: string,
  sizes: Sizes,
  { rotateBytes } = EFFORT,
): Operands {
  const lengths = registry[kernel].lengths(sizes);
  const random = seeded(1);
  const runs: Record<string, Arrays[string]> = {};
  const made: GPUBuffer[] = [];
  const make = (name: string) => {
    const length = lengths[name];
    const buffer = storageBuffer(device, name, 4 * length);
    made.push(buffer);
    runs[name] ??= runOf(kernel, name, length, sizes, random);
    for (let at = 0; at < length; at += runs[name].length)
      device.queue.writeBuffer(buffer, 4 * at, words(runs[name].subarray(0, length - at)));
    return buffer;
  };
  const destroy = () => made.forEach((buffer) => buffer.destroy());
  try {
    const single = Object.fromEntries(Object.keys(lengths).map((name) => [name, make(name)]));
    const turns = [single];
    while (single.weight && turns.length * single.weight.size < rotateBytes && turns.length < MOST_COPIES)
      turns.push({ ...single, weight: make('weight') });
    return { kernel, sizes, turns, destroy };
  } catch (error) {
    destroy();
    throw error;
  }
}

/** A whole array, or a block that is repeated until the array is full: for weights and plain random numbers. */
function runOf(kernel: string, name: string, length: number, sizes: Sizes, random: Random): Arrays[string] {
  const inputs: Kernel['inputs'] = registry[kernel].inputs;
  const format = formats[formatNameOf(kernel) ?? ''];
  const blockWords = name === 'weight' && format ? format.words : 1;
  const run = Math.min(length, Math.ceil(RUN_WORDS / blockWords) * blockWords);
  const special = inputs?.[name];
  if (!special) return Float32Array.from({ length: run }, () => 2 * random() - 1);
  return special(name === 'weight' ? run : length, random, sizes);
}

const words = (run: Arrays[string]) => run as Float32Array<ArrayBuffer>;
