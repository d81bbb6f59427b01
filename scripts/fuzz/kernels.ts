// Random shapes and extreme numbers for every kernel: what a variant makes of them is compared with the reference in TypeScript, and
// with what the same variant makes of them again.
import { readBuffer, storageBuffer } from '../../src/lib/engine/buffers';
import { withErrorScopes } from '../../src/lib/engine/device';
import { encode } from '../../src/lib/engine/encode';
import type { Kernels } from '../../src/lib/engine/kernels';
import { kernels as registry } from '../../src/lib/shaders';
import { EPILOGUE } from '../../src/lib/shaders/shared/epilogue';
import { isForSequences, MOST_SEQUENCES } from '../../src/lib/shaders/shared/sequences';
import {
  familyOf,
  type Format,
  formatNameOf,
  formats,
  numberToBf16,
  numberToF16,
  numberToF32,
} from '../../src/lib/shaders/formats/formats';
import { type Arrays, type Random, seeded, type Sizes } from '../../src/lib/shaders/kernel';
import type { Variant } from '../../src/lib/shaders/variant';

/** The kinds of extreme numbers and shapes that a trial can have. */
const EXTREMES = [
  /** Nothing: a random shape with usual numbers. */
  'shape',
  /** Weights: blocks of zero bytes, among others. */
  'zero blocks',
  /** Weights: the largest number of each block is next to the limit of f16, 65504. */
  'largest weights',
  /** Weights: scales below the smallest normal f16; of plain numbers every second one below the smallest normal of its format. */
  'denormal weights',
  /** An input of zeros alone. */
  'zeros',
  /** An input times 1e4, and times 1e-30. */
  'large numbers',
  'small numbers',
  /** An input of zeros and numbers below the smallest normal f32: they may count as zero, but must do no harm. */
  'denormal numbers',
  /** An input in which one number is 1e4 times the others. */
  'one spike',
  /** Decays at their floor e^(−e^−½), and at their ceiling 1. */
  'decay floor',
  'decay ceiling',
] as const;

export type Extreme = (typeof EXTREMES)[number];

/** The result of a trial; `problem` is undefined where all is well. */
export interface Outcome {
  sizes: Sizes;
  /** Mean squared error ÷ mean square of the reference, the largest of the outputs. */
  error: number;
  problem: string | undefined;
}

/** A kernel that states no error may be off by so many times its tolerance where numbers are extreme. */
const EXTREMELY = 10;

/** The largest weight: a little below the largest f16, because the scale of a block is rounded. */
const LARGEST = 65_400;

/** Smaller differences do not count: two numbers of which one is denormal differ by less. */
const NOTHING = 1e-35;

/** The extremes that a variant can be given. */
export function extremesOf({ kernel, knobs }: Variant): Extreme[] {
  const { inputs } = registry[kernel];
  const lengths = registry[kernel].lengths(registry[kernel].cases[0]);
  const family = familyOf(kernel);
  const packed = formatNameOf(kernel) !== undefined && lengths.weight !== undefined;
  const plain = Object.keys(lengths).some((name) => !inputs?.[name]);
  return EXTREMES.filter((extreme) => {
    if (extreme === 'shape') return true;
    // `flush` sums products in f16, for weights below 8, as the text says: the sums become infinite, and the answer is refused.
    if (extreme === 'largest weights' && knobs.flush?.value) return false;
    if (extreme.includes('decay')) return family === 'wkv';
    if (extreme.includes('weights') || extreme === 'zero blocks') return packed;
    return plain;
  });
}

/**
 * Runs a variant twice at a random shape on the same arrays, from the seed. Rejects when it cannot run at all; what is wrong with
 * its results is in the outcome.
 */
export async function tryVariant(
  kernels: Kernels,
  variant: Variant,
  extreme: Extreme,
  seed: number,
): Promise<Outcome> {
  const kernel = registry[variant.kernel];
  const random = seeded(seed);
  const sizes = sizesOf(variant.kernel, random);
  const given = arraysOf(variant.kernel, sizes, extreme, random);
  const want = Object.fromEntries(Object.entries(given).map(([name, array]) => [name, array.slice()]));
  kernel.reference(want, sizes);
  const [first, second] = [
    await run(kernels, variant, given, sizes),
    await run(kernels, variant, given, sizes),
  ];
  let error = 0;
  for (const name of kernel.outputs) {
    error = Math.max(error, errorOf(first[name], want[name]));
    if (first[name].some((word, at) => word !== second[name][at]))
      return { sizes, error, problem: `${name} differs between two runs on the same numbers` };
  }
  const allowed = allowedError(variant, extreme);
  const problem = error <= allowed ? undefined : `error ${error.toExponential(1)}, allowed ${allowed}`;
  return { sizes, error, problem };
}

