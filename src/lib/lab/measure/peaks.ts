/** Measures the peak rates of this GPU: arithmetic, memory reads, dispatches and passes. */
import { storageBuffer } from '../../engine/buffers';
import { withErrorScopes } from '../../engine/device';
import { Kernels } from '../../engine/kernels';
import { type Step } from '../../engine/encode';
import { finished } from '../../engine/finished';
import type { Sizes } from '../../shaders/kernel';
import { parseVariant, type Variant, workgroupNeeds } from '../../shaders/variant';
import { effortFor, type Effort, timeUses } from './timeUses';
import { formatCsv } from '../records/csv';
import dispatchText from './peaks/dispatch.wgsl?raw';
import dot4Text from './peaks/dot4.wgsl?raw';
import f16Text from './peaks/f16.wgsl?raw';
import f32Text from './peaks/f32.wgsl?raw';
import matrixText from './peaks/matrix.wgsl?raw';
import readText from './peaks/read.wgsl?raw';
import type { OpenGpu } from './session';
import { median } from '../statistics/descriptive';
import type { Peaks } from '../records/profile';

const texts = {
  f32: f32Text,
  f16: f16Text,
  dot4: dot4Text,
  matrix: matrixText,
  read: readText,
  dispatch: dispatchText,
};
const variants = Object.fromEntries(
  Object.entries(texts).map(([name, text]) => [name, parseVariant('peak', name, text)]),
);

/** Workgroups per dispatch: enough to fill any GPU, or a CPU that emulates one. Each has at most THREADS threads. */
const GROUPS = 2048;
const SOFTWARE_GROUPS = 16;
const THREADS = 256;

/**
 * Operations per thread and turn. f32 and f16: 128 multiply-adds; dot4: 64 dot products of four bytes, accumulated;
 * matrix: 16 products of 16 × 16 × 16 by 32 threads.
 */
const OPERATIONS: Record<string, number> = { f32: 256, f16: 256, dot4: 512, matrix: 4096 };

/** Turns are added until a dispatch takes this long, so that its launch overhead is negligible. */
const DISPATCH_SECONDS = 0.005;
const MOST_TURNS = 2 ** 20;

/** Bytes of the array to read: larger than the caches of any GPU we know of, or of most CPUs. */
const READ_BYTES = 2 ** 29;
const SOFTWARE_READ_BYTES = 2 ** 26;

/** Passes per command buffer, and number of timed rounds. */
const PASSES = 256;
const PASS_ROUNDS = 7;

/** Measures the peaks, each in a fraction of a second on a GPU. Throws when the GPU is lost or refuses a shader. */
export async function measurePeaks(
  gpu: OpenGpu,
  signal: AbortSignal,
  effort = effortFor(gpu),
): Promise<Peaks> {
  const measurement = new PeakMeasurement(gpu, signal, effort);
  try {
    const measuring = withErrorScopes(
      gpu.device,
      (message) => `peaks: ${message}`,
      async () => ({
        f32: await measurement.arithmetic('f32'),
        f16: await measurement.optional('f16'),
        dot4: await measurement.optional('dot4'),
        matrix: await measurement.matrix(),
        read: await measurement.read(),
        dispatch: await measurement.seconds(variants.dispatch, { groups: 1 }),
        pass: await measurement.pass(),
      }),
    );
    return await gpu.unlessLost(measuring);
  } finally {
    measurement.destroy();
  }
}

/** A kind of arithmetic with a peak of its own. */
export type Arithmetic = 'f32' | 'f16' | 'dot4' | 'matrix';

/** Measures single peaks; destroy it afterwards. */
export class PeakMeasurement {
  readonly #kernels: Kernels;
  readonly #buffers: Record<string, GPUBuffer>;
  readonly #groups: number;

  constructor(
    readonly gpu: OpenGpu,
    readonly signal: AbortSignal,
    readonly effort: Effort,
    /** The batch that counts: the median, or the fastest for a bound. */
    readonly typical: (seconds: number[]) => number = median,
  ) {
    this.#kernels = new Kernels(gpu.device, gpu.kernels.languageFeatures);
    this.#groups = gpu.adapter.software ? SOFTWARE_GROUPS : GROUPS;
    this.#buffers = { out: storageBuffer(gpu.device, 'peak', 4 * this.#groups * THREADS) };
  }

  /** Operations per second; undefined when the device lacks the features for it. */
  optional(name: string): Promise<number> | undefined {
    return this.#kernels.unsupportedReason(variants[name]) ? undefined : this.arithmetic(name);
  }

  /** Operations per second; undefined also if the matrix units need other block sizes, which only the compiler knows. */
  async matrix(): Promise<number | undefined> {
    const compiled = this.#kernels.compile(variants.matrix);
    const possible = await compiled.then(Boolean, () => false);
    return possible ? this.arithmetic('matrix') : undefined;
  }

