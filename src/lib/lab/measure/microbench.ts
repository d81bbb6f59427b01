/** Microbenchmark of one variant at one shape: checked, then dispatched repeatedly over rotating weight buffers. */
import { storageBuffer } from '../../engine/buffers';
import { withErrorScopes } from '../../engine/device';
import { labelOf } from '../../engine/check';
import { randomSeed } from '../../engine/guarded';
import { kernels as registry } from '../../shaders';
import { type Arrays, type Kernel, type Random, seeded, type Sizes } from '../../shaders/kernel';
import { formatNameOf, formats } from '../../shaders/formats/formats';
import type { Variant } from '../../shaders/variant';
import { checkAfterTiming } from './atShape';
import { checkUses } from './check';
import type { Checks } from '../records/record';
import { type BoundedWork, refuseImpossible, UNCACHED_BYTES } from './possible';
import type { OpenGpu } from './session';
import { effortFor, type Effort, timeUses, type UseTime } from './timeUses';

export { effortFor, type Effort };

/** The time of one use of a variant, all its passes together. */
export interface MicrobenchmarkTime extends UseTime {
  /** Largest error of the check before the timing. */
  error: number;
  /** The checks before and after the timing. */
  checks: Checks;
  /** The variant states an error above 1e-3: no verdict may rest on its time. */
  inexact: boolean;
}

/** The arrays of one kernel at one shape, on the GPU, with rotating copies of the weights and of the other inputs. */
export interface Operands {
  kernel: string;
  sizes: Sizes;
  /** Buffers by array name, for each pair of copies; the outputs are shared. No two uses in a row have an input in common. */
  turns: Record<string, GPUBuffer>[];
  /** Copies of the weights, of which there is at least one, and of the other inputs. */
  copies: { weight: number; inputs: number };
  destroy(): void;
}

/** Random words generated per array; longer arrays repeat them. */
const RUN_WORDS = 2 ** 18;
const MOST_COPIES = 256;
const MOST_TURNS = 256;
/** Copies of the other inputs, as many as fit in these bytes, so that a variant that remembers a result meets it seldom. */
const INPUT_COPIES = [7, 5, 3, 2];
const INPUT_BYTES = 48e6;

/**
 * Checks a variant at its kernel's own cases and at this shape, times it on these operands, then checks what it computes
 * on new data with the same pipelines and buffers. Throws when the variant is wrong before or after, faster than this
 * GPU can be, or not supported here.
 */
export async function microbenchmark(
  variant: Variant,
  operands: Operands,
  gpu: OpenGpu,
  signal: AbortSignal,
  effort = effortFor(gpu),
): Promise<MicrobenchmarkTime> {
  const { sizes, turns, copies } = operands;
  const { error, checks, inexact } = await checkUses([{ variant, sizes }], gpu, () => undefined, signal);
  const kernels = gpu.kernels.fork(); // its scratch buffers are freed with it
  const describe = (message: string) => `${variant.kernel}/${variant.name}: ${message}`;
  try {
    const timing = withErrorScopes(gpu.device, describe, async () => {
      const uses = await Promise.all(turns.map((buffers) => kernels.steps(variant, buffers, sizes)));
      const taken = await timeUses(uses, gpu.device, signal, effort);
      // The same inputs with another matrix, if there is one.
      const places = copies.weight > 1 ? [0, copies.inputs] : [0];
      const two = places.map((at) => ({ steps: uses[at], bindings: bindingsOf(turns[at]) }));
      await checkAfterTiming(kernels, variant, sizes, two, randomSeed());
      return taken;
    });
    const time = await gpu.unlessLost(timing);
    gpu.throwPendingErrors();
    await refuseImpossible(workOfTurn(variant, operands), [variant], time.seconds, gpu, signal);
    return { ...time, error, checks, inexact };
  } finally {
    kernels.destroy();
  }
}

const bindingsOf = (buffers: Record<string, GPUBuffer>) =>
  Object.fromEntries(Object.entries(buffers).map(([name, buffer]) => [name, { buffer }]));

/** The work of one use, as far as no cache can help: weights count only where all copies exceed every cache. */
function workOfTurn(variant: Variant, { sizes, turns, copies }: Operands): BoundedWork {
  const [{ weight }] = turns;
  const uncached = weight && copies.weight * weight.size >= UNCACHED_BYTES;
  return {
    what: labelOf(variant, sizes),
    flop: registry[variant.kernel].flop?.(sizes),
    bytes: uncached ? weight.size : undefined,
  };
}