/** The error that is allowed: larger for large numbers of both signs, whose sums round more, before a steep activation. */
function allowedError({ kernel, error }: Variant, extreme: Extreme): number {
  if (error === undefined) return (extreme === 'shape' ? 1 : EXTREMELY) * registry[kernel].tolerance;
  // For large numbers tanh and the sigmoid, between the two matrices of a LoRA, are steps: a small error of a sum can change a result
  // from one side to the other.
  return kernel.startsWith('lora') && extreme === 'large numbers' ? Math.sqrt(error) : error;
}

/** Runs a variant once in buffers of its own; resolves to the words of its outputs. */
async function run(kernels: Kernels, variant: Variant, given: Arrays, sizes: Sizes) {
  const { device } = kernels;
  const own = kernels.fork();
  const buffers = Object.fromEntries(
    Object.entries(given).map(([name, array]) => [name, storageBuffer(device, name, array.byteLength)]),
  );
  try {
    return await withErrorScopes(
      device,
      (message) => `${variant.kernel}/${variant.name}: ${message}`,
      async () => {
        for (const [name, array] of Object.entries(given))
          device.queue.writeBuffer(buffers[name], 0, array as Float32Array<ArrayBuffer>);
        const steps = await own.steps(variant, buffers, sizes);
        own.poison();
        device.queue.submit([encode(device, steps)]);
        const outputs: Record<string, Uint32Array> = {};
        for (const name of registry[variant.kernel].outputs)
          outputs[name] = new Uint32Array(await readBuffer(device, buffers[name], 0, given[name].byteLength));
        return outputs;
      },
    );
  } finally {
    own.destroy();
    for (const buffer of Object.values(buffers)) buffer.destroy();
  }
}

/** Infinity where a number is not finite though the reference is; of whole numbers, the share that differs. */
function errorOf(words: Uint32Array, want: Float32Array | Uint32Array): number {
  if (want instanceof Uint32Array) return words.filter((word, at) => word !== want[at]).length / want.length;
  const got = new Float32Array(words.buffer, words.byteOffset, words.length);
  let [difference, power] = [0, 0];
  for (let at = 0; at < want.length; at++) {
    if (!Number.isFinite(got[at])) return Infinity;
    difference += (got[at] - want[at]) ** 2;
    power += want[at] ** 2;
  }
  return difference <= want.length * NOTHING ** 2 ? 0 : difference / power;
}

/** A random shape that a model could have, small enough for the reference. */
function sizesOf(kernel: string, random: Random): Sizes {
  const [first] = registry[kernel].cases;
  const upTo = (most: number, least = 1) => least + Math.floor(random() * (most - least + 1));
  const format = formats[formatNameOf(kernel) ?? ''] as Format | undefined;
  const ranks = {
    decay: 16 * upTo(6),
    learning_rate: 16 * upTo(6),
    value: 16 * upTo(3, 0),
    gate: 16 * upTo(10),
  };
  const tokensOf = () => {
    if (isForSequences(kernel)) return upTo(MOST_SEQUENCES, 2);
    return 'epilogue' in first || familyOf(kernel) === 'lora_matmul' ? upTo(70, 2) : upTo(40);
  };
  const drawn: Sizes = {
    ...ranks,
    // Models have heads of 64 columns, and whole blocks of weights in a row.
    columns: Math.max(64, format?.elements ?? 0) * upTo(6),
    rows: upTo(130),
    tokens: tokensOf(),
    batch: upTo(3),
    epilogue: Object.values(EPILOGUE)[upTo(3) - 1],
    inverse_epsilon: [1e2, 1e5, 4e9][upTo(3) - 1],
    first: upTo(5, 0),
    first_row: upTo(70, 0),
    first_layer: upTo(1, 0),
    lerps: [1, 6][upTo(1, 0)],
    wide: upTo(15, 0),
    vocabulary: upTo(6000),
    values: 128 * upTo(9),
    feed: upTo(1, 0),
  };
  drawn.stride = drawn.rows + upTo(9, 0);
  if (familyOf(kernel) === 'argmax') drawn.rows = upTo(4);
  return Object.fromEntries(Object.keys(first).map((name) => [name, drawn[name]]));
}

