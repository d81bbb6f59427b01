/** Checks a variant against its kernel's CPU reference on a given device, twice with the same pipelines and buffers. */
import { Refusal, type RefusalCode, seeded, type Arrays, type Kernel, type Sizes } from '../shaders/kernel';
import { sparseNumbers } from '../shaders/shared/sparse';
import type { Variant } from '../shaders/variant';
import { withErrorScopes } from './device';
import { encode } from './encode';
import { GuardedArrays, randomSeed } from './guarded';
import type { Kernels } from './kernels';
import { POISON } from './words';

/** The difference between an array and its reference. */
interface Difference {
  code: RefusalCode;
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

interface Outcome {
  /** The largest of the outputs. */
  error: number;
  /** The first array that differs too much. */
  difference?: Difference;
}

/** Elements kept in a `Difference`: before the wrong one, and in total. */
const SHOWN_BEFORE = 2;
const SHOWN = 8;

/**
 * Runs a variant and its reference on the same random arrays, twice. Resolves to the largest normalised mean squared
 * error of the outputs. Throws a Refusal when it exceeds the tolerance, naming the first wrong element and the seed, or
 * when other data was changed. `submitted` is called when the GPU has all of it, so that another check may begin.
 */
export async function check(
  kernels: Kernels,
  kernel: Kernel,
  variant: Variant,
  sizes: Sizes,
  seed = randomSeed(),
  submitted?: () => void,
): Promise<number> {
  const { error, difference } = await examine(kernels, kernel, variant, sizes, seed, submitted);
  if (!difference) return error;
  const { code, array, tolerance } = difference;
  throw new Refusal(
    code,
    `${labelOf(variant, sizes)} is wrong in ${array}${code === 'again' ? ' when it runs again' : ''}: error ` +
      `${difference.error.toExponential(2)}, allowed ${tolerance}; ${describe(difference)}; seed ${seed}`,
  );
}

/**
 * Like `check`, but returns the first array that differs too much instead of throwing. Throws when the variant cannot
 * run, writes outside its outputs or changes its inputs.
 */
export async function examine(
  kernels: Kernels,
  kernel: Kernel,
  variant: Variant,
  sizes: Sizes,
  seed = randomSeed(),
  submitted?: () => void,
): Promise<Outcome> {
  const { device } = kernels;
  const label = labelOf(variant, sizes);
  const own = kernels.fork();
  let arrays: GuardedArrays | undefined;
  const outcomes: Promise<Outcome>[] = [];
  const rounds = async () => {
    arrays = new GuardedArrays(device, kernel.lengths(sizes), kernel.outputs);
    for (const again of [false, true]) {
      const { given, want } = caseOf(kernel, sizes, seed, again);
      const left = leaveOutputs(arrays, kernel, sizes, again);
      for (const [name, array] of Object.entries(given))
        if (!left.includes(name) && !(again && name === 'weight')) arrays.write(name, array);
      const steps = await own.steps(variant, arrays.bindings(!again), sizes);
      if (!again) own.poison();
      arrays.seal();
      device.queue.submit([encode(device, steps)]);
      // The queue keeps the order: the second run does not wait for the results of the first.
      const read = Promise.all(kernel.outputs.map((name) => arrays!.read(name)));
      const outcome = Promise.all([read, arrays.requireSealed(label)]).then(([got]) => {
        requireKept(got, { kernel, sizes, given, want, label: `${label}, seed ${seed},` });
        return differenceIn(got, { kernel, variant, want, again });
      });
      outcome.catch(() => undefined); // thrown below, in order
      outcomes.push(outcome);
    }
  };
  try {
    await withErrorScopes(device, (message) => `${label}: ${message}`, rounds, submitted);
    const [first, second] = [await outcomes[0], await outcomes[1]];
    return first.difference ? first : { ...second, error: Math.max(first.error, second.error) };
  } finally {
    await Promise.allSettled(outcomes);
    own.destroy();
    arrays?.destroy();
  }
}

/**
 * The outputs whose content is not written before a run: those that a kernel only writes. In the first run they are
 * poisoned; in later ones they hold what the run before left there, as in a model.
 */
export function leaveOutputs(arrays: GuardedArrays, kernel: Kernel, sizes: Sizes, again: boolean): string[] {
  const kept = kernel.keeps?.(sizes) ?? [];
  const written = kernel.outputs.filter((name) => !kept.includes(name));
  if (!again) arrays.poison(written);
  return written;
}

/**
 * Throws when an element of an output changed that the reference leaves as it was, such as a plane that another kernel wrote. Where the
 * other elements are large, the error of the whole array would not show it. A single such element is no sign: a sum may be so small that
 * adding it changes nothing.
 */
function requireKept(
  read: ArrayBuffer[],
  { kernel, sizes, given, want, label }: Case & { kernel: Kernel; sizes: Sizes; label: string },
) {
  for (const name of kernel.keeps?.(sizes) ?? []) {
    const [before, after] = [given[name], want[name]];
    if (!(after instanceof Float32Array)) continue; // words are compared one by one anyway
    const got = new Float32Array(read[kernel.outputs.indexOf(name)]);
    const isKept = (i: number) => i in after && after[i] === before[i];
    const changed = got.findIndex(
      (value, i) => value !== after[i] && isKept(i) && (isKept(i - 1) || isKept(i + 1)),
    );
    if (changed >= 0) throw changedRefusal(label, name, changed);
  }
}

/** The refusal of a variant that changes an element which has to stay as it was. `label`: the variant at its sizes. */
export const changedRefusal = (label: string, array: string, element: number) =>
  new Refusal('inputs', `${label} changes ${array} at element ${element}, which has to stay as it was`);

/** The worst of the outputs, whose words are `read`, compared with `want`. */
function differenceIn(
  read: ArrayBuffer[],
  { kernel, variant, want, again }: { kernel: Kernel; variant: Variant; want: Arrays; again: boolean },
): Outcome {
  const tolerance = variant.error ?? kernel.tolerance;
  let largest = 0;
  for (const [i, array] of kernel.outputs.entries()) {
    const expected = want[array];
    const got = expected instanceof Float32Array ? new Float32Array(read[i]) : new Uint32Array(read[i]);
    const error = normalisedError(got, expected);
    if (!(error <= tolerance)) {
      const code = again ? 'again' : writesNan(read[i], error) ? 'nan' : 'cases';
      return { error, difference: { code, array, error, tolerance, ...firstWrong(got, expected) } };
    }
    largest = Math.max(largest, error);
  }
  return { error: largest };
}

/** True if an array without a finite error holds a not-a-number that is not the poison of before the run. */
const writesNan = (read: ArrayBuffer, error: number) =>
  !Number.isFinite(error) &&
  new Uint32Array(read).some((word) => (word & 0x7f800000) === 0x7f800000 && word !== POISON);

/** Random arrays and what the reference makes of them, remembered: all variants of a kernel are checked with them. */
function caseOf(kernel: Kernel, sizes: Sizes, seed: number, again: boolean): Case {
  const known = cases.get(kernel) ?? new Map<string, Case>();
  cases.set(kernel, known);
  const key = JSON.stringify([sizes, seed, again]);
  const found = known.get(key);
  if (found) return found;
  const given = inputs(kernel, sizes, again ? seed + 1 : seed, again);
  if (again && given.weight && !kernel.outputs.includes('weight'))
    given.weight = caseOf(kernel, sizes, seed, false).given.weight;
  const want = Object.fromEntries(Object.entries(given).map(([name, array]) => [name, array.slice()]));
  kernel.reference(want, sizes);
  if (known.size >= MOST_CASES) known.delete(known.keys().next().value!);
  known.set(key, { given, want });
  return { given, want };
}

interface Case {
  given: Arrays;
  want: Arrays;
}
/** Cases remembered of each kernel: a few megabytes of all kernels together. */
const MOST_CASES = 8;
const cases = new WeakMap<Kernel, Map<string, Case>>();

/** The kernel's arrays for these sizes, filled from the seed: by `kernel.inputs`, with zeros where they may be `sparse`, else uniform from −1 to 1. */
function inputs(kernel: Kernel, sizes: Sizes, seed: number, sparse: boolean): Arrays {
  const random = seeded(seed);
  const plain = (name: string, length: number) =>
    sparse && kernel.sparse?.includes(name)
      ? sparseNumbers(length, random)
      : Float32Array.from({ length }, () => 2 * random() - 1);
  return Object.fromEntries(
    Object.entries(kernel.lengths(sizes)).map(([name, length]) => [
      name,
      kernel.inputs?.[name]?.(length, random, sizes) ?? plain(name, length),
    ]),
  );
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

/** `matmul_q4_k/tiled at rows 64, columns 512, …` for messages. */
export const labelOf = ({ kernel, name }: Variant, sizes: Sizes) =>
  `${kernel}/${name} at ${Object.entries(sizes)
    .map(([size, value]) => `${size} ${value}`)
    .join(', ')}`;
