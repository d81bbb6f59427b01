/**
 * Checks a variant at a shape of a model, on the GPU: compared with its kernel's plain variant, which the kernel's own
 * cases compare with the CPU reference.
 */
import { gpuBuffer, mebibytes } from '../../engine/buffers';
import { changedRefusal, labelOf, leaveOutputs } from '../../engine/check';
import { type ArrayDifference, compareArrays } from '../../engine/compareArrays';
import { withErrorScopes } from '../../engine/device';
import { encode, type Step } from '../../engine/encode';
import { GuardedArrays } from '../../engine/guarded';
import type { Kernels } from '../../engine/kernels';
import { wholeNumbers } from '../../engine/synthetic';
import { findVariant, kernels as registry } from '../../shaders';
import { formatNameOf } from '../../shaders/formats/formats';
import {
  type Arrays,
  type Random,
  Refusal,
  type RefusalCode,
  seeded,
  type Sizes,
} from '../../shaders/kernel';
import { sparseNumbers } from '../../shaders/shared/sparse';
import type { Variant } from '../../shaders/variant';
import type { OpenGpu } from './session';

/** Both variants may have an error of the tolerance, so that they may differ by twice its root. */
const OF_TWO = 4;
/** A part of an output may have this many times the error of the whole. */
const OF_A_PART = 100;

/** Weights are even over ± this. Plain numbers are even over ± 1, or normal with this deviation, as a model's are. */
const WEIGHT_SPREAD = 0.3;
const NUMBER_SPREAD = 1;

type Bindings = Record<string, GPUBufferBinding>;

/**
 * Runs the variant and the plain one on the same random data at these sizes, several times with the same pipelines,
 * scratch and matrices. Resolves to the largest normalised mean squared difference. Throws a Refusal that says in which
 * array it is wrong, where it wrote outside, or that there is no room. `submitted` is called when the GPU has all of it.
 */
export async function checkAtShape(
  { kernels, device }: Pick<OpenGpu, 'kernels' | 'device'>,
  variant: Variant,
  sizes: Sizes,
  seed: number,
  submitted?: () => void,
): Promise<number> {
  const kernel = registry[variant.kernel];
  const lengths = kernel.lengths(sizes);
  const label = labelOf(variant, sizes);
  // The first data are even over their range, the second normal, see `synthesis`, or for the most part zero where a kernel says so.
  const even = seed - (seed % 2);
  const own = kernels.fork();
  const others: GPUBuffer[] = [];
  let arrays: GuardedArrays | undefined;
  const outcomes: Promise<Found[]>[] = [];
  const rounds = async () => {
    arrays = new GuardedArrays(device, lengths, kernel.outputs);
    for (let round = 0; round < (kernel.rounds ?? 2); round++) {
      const again = round > 0;
      const bindings = arrays.bindings(!again);
      const left = leaveOutputs(arrays, kernel, sizes, again);
      const filled = Object.keys(lengths).filter(
        (name) => !left.includes(name) && !(again && name === 'weight' && !kernel.outputs.includes(name)),
      );
      await fillRandom(own, variant.kernel, sizes, arrays.bindings(false), even + round, filled, again);
      const want = await plainOutputs(own, variant.kernel, sizes, arrays.bindings(false), others);
      const steps = await own.steps(variant, bindings, sizes);
      if (!again) own.poison();
      arrays.seal();
      device.queue.submit([encode(device, steps)]);
      // The queue keeps the order: no round waits for the results of the one before.
      const differing = differencesOf(device, variant, arrays.bindings(false), want);
      const outcome = Promise.all([differing, arrays.requireSealed(label)]).then(([found]) => found);
      outcome.catch(() => undefined); // thrown below, in order
      outcomes.push(outcome);
    }
  };
  const largestOf = async () => {
    let largest = 0;
    for (const [round, outcome] of outcomes.entries()) {
      const found = await outcome;
      const code = round > 0 && !kernel.rounds ? 'again' : 'shapes';
      requireSame(found, variant, `${label}, seed ${seed}`, code);
      largest = Math.max(largest, found[0].error);
    }
    return largest;
  };
  const bytes = 4 * Object.values(lengths).reduce((sum, length) => sum + length, 0);
  const describe = (message: string) => `${label} cannot be checked: ${message}`;
  try {
    await withErrorScopes(device, describe, rounds, submitted);
    return await largestOf();
  } catch (error) {
    if (/memory|allocat|needs a buffer of|binds .* as /i.test((error as Error).message))
      throw new Refusal(
        'memory',
        `There is no room beside the model to check ${label}, which takes ${mebibytes(bytes)} and more; lower the chunk: ${(error as Error).message}`,
      );
    throw error;
  } finally {
    await Promise.allSettled(outcomes);
    own.destroy();
    arrays?.destroy();
    for (const buffer of others) buffer.destroy();
  }
}

