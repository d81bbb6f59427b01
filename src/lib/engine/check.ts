/** A variant against its kernel's reference, on the device at hand. */
import { seeded, type Arrays, type Kernel, type Sizes } from '../shaders/kernel';
import type { Variant } from '../shaders/variant';
import { readBuffer, storageBuffer } from './buffers';
import { encode } from './encode';
import type { Kernels } from './kernels';

/** Every array ends in this many known words that no variant may touch; one of the guard's reads is harmless. */
const GUARD_WORDS = 64;
const GUARD = 0x47554152;

/**
 * Runs a variant and its reference on the same seeded arrays. Resolves to the largest normalised mean squared error of
 * the outputs; throws when it is above the kernel's tolerance, naming the first wrong element, or when anything else was written.
 */
export async function check(
  kernels: Kernels,
  kernel: Kernel,
  variant: Variant,
  sizes: Sizes,
  seed = 1,
): Promise<number> {
  const arrays = inputs(kernel, sizes, seed);
  const got = await run(kernels, variant, arrays, sizes);
  const want: Arrays = Object.fromEntries(
    Object.entries(arrays).map(([name, array]) => [name, array.slice()]),
  );
  kernel.reference(want, sizes);
  const label = `${variant.kernel}/${variant.name} at ${describe(sizes)}`;
  let largest = 0;
  for (const [name, array] of Object.entries(want)) {
    const tolerance = kernel.outputs.includes(name) ? kernel.tolerance : 0;
    const error = normalisedError(got[name], array);
    if (!(error <= tolerance))
      throw new Error(
        `${label} is wrong in ${name}: error ${error.toExponential(2)}, allowed ${tolerance}; ${firstWrong(got[name], array)}`,
      );
    largest = Math.max(largest, error);
  }
  return largest;
}

/** The seeded arrays that a check of these sizes starts from. */
export function inputs(kernel: Kernel, sizes: Sizes, seed: number): Arrays {
  const random = seeded(seed);
  return Object.fromEntries(
    Object.entries(kernel.lengths(sizes)).map(([name, length]) => [
      name,
      kernel.inputs?.[name]?.(length, random, sizes) ?? Float32Array.from({ length }, () => 2 * random() - 1),
    ]),
  );
}

async function run(kernels: Kernels, variant: Variant, arrays: Arrays, sizes: Sizes): Promise<Arrays> {
  const { device } = kernels;
  device.pushErrorScope('out-of-memory');
  device.pushErrorScope('validation');
  const buffers: Record<string, GPUBuffer> = {};
  for (const [name, array] of Object.entries(arrays)) {
    buffers[name] = storageBuffer(device, name, array.byteLength + 4 * GUARD_WORDS);
    device.queue.writeBuffer(buffers[name], 0, array as Float32Array<ArrayBuffer>);
    device.queue.writeBuffer(buffers[name], array.byteLength, new Uint32Array(GUARD_WORDS).fill(GUARD));
  }
  try {
    const steps = await kernels.steps(variant, buffers, sizes);
    device.queue.submit([encode(device, steps)]);
    const results = await Promise.all(
      Object.entries(arrays).map(async ([name, array]) => {
        const bytes = await readBuffer(device, buffers[name]);
        const guard = new Uint32Array(bytes, array.byteLength);
        const touched = guard.findIndex((word) => word !== GUARD);
        if (touched >= 0)
          throw new Error(
            `${variant.kernel}/${variant.name} at ${describe(sizes)} writes past the end of ${name}, by ${touched + 1}`,
          );
        const words = bytes.slice(0, array.byteLength);
        return [
          name,
          array instanceof Float32Array ? new Float32Array(words) : new Uint32Array(words),
        ] as const;
      }),
    );
    return Object.fromEntries(results);
  } finally {
    const errors = [await device.popErrorScope(), await device.popErrorScope()];
    for (const buffer of Object.values(buffers)) buffer.destroy();
    const error = errors.find((found) => found !== null);
    if (error) throw new Error(`${variant.kernel}/${variant.name}: ${error.message}`);
  }
}

/** mean (got − want)² / mean want²; NaN anywhere gives NaN. Words (Uint32Array) count as wrong or right: the share that differs. */
export function normalisedError(got: ArrayLike<number>, want: ArrayLike<number>): number {
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

/** The first element that is off by more than a hundredth of the array's largest value, with its neighbours. */
function firstWrong(got: ArrayLike<number>, want: ArrayLike<number>): string {
  let largest = 0;
  for (let i = 0; i < want.length; i++) largest = Math.max(largest, Math.abs(want[i]));
  let at = 0;
  while (at < want.length && Math.abs(got[at] - want[at]) <= largest / 100) at++;
  const from = Math.max(0, at - 1);
  const show = (values: ArrayLike<number>) =>
    Array.from({ length: Math.min(4, values.length - from) }, (_, i) =>
      Number(values[from + i].toPrecision(5)),
    ).join(' ');
  return at === want.length
    ? 'spread over all elements'
    : `first at element ${at}: got … ${show(got)} …, wanted … ${show(want)} …`;
}

const describe = (sizes: Sizes) =>
  Object.entries(sizes)
    .map(([name, size]) => `${name} ${size}`)
    .join(', ');
