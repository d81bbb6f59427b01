// Models without a file: the published RWKV-7 geometries with random weights, generated on the GPU from a seed.
import type { Sizes } from '../shaders/kernel';
import { formats } from '../shaders/formats/formats';
import type { Variant } from '../shaders/variant';
import type { Piece } from './arrangement';
import { beginScope, endScope, GpuLost } from './device';
import { encode } from './encode';
import { finished } from './finished';
import { readSynthetic, SYNTHETIC, type Synthetic, syntheticFormat } from './geometries';
import { Kernels } from './kernels';
import { type Step } from './encode';
import { type Weights } from './weights';
import { makeWeights, type Place, type Progress } from './load';

/**
 * Generates a model's weights on the GPU. The same geometry and seed (32 bits) give the same bytes on every GPU,
 * however its limits split the matrices. `model` is the name of one (`readSynthetic`), or has a geometry that
 * Q4_K_M allows (columns of quantised matrices are multiples of 256). `variants` has one for each kernel synthesise_<format>, by kernel name.
 * Throws for an unknown name or a missing variant, when memory runs out or the GPU is lost, and when `signal` aborts.
 */
export async function synthesiseWeights(
  device: GPUDevice,
  model: string | Synthetic,
  seed: number,
  variants: Record<string, Variant>,
  progress?: Progress,
  signal?: AbortSignal,
): Promise<Weights> {
  signal?.throwIfAborted();
  const synthetic = typeof model === 'string' ? syntheticModel(model) : model;
  const { geometry } = synthetic;
  const name = typeof model === 'string' ? model : `synthetic ${geometry.layers} × ${geometry.embedding}`;
  const shape = { name, geometry, formatOf: (tensor: string) => syntheticFormat(tensor, synthetic) };
  return makeWeights(device, shape, async (places) => {
    const kernels = new Kernels(device);
    try {
      await synthesise(kernels, places, { ...synthetic, seed, variants, progress, signal });
    } finally {
      kernels.destroy();
    }
  });
}

/** A synthetic model by name. Throws an Error that lists all names. */
export function syntheticModel(name: string): Synthetic {
  const found = readSynthetic(name);
  if (found) return found;
  throw new Error(`There is no model "${name}"; synthetic ones: ${Object.keys(SYNTHETIC).join(', ')}`);
}

/** Words generated per submit; the signal is checked after each. */
const BATCH_WORDS = 2 ** 23;

interface Request extends Synthetic {
  seed: number;
  variants: Record<string, Variant>;
  progress?: Progress;
  signal?: AbortSignal;
}

async function synthesise(kernels: Kernels, places: Place[], request: Request) {
  const { seed, variants, progress, signal } = request;
  const { device } = kernels;
  const totalWords = places.reduce((sum, { plan }) => sum + plan.words, 0);
  let made = 0;
  let reported = 0;
  let steps: Step[] = [];
  for (const place of places) {
    for (const piece of place.plan.pieces) {
      const kernel = `synthesise_${piece.format}`;
      if (!variants[kernel])
        throw new Error(`No variant was given for ${kernel}, which ${piece.tensor} needs`);
      const sizes = pieceSizes(piece, request, seed);
      steps.push(...(await kernels.steps(variants[kernel], { weight: place.buffer }, sizes)));
    }
    made += place.plan.words;
    if (made < reported + BATCH_WORDS && made < totalWords) continue;
    progress?.(4 * reported, 4 * totalWords, place.plan.label);
    await submit(device, steps, place.plan.label);
    signal?.throwIfAborted();
    reported = made;
    steps = [];
  }
  progress?.(4 * totalWords, 4 * totalWords, 'random weights');
}

/** Runs the steps and waits for them. Errors name `label`, the last tensor of the steps. */
async function submit(device: GPUDevice, steps: Step[], label: string) {
  beginScope(device, 'out-of-memory');
  beginScope(device, 'validation');
  device.queue.submit([encode(device, steps)]);
  const errors = await Promise.all([endScope(device), endScope(device)]);
  const lost = device.lost.then(({ message }) => {
    throw new GpuLost(`The GPU was lost while random weights were made (at ${label}): ${message}`);
  });
  await Promise.race([finished(device), lost]);
  const error = errors.find((found) => found !== null);
  if (error) throw new Error(`Random weights up to ${label} could not be made: ${error.message}`);
}

/** The sizes for the kernel synthesise_<format> that generates one piece of a tensor (see shaders/synthesise). */
export function pieceSizes(piece: Piece, model: Synthetic, seed: number): Sizes {
  const { tensor, format, firstElement, elements, word } = piece;
  const { elements: blockElements, words } = formats[format];
  return {
    words: (elements / blockElements) * words,
    firstWord: (firstElement / blockElements) * words,
    at: word,
    seed,
    tensor: nameNumber(tensor),
    ...wholeNumbers(statisticsOf(tensor, model), format),
  };
}