/** The bytes of its arrays, of the plain variant's outputs, and of what these held before. */
export function bytesAtShape({ kernel }: Variant, sizes: Sizes): number {
  const { lengths, outputs, keeps } = registry[kernel];
  const all = lengths(sizes);
  const arrays = [...Object.keys(all), ...outputs, ...(keeps?.(sizes) ?? [])];
  return 4 * arrays.reduce((sum, name) => sum + all[name], 0);
}

/** The variants with which variants are checked at shapes: what fills their inputs, and the plain one of the same kernel. */
export function checkingVariants(variants: readonly Variant[]): Variant[] {
  const names = [...new Set(variants.map(({ kernel }) => kernel))];
  const formats = ['f32', ...names.flatMap((name) => formatNameOf(name) ?? [])];
  const makers = [...new Set(formats)].map((format) => `synthesise_${format}`);
  return [
    ...names.map((name) => findVariant(name, registry[name].plain)),
    ...makers.map((name) => findVariant(name, registry[name].default)),
  ];
}

/** An output of the plain variant, and what it held before where the kernel keeps a part of that. */
interface Wanted {
  want: GPUBuffer;
  former?: GPUBuffer;
}

/** The plain variant's outputs for these arrays, in buffers of their own, which are added to `made`. */
async function plainOutputs(
  kernels: Kernels,
  name: string,
  sizes: Sizes,
  bindings: Bindings,
  made: GPUBuffer[],
): Promise<Record<string, Wanted>> {
  const { device } = kernels;
  const { plain, outputs, lengths, keeps } = registry[name];
  const encoder = device.createCommandEncoder();
  const copy = (label: string, output: string) => {
    const { buffer, offset = 0 } = bindings[output];
    const size = 4 * Math.max(1, lengths(sizes)[output]);
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const known = made.find((each) => each.label === label);
    const copied = known ?? gpuBuffer(device, { label, size, usage });
    if (!known) made.push(copied);
    encoder.copyBufferToBuffer(buffer, offset, copied, 0, size);
    return copied;
  };
  const wanted: Record<string, Wanted> = {};
  for (const output of outputs) wanted[output] = { want: copy(`plain ${output}`, output) };
  for (const kept of keeps?.(sizes) ?? []) wanted[kept].former = copy(`former ${kept}`, kept);
  device.queue.submit([encoder.finish()]);
  const copies = Object.fromEntries(Object.entries(wanted).map(([output, { want }]) => [output, want]));
  const steps = await kernels.steps(findVariant(name, plain), { ...bindings, ...copies }, sizes);
  device.queue.submit([encode(device, steps)]);
  return wanted;
}

type Found = ArrayDifference & { array: string };

/** How the outputs differ, the one that differs most first. A kernel without tolerance is compared bit for bit. */
async function differencesOf(
  device: GPUDevice,
  { kernel: name }: Variant,
  got: Bindings,
  wanted: Record<string, Wanted>,
): Promise<Found[]> {
  const exact = registry[name].tolerance === 0;
  const compared = Object.entries(wanted).map(async ([array, { want, former }]) => ({
    array,
    ...(await compareArrays(device, got[array], want, { exact, former })),
  }));
  return (await Promise.all(compared)).toSorted(
    (a, b) => Number(b.error > a.error) - Number(a.error > b.error),
  );
}

