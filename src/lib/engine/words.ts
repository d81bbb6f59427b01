/** Fills words on the GPU, and finds out whether words have changed. */
import { gpuBuffer, readBuffer, storageBuffer, uniformBuffer } from './buffers';
import text from './words.wgsl?raw';

/** Words of a buffer, from the `first` on. */
export interface WordRange {
  buffer: GPUBuffer;
  first: number;
  count: number;
}

/** A not-a-number that no arithmetic makes. */
export const POISON = 0x7fc0beef;

const THREADS = 256;
/** Words for each thread before another workgroup is worth its start, which is slow where a CPU emulates the GPU. */
const WORDS_A_THREAD = 16;
const MOST_GROUPS = 1024;

interface Pipelines {
  fill: GPUComputePipeline;
  differ: GPUComputePipeline;
  digest: GPUComputePipeline;
  layout: GPUBindGroupLayout;
  /** Bound where no sums are written. */
  none: GPUBuffer;
}
const pipelines = new WeakMap<GPUDevice, Pipelines>();

/** Sets all words of the ranges to a value. */
export function fillWords(device: GPUDevice, ranges: WordRange[], value: number) {
  const { fill, none } = pipelinesOf(device);
  const tasks = new RangeTasks(device, ranges, [value], none);
  const encoder = device.createCommandEncoder();
  tasks.encode(encoder, fill, 0);
  device.queue.submit([encoder.finish()]);
  tasks.destroy();
}

/**
 * Seals on ranges: on those that were filled with one value, which is looked for, and on others by digests, taken twice, which depend on every
 * bit and on a secret number. The first is much less work.
 */
export class Seals {
  readonly #filled: RangeTasks;
  readonly #digested: RangeTasks;
  /** Two words for each filled range, then for each digest of the first turn and of the second. */
  readonly #sums: GPUBuffer;

  constructor(
    readonly device: GPUDevice,
    readonly filled: WordRange[],
    value: number,
    readonly digested: WordRange[],
    secret: number,
  ) {
    this.#sums = storageBuffer(device, 'seals', 8 * (filled.length + 2 * digested.length));
    this.#filled = new RangeTasks(device, filled, [value], this.#sums);
    this.#digested = new RangeTasks(device, digested, [secret, secret], this.#sums, filled.length);
  }

  /** Seals all ranges as they are now; those that are filled must hold their value. */
  begin() {
    const encoder = this.device.createCommandEncoder();
    encoder.clearBuffer(this.#sums);
    this.#digested.encode(encoder, pipelinesOf(this.device).digest, 0);
    this.device.queue.submit([encoder.finish()]);
  }

  /** Resolves to the index of the first range that has changed, of the filled ones and then of the digested ones, or −1. */
  async changed(): Promise<number> {
    const { differ, digest } = pipelinesOf(this.device);
    const encoder = this.device.createCommandEncoder();
    this.#filled.encode(encoder, differ, 0);
    this.#digested.encode(encoder, digest, 1);
    this.device.queue.submit([encoder.finish()]);
    const sums = new BigUint64Array(await readBuffer(this.device, this.#sums));
    const { length } = this.filled;
    const first = sums.subarray(length, length + this.digested.length);
    const second = sums.subarray(length + this.digested.length);
    return [...sums.subarray(0, length), ...first.map((sum, i) => sum ^ second[i])].findIndex(
      (sum) => sum !== 0n,
    );
  }

  destroy() {
    this.#filled.destroy();
    this.#digested.destroy();
    this.#sums.destroy();
  }
}

/** Alignment of dynamic offsets in a uniform buffer, on every GPU. */
const SLOT_BYTES = 256;

/** A dispatch for each range, in several turns with a value each; sums go to the slots of the turn, from `slot` on. */
class RangeTasks {
  readonly #uniform: GPUBuffer;
  readonly #groups: GPUBindGroup[];

  constructor(
    readonly device: GPUDevice,
    readonly ranges: WordRange[],
    values: number[],
    sums: GPUBuffer,
    slot = 0,
  ) {
    const words = new Uint32Array((SLOT_BYTES / 4) * ranges.length * values.length);
    for (const [turn, value] of values.entries())
      for (const [i, { first, count }] of ranges.entries()) {
        const task = turn * ranges.length + i;
        words.set([first, count, value, slot + task], (SLOT_BYTES / 4) * task);
      }
    this.#uniform = uniformBuffer(device, 'ranges', [...words]);
    const { layout } = pipelinesOf(device);
    this.#groups = ranges.map(({ buffer }) => {
      const uniform = { buffer: this.#uniform, size: 16 };
      const entries = [uniform, { buffer }, { buffer: sums }];
      return device.createBindGroup({
        layout,
        entries: entries.map((resource, binding) => ({ binding, resource })),
      });
    });
  }

  encode(encoder: GPUCommandEncoder, pipeline: GPUComputePipeline, turn: number) {
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    for (const [i, { count }] of this.ranges.entries()) {
      if (count === 0) continue;
      pass.setBindGroup(0, this.#groups[i], [SLOT_BYTES * (turn * this.ranges.length + i)]);
      pass.dispatchWorkgroups(Math.min(MOST_GROUPS, Math.ceil(count / (WORDS_A_THREAD * THREADS))));
    }
    pass.end();
  }

  destroy() {
    this.#uniform.destroy();
  }
}

function pipelinesOf(device: GPUDevice): Pipelines {
  const known = pipelines.get(device);
  if (known) return known;
  const module = device.createShaderModule({ label: 'words', code: text });
  const layout = device.createBindGroupLayout({
    entries: (['uniform', 'storage', 'storage'] as const).map((type, binding) => ({
      binding,
      visibility: GPUShaderStage.COMPUTE,
      buffer: { type, hasDynamicOffset: type === 'uniform' },
    })),
  });
  const pipelineLayout = device.createPipelineLayout({ bindGroupLayouts: [layout] });
  const make = (entryPoint: string) =>
    device.createComputePipeline({ layout: pipelineLayout, compute: { module, entryPoint } });
  const none = gpuBuffer(device, { label: 'no sums', size: 8, usage: GPUBufferUsage.STORAGE });
  const made = { fill: make('fill'), differ: make('differ'), digest: make('digest'), layout, none };
  pipelines.set(device, made);
  return made;
}