/** The kernel's arrays, of which one is extreme. */
function arraysOf(kernel: string, sizes: Sizes, extreme: Extreme, random: Random): Arrays {
  const { inputs, lengths, outputs } = registry[kernel];
  const arrays: Arrays = {};
  for (const [name, length] of Object.entries(lengths(sizes)))
    arrays[name] =
      (
        inputs as Record<string, (length: number, random: Random, sizes: Sizes) => Arrays[string]> | undefined
      )?.[name]?.(length, random, sizes) ?? Float32Array.from({ length }, () => 2 * random() - 1);
  if (extreme.startsWith('decay')) {
    const plane = sizes.tokens * sizes.columns;
    arrays.inputs.fill(extreme === 'decay floor' ? Math.exp(-Math.exp(-0.5)) : 1, 3 * plane, 4 * plane);
  }
  if (extreme.includes('weights') || extreme === 'zero blocks')
    changeWeights(arrays.weight as Uint32Array, formats[formatNameOf(kernel)!], extreme, random);
  const plain = Object.keys(arrays).filter((name) => !inputs?.[name]);
  const read = plain.filter((name) => !outputs.includes(name));
  const chosen = read.length ? read : plain;
  const array = arrays[chosen[Math.floor(random() * chosen.length)]];
  if (array instanceof Float32Array) changeNumbers(array, extreme, random);
  return arrays;
}

function changeNumbers(array: Float32Array, extreme: Extreme, random: Random) {
  const scale = { zeros: 0, 'large numbers': 1e4, 'small numbers': 1e-30 }[extreme as string];
  if (scale !== undefined) for (let at = 0; at < array.length; at++) array[at] *= scale;
  if (extreme === 'denormal numbers')
    for (let at = 0; at < array.length; at++) array[at] = at % 3 ? 0 : array[at] * 1e-39;
  if (extreme === 'one spike') array[Math.floor(random() * array.length)] = 1e4;
}

function changeWeights(words: Uint32Array, format: Format, extreme: Extreme, random: Random) {
  for (let block = 0; block < words.length / format.words; block++) {
    const own = words.subarray(block * format.words, (block + 1) * format.words);
    if (extreme === 'zero blocks') {
      if (random() < 0.5) own.fill(0);
    } else if (!('scales' in format.floats)) changePlain(own, format, extreme, random);
    else if (extreme === 'denormal weights')
      setScales(own, format.floats.scales, () => 1 + Math.floor(1023 * random()));
    else {
      setScales(own, format.floats.scales, () => numberToF16(1));
      const largest = numbersOf(own, format).reduce((most, each) => Math.max(most, Math.abs(each)), 0);
      setScales(own, format.floats.scales, () => numberToF16(LARGEST / Math.max(1, largest)));
    }
  }
}

/** Numbers that are stored as they are. */
function changePlain(own: Uint32Array, format: Format, extreme: Extreme, random: Random) {
  const bits = { f32: numberToF32, f16: numberToF16, bf16: numberToBf16 }[format.name]!;
  const each = 32 / format.elements;
  const smallest = format.name === 'f16' ? 3e-5 : 1e-39;
  for (let at = 0; at < format.elements; at++) {
    const extremely =
      extreme === 'largest weights' ? LARGEST : random() < 0.5 ? smallest * random() : 2 * random() - 1;
    const mask = each === 32 ? 0xffffffff : 0xffff << (each * at);
    own[0] =
      ((own[0] & ~mask) |
        (bits(random() < 0.5 ? extremely : -extremely) << (each === 32 ? 0 : each * at))) >>>
      0;
  }
}

/** Sets the half-precision numbers at these bytes of a block. */
function setScales(own: Uint32Array, places: readonly number[], bits: () => number) {
  for (const place of places) {
    const shift = 8 * (place % 4);
    own[place >> 2] = ((own[place >> 2] & ~(0xffff << shift)) | (bits() << shift)) >>> 0;
  }
}

function numbersOf(own: Uint32Array, format: Format): Float32Array {
  const out = new Float32Array(format.elements);
  format.dequantise(own, 0, out, 0);
  return out;
}