/** Throws a Refusal when a difference exceeds what the kernel or the variant allows, and when something changed that has to stay. */
function requireSame(all: Found[], variant: Variant, label: string, code: RefusalCode) {
  const [{ array, error, worst, nonFinite, unwritten, firstWrong }] = all;
  const tolerance = OF_TWO * (variant.error ?? registry[variant.kernel].tolerance);
  if (error <= tolerance && worst <= OF_A_PART * tolerance) return requireKept(all, label);
  const left = unwritten ? `; ${unwritten} elements are not written` : '';
  const first = firstWrong === undefined ? 'spread over all elements' : `first at element ${firstWrong}`;
  if (nonFinite > unwritten)
    throw new Refusal('nan', `${label}: ${array} has ${nonFinite} non-finite numbers, ${first}`);
  const when = { again: ' when it runs again', answer: ' after it was timed' }[code as string] ?? '';
  throw new Refusal(
    code,
    `${label} is wrong in ${array}${when}: error ${error.toExponential(2)}, in its worst part ` +
      `${worst.toExponential(2)}, allowed ${tolerance} and ${Number((OF_A_PART * tolerance).toPrecision(3))}; ${first}${left}`,
  );
}

/** The error of a whole array does not show a change of what has to stay where its other elements are large. */
function requireKept(all: Found[], label: string) {
  for (const { array, firstChanged } of all)
    if (firstChanged !== undefined) throw changedRefusal(label, array, firstChanged);
}

/**
 * Runs uses of a variant that was just timed once more, on new data, and compares each with the plain variant: what was
 * true before the timing has to be true after it. The uses may differ in their matrix alone, so that what a variant
 * remembers by its other inputs is wrong in the second; then one half of the inputs changes, and the other, so that what it
 * remembers by a part of them is wrong.
 */
export async function checkAfterTiming(
  kernels: Kernels,
  variant: Variant,
  sizes: Sizes,
  uses: { steps: Step[]; bindings: Bindings }[],
  seed: number,
): Promise<void> {
  const { device } = kernels;
  const [{ bindings: given }] = uses;
  const { kernel: name } = variant;
  const { outputs } = registry[name];
  const own = kernels.fork();
  const made: GPUBuffer[] = [];
  const look = async ({ steps, bindings }: (typeof uses)[number]) => {
    const want = await plainOutputs(own, name, sizes, bindings, made);
    device.queue.submit([encode(device, steps)]);
    const found = await differencesOf(device, variant, bindings, want);
    requireSame(found, variant, `${labelOf(variant, sizes)}, seed ${seed}`, 'answer');
  };
  try {
    const names = Object.keys(given).filter((each) => each !== 'weight' || outputs.includes(each));
    await fillRandom(own, name, sizes, given, seed, names);
    for (const use of uses) await look(use);
    for (const second of [true, false]) {
      await fillHalf(own, name, sizes, given, seed + (second ? 1 : 2), second);
      await look(uses[uses.length - 1]);
    }
  } finally {
    own.destroy();
    for (const buffer of made) buffer.destroy();
  }
}

/**
 * Fills arrays of a kernel with random data: on the GPU, where no element repeats another, and on the CPU where a kernel
 * needs special ones, or `sparse` ones if it may have them.
 */
async function fillRandom(
  kernels: Kernels,
  kernel: string,
  sizes: Sizes,
  bindings: Bindings,
  seed: number,
  names: string[],
  withZeros = false,
): Promise<void> {
  const { device } = kernels;
  const random = seeded(seed);
  const { inputs = {}, lengths, sparse = [] } = registry[kernel];
  const steps: Step[] = [];
  for (const [index, name] of names.entries()) {
    const length = lengths(sizes)[name];
    const format = name === 'weight' ? formatNameOf(kernel) : undefined;
    const { buffer, offset = 0 } = bindings[name];
    if (inputs[name] && !format) {
      const array = specialInput(kernel, name, sizes, random);
      device.queue.writeBuffer(buffer, offset, array as Float32Array<ArrayBuffer>);
    } else if (withZeros && sparse.includes(name)) {
      const array = sparseNumbers(length, random);
      device.queue.writeBuffer(buffer, offset, array as Float32Array<ArrayBuffer>);
    } else if (length > 0)
      steps.push(...(await synthesis(kernels, format ?? 'f32', bindings[name], length, seed, index)));
  }
  device.queue.submit([encode(device, steps)]);
}

