/** Fills and digests words on the GPU. */
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

/** Digests of ranges, taken twice: they depend on every bit and on a secret number. */
export class Digests {
  readonly #tasks: RangeTasks;
  readonly #sums: GPUBuffer;

  constructor(
    readonly device: GPUDevice,
    readonly ranges: WordRange[],
    secret: number,
  ) {
    this.#sums = storageBuffer(device, 'digests', 16 * ranges.length);
    this.#tasks = new RangeTasks(device, ranges, [secret, secret], this.#sums);
  }

  /** Takes the first digests of all ranges, as they are now. */
  begin() {
    this.#take(0);
  }

  /** Takes the second ones; resolves to the index of the first range that has changed, or −1. */
  async changed(): Promise<number> {
    this.#take(1);
    const sums = new BigUint64Array(await readBuffer(this.device, this.#sums));
    return this.ranges.findIndex((_, i) => sums[i] !== sums[this.ranges.length + i]);
  }

  #take(turn: number) {
    const encoder = this.device.createCommandEncoder();
    if (turn === 0) encoder.clearBuffer(this.#sums);
    this.#tasks.encode(encoder, pipelinesOf(this.device).digest, turn);
    this.device.queue.submit([encoder.finish()]);
  }

  destroy() {
    this.#tasks.destroy();
    this.#sums.destroy();
  }
}

/** Alignment of dynamic offsets in a uniform buffer, on every GPU. */
const SLOT_BYTES = 256;

/** A dispatch for each range, in several turns with a value each; sums go to the slots of the turn. */
class RangeTasks {
  readonly #uniform: GPUBuffer;
  readonly #groups: GPUBindGroup[];

  constructor(
    readonly device: GPUDevice,
    readonly ranges: WordRange[],
    values: number[],
    sums: GPUBuffer,
  ) {
    const words = new Uint32Array((SLOT_BYTES / 4) * ranges.length * values.length);
    for (const [turn, value] of values.entries())
      for (const [i, { first, count }] of ranges.entries()) {
        const slot = turn * ranges.length + i;
        words.set([first, count, value, slot], (SLOT_BYTES / 4) * slot);
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
  const made = { fill: make('fill'), digest: make('digest'), layout, none };
  pipelines.set(device, made);
  return made;
}