/** FNV-1a hash of a tensor's name. */
export function nameNumber(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** Distribution of random weights: approximately normal, or uniform (`even`) within ± spread of the mean. */
interface Statistics {
  mean: number;
  /** Standard deviation; for `even`, half the width of the interval. */
  spread: number;
  even?: boolean;
}

/** Distributions of vectors by the last part of their names, chosen so that activations stay bounded in all layers. */
const VECTORS: Record<string, Statistics> = {
  time_mix_lerp_fused: { mean: 0.5, spread: 0.5, even: true },
  channel_mix_lerp_k: { mean: 0.5, spread: 0.5, even: true },
  // −7 to 16: as in trained models, about half of the channels decay at the maximum rate (w = 0.545).
  time_mix_w0: { mean: 4.5, spread: 11.5, even: true },
  time_mix_a0: { mean: 0, spread: 0.5 },
  time_mix_v0: { mean: 0, spread: 0.5 },
  time_mix_k_k: { mean: 0.85, spread: 0.1 },
  time_mix_k_a: { mean: 1, spread: 0.1 },
  time_mix_r_k: { mean: 0, spread: 0.1 },
};
const NORM_WEIGHT: Statistics = { mean: 1, spread: 0.1 };
const NORM_BIAS: Statistics = { mean: 0, spread: 0.05 };

/** Gain of a matrix, by default 1: the standard deviation of its outputs for inputs of standard deviation 1. */
const GAINS: Record<string, number> = {
  time_mix_w2: 0.5,
  time_mix_a2: 0.5,
  time_mix_v2: 0.5,
  time_mix_g2: 2,
  time_mix_output: 0.5,
  channel_mix_value: 0.5,
};

/** Mean of the bias of the norm before channel mix, in a model with a share of zeros. */
const ZEROS_BIAS = 0.5;

/**
 * Mean of the weights of the key of channel mix with which this share of its results is negative. With a positive bias of the norm
 * before it, a negative mean moves all results down. They are about normal: of the variance of the norm's results a lerp of two tokens
 * leaves two thirds, and the bias adds its square.
 */
function meanOfKey(zeros: number, embedding: number): number {
  const deviations = 4.91 * (zeros ** 0.14 - (1 - zeros) ** 0.14); // of the normal distribution (Tukey's lambda)
  return (-deviations * Math.sqrt(2 / 3 + ZEROS_BIAS ** 2)) / (ZEROS_BIAS * embedding);
}

/** The distribution of a tensor's weights. */
export function statisticsOf(tensor: string, { geometry, zeros }: Synthetic): Statistics {
  const { embedding, hidden, ranks } = geometry;
  const name = tensor.replace(/^blk\.\d+\./, '').replace(/\.weight$/, '');
  if (name in VECTORS) return VECTORS[name];
  if (zeros !== undefined && name === 'attn_norm_2.bias') return { ...NORM_BIAS, mean: ZEROS_BIAS };
  if (name.endsWith('.bias')) return NORM_BIAS;
  if (/norm(_2)?$|_ln$/.test(name)) return NORM_WEIGHT;
  if (name === 'token_embd') return { mean: 0, spread: 0.3 };
  const columns: Record<string, number> = {
    time_mix_w2: ranks.decay,
    time_mix_a2: ranks.learningRate,
    time_mix_v2: ranks.value,
    time_mix_g2: ranks.gate,
    channel_mix_value: hidden,
  };
  const mean = zeros !== undefined && name === 'channel_mix_key' ? meanOfKey(zeros, embedding) : 0;
  return { mean, spread: (GAINS[name] ?? 1) / Math.sqrt(columns[name] ?? embedding) };
}

/** Standard deviation of the sum of four uniform 16-bit numbers, and half the range of 18-bit numbers. */
const BELL_STEP = Math.sqrt((65536 ** 2 - 1) / 3);
const EVEN_STEP = 131072;

/** Mean of the 6-bit sub-minima in blocks of Q4_K and Q5_K, which the other quantised formats lack. */
const MEAN_OF_SUB_MINIMA = 46.9;

/** The distribution as integers for the kernel: see shaders/synthesise/reference.ts. */
export function wholeNumbers({ mean, spread, even = false }: Statistics, format: string): Sizes {
  const { synthesis } = formats[format];
  if (!synthesis) throw new Error(`Random weights cannot be made as ${format}`);
  if ('deviation' in synthesis)
    return {
      mean: Math.round((mean * 2 ** 24) / MEAN_OF_SUB_MINIMA),
      spread: Math.round((spread * 2 ** 24) / synthesis.deviation),
      shift: 0,
      even: 0,
    };
  const factor = spread / synthesis.unit / (even ? EVEN_STEP : BELL_STEP);
  // Scales the factor to 12 or 13 bits, so that its product with an 18-bit number fits in 32 bits.
  let shift = 0;
  while (factor * 2 ** shift < 4096) shift++;
  return {
    mean: Math.round(mean / synthesis.unit),
    spread: Math.round(factor * 2 ** shift),
    shift,
    even: Number(even),
  };
}