/** Creates the arrays of a kernel at one shape, seeded as in a check; large weights repeat a random block. */
export function makeOperands(
  device: GPUDevice,
  kernel: string,
  sizes: Sizes,
  { rotateBytes }: Pick<Effort, 'rotateBytes'>,
): Operands {
  const lengths = registry[kernel].lengths(sizes);
  const random = seeded(1);
  const runs: Record<string, Arrays[string]> = {};
  const made: GPUBuffer[] = [];
  const make = (name: string, copy = 0) => {
    const length = lengths[name];
    const buffer = storageBuffer(device, name, 4 * length);
    made.push(buffer);
    // Neighbouring copies differ, so that the result of one is none for the next.
    const key = `${name} ${copy % 2}`;
    const run = (runs[key] ??= runOf(kernel, name, length, sizes, random));
    for (let at = 0; at < length; at += run.length)
      device.queue.writeBuffer(buffer, 4 * at, words(run.subarray(0, length - at)));
    return buffer;
  };
  const destroy = () => made.forEach((buffer) => buffer.destroy());
  const { outputs } = registry[kernel];
  const names = Object.keys(lengths).filter((name) => name !== 'weight' || outputs.includes(name));
  const inputs = names.filter((name) => !outputs.includes(name));
  const bytes = 4 * inputs.reduce((sum, name) => sum + lengths[name], 0);
  const weightBytes = lengths.weight && !outputs.includes('weight') ? 4 * lengths.weight : 0;
  const copies = copiesOf(weightBytes, bytes, rotateBytes);
  try {
    const shared = Object.fromEntries(
      names.filter((name) => outputs.includes(name)).map((name) => [name, make(name)]),
    );
    const sets = Array.from({ length: copies.inputs }, (_, copy) =>
      Object.fromEntries(inputs.map((name) => [name, make(name, copy)])),
    );
    const weights = Array.from({ length: weightBytes ? copies.weight : 0 }, (_, copy) =>
      make('weight', copy),
    );
    const turns = Array.from(
      { length: Math.min(MOST_TURNS, copies.weight * copies.inputs) },
      (_, turn): Record<string, GPUBuffer> => ({
        ...shared,
        ...sets[turn % copies.inputs],
        ...(weightBytes && { weight: weights[turn % copies.weight] }),
      }),
    );
    return { kernel, sizes, turns, copies, destroy };
  } catch (error) {
    destroy();
    throw error;
  }
}

/** Copies of the weights and of the other inputs. Their numbers have no factor in common, so that all pairs of copies occur where MOST_TURNS permits. */
function copiesOf(weightBytes: number, inputBytes: number, rotateBytes: number): Operands['copies'] {
  const weight = weightBytes ? Math.min(MOST_COPIES, Math.max(1, Math.ceil(rotateBytes / weightBytes))) : 1;
  const coprime = INPUT_COPIES.filter((count) => weight % count !== 0);
  const fitting = coprime.filter(
    (count) => count * inputBytes <= INPUT_BYTES && count * weight <= MOST_COPIES,
  );
  return { weight, inputs: inputBytes ? (fitting[0] ?? coprime[coprime.length - 1]) : 1 };
}

/** A whole array, or a block that is repeated until the array is full: for weights of a format and plain random numbers. */
function runOf(kernel: string, name: string, length: number, sizes: Sizes, random: Random): Arrays[string] {
  const inputs: Kernel['inputs'] = registry[kernel].inputs;
  const special = inputs?.[name];
  const format = name === 'weight' ? formats[formatNameOf(kernel) ?? ''] : undefined;
  // The words of other special inputs mean something else at another place: those of the LoRAs are f16 or f32 by their matrix.
  if (special && !format) return special(length, random, sizes);
  const blockWords = format?.words ?? 1;
  const run = Math.min(length, Math.ceil(RUN_WORDS / blockWords) * blockWords);
  return special ? special(run, random, sizes) : Float32Array.from({ length: run }, () => 2 * random() - 1);
}

const words = (run: Arrays[string]) => run as Float32Array<ArrayBuffer>;