  /** Operations per second, from dispatches that are long enough. */
  async arithmetic(name: string): Promise<number> {
    const groups = this.#groups;
    for (let turns = 16; ; turns *= 4) {
      const seconds = await this.seconds(variants[name], { groups, turns, scale: 997 });
      if (seconds < DISPATCH_SECONDS && turns < MOST_TURNS) continue;
      return (groups * workgroupNeeds(variants[name]).invocations * turns * OPERATIONS[name]) / seconds;
    }
  }

  /** Bytes read per second. */
  async read(most = this.gpu.adapter.software ? SOFTWARE_READ_BYTES : READ_BYTES): Promise<number> {
    const { device } = this.gpu;
    const groups = this.#groups;
    const { maxBufferSize, maxStorageBufferBindingSize } = device.limits;
    const step = 16 * 4 * THREADS * groups;
    const bytes = Math.floor(Math.min(most, maxBufferSize, maxStorageBufferBindingSize) / step) * step;
    this.#buffers.source = storageBuffer(device, 'peak source', bytes);
    return bytes / (await this.seconds(variants.read, { groups, vectors: bytes / 16 }));
  }

  /** Seconds that a pass adds: many small passes against one of as many dispatches, interleaved, on the CPU clock. */
  async pass(): Promise<number> {
    const [step] = await this.#kernels.steps(variants.dispatch, this.#buffers, { groups: 1 });
    const differences: number[] = [];
    for (let round = 0; round <= PASS_ROUNDS; round++) {
      this.signal.throwIfAborted();
      const [many, one] = [await this.#wall(step, PASSES, 1), await this.#wall(step, 1, PASSES)];
      if (round > 0) differences.push((many - one) / (PASSES - 1)); // the first round is the warm-up
    }
    return Math.max(0, median(differences));
  }

  /** Wall seconds of one command buffer. */
  async #wall({ pipeline, bindGroup }: Step, passes: number, dispatches: number): Promise<number> {
    const { device } = this.gpu;
    const encoder = device.createCommandEncoder();
    for (let i = 0; i < passes; i++) {
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindGroup);
      for (let k = 0; k < dispatches; k++) pass.dispatchWorkgroups(1);
      pass.end();
    }
    const commands = encoder.finish();
    await finished(device);
    const from = performance.now();
    device.queue.submit([commands]);
    await finished(device);
    return (performance.now() - from) / 1e3;
  }

  async seconds(variant: Variant, sizes: Sizes): Promise<number> {
    const steps = await this.#kernels.steps(variant, this.#buffers, sizes);
    return this.typical((await timeUses([steps], this.gpu.device, this.signal, this.effort)).samples);
  }

  destroy() {
    for (const buffer of Object.values(this.#buffers)) buffer.destroy();
    this.#kernels.destroy();
  }
}

/** The kinds of arithmetic that a variant's text enables; f32 always. */
export function arithmeticOf({ features, languageFeatures }: Variant): Arithmetic[] {
  return [
    'f32',
    ...(features.includes('shader-f16') ? (['f16'] as const) : []),
    ...(languageFeatures.includes('packed_4x8_integer_dot_product') ? (['dot4'] as const) : []),
    ...(features.includes('chromium-experimental-subgroup-matrix' as GPUFeatureName)
      ? (['matrix'] as const)
      : []),
  ];
}

/** Peak rate of the fastest arithmetic that the variant's text enables; undefined when it was not measured. */
export function computePeak({ features, languageFeatures }: Variant, peaks: Peaks): number | undefined {
  if (features.includes('chromium-experimental-subgroup-matrix' as GPUFeatureName)) return peaks.matrix;
  if (languageFeatures.includes('packed_4x8_integer_dot_product')) return peaks.dot4;
  return features.includes('shader-f16') ? peaks.f16 : peaks.f32;
}

/** CSV with one row per peak: name, value, unit. */
export function peaksToCsv({ f32, f16, dot4, matrix, read, dispatch, pass }: Peaks): string {
  const scaled = (value: number | undefined, unit: number) => value && (value / unit).toPrecision(4);
  return formatCsv([
    ['peak', 'value', 'unit'],
    ['f32', scaled(f32, 1e12), 'TFLOPS'],
    ['f16', scaled(f16, 1e12), 'TFLOPS'],
    ['dot4', scaled(dot4, 1e12), 'TOPS'],
    ['matrix', scaled(matrix, 1e12), 'TFLOPS'],
    ['read', scaled(read, 1e9), 'GB/s'],
    ['dispatch', scaled(dispatch, 1e-6), 'us'],
    ['pass', scaled(pass, 1e-6), 'us'],
  ]);
}
