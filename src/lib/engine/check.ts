/** Checks a variant against its kernel's CPU reference on a given device. */
import { seeded, type Arrays, type Kernel, type Sizes } from '../shaders/kernel';
import type { Variant } from '../shaders/variant';
import { readBuffer, storageBuffer } from './buffers';
import { withErrorScopes } from './device';
import { encode } from './encode';
import type { Kernels } from './kernels';

/** Every buffer ends with this many guard words, which show writes past the end of the array. */
const GUARD_WORDS = 64;
const GUARD = 0x47554152;

/** The difference between an array and its reference. */
export interface Difference {
  array: string;
  /** Normalised mean squared error, and the largest that is allowed. */
  error: number;
  tolerance: number;
  /** The first element off by more than 1 % of the reference's largest magnitude; undefined when no element is. */
  index: number | undefined;
  /** `got` and `want` hold this element and its neighbours; `from` is the index of their first element. */
  from: number;
  got: number[];
  want: number[];
}

/** Elements kept in a `Difference`: before the wrong one, and in total. */
const SHOWN_BEFORE = 2;
const SHOWN = 8;

/**
 * Runs a variant and its reference on the same seeded arrays. Resolves to the largest normalised mean squared error of
 * the outputs. Throws when it exceeds the tolerance, naming the first wrong element, or when other data was changed.
 */
export async function check(
  kernels: Kernels,
  kernel: Kernel,
  variant: Variant,
  sizes: Sizes,
  seed = 1,
): Promise<number> {
  const { error, difference } = await examine(kernels, kernel, variant, sizes, seed);
  if (difference)
    throw new Error(
      `${labelOf(variant, sizes)} is wrong in ${difference.array}: error ${difference.error.toExponential(2)}, ` +
        `allowed ${difference.tolerance}; ${describe(difference)}`,
    );
  return error;
}

/**
 * Like `check`, but returns the first array that differs too much instead of throwing. Throws when the variant cannot
 * run or writes past the end of an array.
 */
export async function examine(
  kernels: Kernels,
  kernel: Kernel,
  variant: Variant,
  sizes: Sizes,
  seed = 1,
): Promise<{ error: number; difference?: Difference }> {
  const arrays = inputs(kernel, sizes, seed);
  const got = await run(kernels, variant, arrays, sizes);
  const want: Arrays = Object.fromEntries(
    Object.entries(arrays).map(([name, array]) => [name, array.slice()]),
  );
  kernel.reference(want, sizes);
  let largest = 0;
  for (const [name, array] of Object.entries(want)) {
    const tolerance = kernel.outputs.includes(name) ? (variant.error ?? kernel.tolerance) : 0;
    const error = normalisedError(got[name], array);
    if (!(error <= tolerance))
      return { error, difference: { array: name, error, tolerance, ...firstWrong(got[name], array) } };
    largest = Math.max(largest, error);
  }
  return { error: largest };
}

/** The kernel's arrays for these sizes, filled from the seed: by `kernel.inputs`, else uniform from −1 to 1. */
function inputs(kernel: Kernel, sizes: Sizes, seed: number): Arrays {
  const random = seeded(seed);
  return Object.fromEntries(
    Object.entries(kernel.lengths(sizes)).map(([name, length]) => [
      name,
      kernel.inputs?.[name]?.(length, random, sizes) ?? Float32Array.from({ length }, () => 2 * random() - 1),
    ]),
  );
}

/** Runs the variant on copies of the arrays and reads all of them back. Throws on GPU errors and overwritten guards. */
async function run(kernels: Kernels, variant: Variant, arrays: Arrays, sizes: Sizes): Promise<Arrays> {
  const { device } = kernels;
  const buffers: Record<string, GPUBuffer> = {};
  const results = async () => {
    for (const [name, array] of Object.entries(arrays)) {
      buffers[name] = storageBuffer(device, name, array.byteLength + 4 * GUARD_WORDS);
      device.queue.writeBuffer(buffers[name], 0, array as Float32Array<ArrayBuffer>);
      device.queue.writeBuffer(buffers[name], array.byteLength, new Uint32Array(GUARD_WORDS).fill(GUARD));
    }
    device.queue.submit([encode(device, await kernels.steps(variant, buffers, sizes))]);
    const read = Object.entries(arrays).map(async ([name, array]) => {
      const bytes = await readBuffer(device, buffers[name]);
      requireGuard(
        new Uint32Array(bytes, array.byteLength),
        `${labelOf(variant, sizes)} writes past the end of ${name}`,
      );
      const words = bytes.slice(0, array.byteLength);
      return [
        name,
        array instanceof Float32Array ? new Float32Array(words) : new Uint32Array(words),
      ] as const;
    });
    return Object.fromEntries(await Promise.all(read));
  };
  try {
    return await withErrorScopes(device, (message) => `${labelOf(variant, sizes)}: ${message}`, results);
  } finally {
    for (const buffer of Object.values(buffers)) {
      kernels.forget(buffer);
      buffer.destroy();
    }
  }
}

function requireGuard(guard: Uint32Array, complaint: string) {
  const touched = guard.findIndex((word) => word !== GUARD);
  if (touched >= 0) throw new Error(`${complaint}, at word ${touched} after it`);
}

/** mean (got − want)² / mean want²; NaN if any element is NaN. For Uint32Array: the share of words that differ. */
function normalisedError(got: ArrayLike<number>, want: ArrayLike<number>): number {
  if (got instanceof Uint32Array) {
    let wrong = 0;
    for (let i = 0; i < want.length; i++) wrong += Number(got[i] !== want[i]);
    return wrong / Math.max(1, want.length);
  }
  let error = 0;
  let power = 0;
  for (let i = 0; i < want.length; i++) {
    error += (got[i] - want[i]) ** 2;
    power += want[i] ** 2;
  }
  return error === 0 ? 0 : error / power;
}

function firstWrong(got: ArrayLike<number>, want: ArrayLike<number>) {
  let largest = 0;
  for (let i = 0; i < want.length; i++) largest = Math.max(largest, Math.abs(want[i]));
  let at = 0;
  while (at < want.length && Math.abs(got[at] - want[at]) <= largest / 100) at++;
  const index = at === want.length ? undefined : at;
  const from = Math.max(0, (index ?? 0) - SHOWN_BEFORE);
  const some = (values: ArrayLike<number>) =>
    Array.from({ length: Math.min(SHOWN, values.length - from) }, (_, i) => values[from + i]);
  return { index, from, got: some(got), want: some(want) };
}

function describe({ index, from, got, want }: Difference): string {
  if (index === undefined) return 'spread over all elements';
  const first = Math.max(0, index - 1 - from);
  const show = (values: number[]) =>
    values
      .slice(first, first + 4)
      .map((value) => Number(value.toPrecision(5)))
      .join(' ');
  return `first at element ${index}: got … ${show(got)} …, wanted … ${show(want)} …`;
}

const labelOf = ({ kernel, name }: Variant, sizes: Sizes) =>
  `${kernel}/${name} at ${Object.entries(sizes)
    .map(([size, value]) => `${size} ${value}`)
    .join(', ')}`;