/** Offsets of bindings are multiples of this many words on every GPU. */
const ALIGNMENT = 64;

/** Fills one half of the inputs of a kernel anew, and leaves the other half, the matrix, and what is too short to be halved. */
async function fillHalf(
  kernels: Kernels,
  kernel: string,
  sizes: Sizes,
  bindings: Bindings,
  seed: number,
  second: boolean,
): Promise<void> {
  const { device } = kernels;
  const random = seeded(seed);
  const { inputs = {}, lengths, outputs } = registry[kernel];
  const all = lengths(sizes);
  const steps: Step[] = [];
  for (const [index, name] of Object.keys(all).entries()) {
    if (outputs.includes(name) || name === 'weight' || all[name] < 2 * ALIGNMENT) continue;
    const half = Math.floor(all[name] / 2 / ALIGNMENT) * ALIGNMENT;
    const [from, to] = second ? [half, all[name]] : [0, half];
    const { buffer, offset = 0 } = bindings[name];
    if (inputs[name]) {
      const part = specialInput(kernel, name, sizes, random).subarray(from, to);
      device.queue.writeBuffer(buffer, offset + 4 * from, part as Float32Array<ArrayBuffer>);
    } else {
      const range = { buffer, offset: offset + 4 * from, size: 4 * (to - from) };
      steps.push(...(await synthesis(kernels, 'f32', range, to - from, seed, index)));
    }
  }
  device.queue.submit([encode(device, steps)]);
}

/** Tokens with special inputs of their own; a prime number, so that they fall differently into every tile and chunk. */
const DIFFERENT_TOKENS = 509;

/** An input that its kernel generates: where it has planes of many tokens, those of the first DIFFERENT_TOKENS repeat. */
function specialInput(kernel: string, name: string, sizes: Sizes, random: Random): Arrays[string] {
  const { inputs = {}, lengths } = registry[kernel];
  const { tokens = 0, columns } = sizes;
  const length = lengths(sizes)[name];
  const planes = length / (tokens * columns);
  if (tokens <= DIFFERENT_TOKENS || !Number.isInteger(planes)) return inputs[name](length, random, sizes);
  const some = specialInput(kernel, name, { ...sizes, tokens: DIFFERENT_TOKENS }, random);
  const all = some instanceof Float32Array ? new Float32Array(length) : new Uint32Array(length);
  for (let row = 0; row < planes * tokens; row++) {
    const from =
      (Math.floor(row / tokens) * DIFFERENT_TOKENS + ((row % tokens) % DIFFERENT_TOKENS)) * columns;
    all.set(some.subarray(from, from + columns), row * columns);
  }
  return all;
}

/** The steps that fill an array with random numbers of a format; plain ones are normal where the seed is odd. */
function synthesis(
  kernels: Kernels,
  format: string,
  weight: GPUBufferBinding,
  words: number,
  seed: number,
  tensor: number,
): Promise<Step[]> {
  const kernel = `synthesise_${format}`;
  const plain = format === 'f32';
  const numbers = { mean: 0, spread: plain ? NUMBER_SPREAD : WEIGHT_SPREAD, even: !plain || seed % 2 === 0 };
  const place = { words, firstWord: 0, at: 0, seed: seed >>> 0, tensor };
  const sizes = { ...place, ...wholeNumbers(numbers, format) };
  return kernels.steps(findVariant(kernel, registry[kernel].plain), { weight }, sizes);
}
