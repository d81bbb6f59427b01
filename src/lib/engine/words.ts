/** Fills and digests words on the GPU. */
import { uniformBuffer } from './buffers';
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
  dispatch(
    device,
    fill,
    ranges.map((range) => ({ ...range, value, slot: 0 })),
    none,
  );
}

/** Adds two words for each range to `sums`, from slot `first` on: they depend on every bit and on the secret number. */
export function digestWords(
  device: GPUDevice,
  ranges: WordRange[],
  secret: number,
  sums: GPUBuffer,
  first: number,
) {
  const tasks = ranges.map((range, i) => ({ ...range, value: secret, slot: first + i }));
  dispatch(device, pipelinesOf(device).digest, tasks, sums);
}

type Task = WordRange & { value: number; slot: number };

function dispatch(device: GPUDevice, pipeline: GPUComputePipeline, tasks: Task[], sums: GPUBuffer) {
  const { layout } = pipelinesOf(device);
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  const uniforms = tasks.map(({ buffer, first, count, value, slot }) => {
    const uniform = uniformBuffer(device, 'range', [first, count, value, slot]);
    const entries = [uniform, buffer, sums].map((each, binding) => ({ binding, resource: { buffer: each } }));
    pass.setBindGroup(0, device.createBindGroup({ layout, entries }));
    pass.dispatchWorkgroups(Math.min(MOST_GROUPS, Math.ceil(count / THREADS)));
    return uniform;
  });
  pass.end();
  device.queue.submit([encoder.finish()]);
  for (const uniform of uniforms) uniform.destroy();
}

function pipelinesOf(device: GPUDevice): Pipelines {
  const known = pipelines.get(device);
  if (known) return known;
  const module = device.createShaderModule({ label: 'words', code: text });
  const layout = device.createBindGroupLayout({
    entries: (['uniform', 'storage', 'storage'] as const).map((type, binding) => ({
      binding,
      visibility: GPUShaderStage.COMPUTE,
      buffer: { type },
    })),
  });
  const pipelineLayout = device.createPipelineLayout({ bindGroupLayouts: [layout] });
  const make = (entryPoint: string) =>
    device.createComputePipeline({ layout: pipelineLayout, compute: { module, entryPoint } });
  const none = device.createBuffer({ label: 'no sums', size: 8, usage: GPUBufferUsage.STORAGE });
  const made = { fill: make('fill'), digest: make('digest'), layout, none };
  pipelines.set(device, made);
  return made;
}
