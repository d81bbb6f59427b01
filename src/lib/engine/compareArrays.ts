/** Compares arrays that lie on the GPU; only a few words are read back. */
import { allOrNone, readBuffer, storageBuffer, uniformBuffer } from './buffers';
import text from './compare.wgsl?raw';

/** A whole buffer, or a part of one in bytes (multiples of 4; the offset needs no alignment). */
export type ArrayRange = GPUBuffer | GPUBufferBinding;

/** How one array differs from another. */
export interface ArrayDifference {
  /** Normalised mean squared error: Σ (got − want)² / Σ want²; Infinity with non-finite numbers. Exact: share of words. */
  error: number;
  /** The same of the worst of up to 1024 runs of elements, relative to the mean power: a hole that the whole dilutes. */
  worst: number;
  /** Elements that are not-a-number or infinite in either array. */
  nonFinite: number;
  /** How many of them hold the poison of words.ts: nothing was written there. */
  unwritten: number;
  /** The first element off by more than 1 % of the largest |want|; undefined if none is. Exact: that differs. */
  firstWrong: number | undefined;
  /** The first element that differs although `want` left it, and a neighbour, as it was; undefined without `former`. */
  firstChanged: number | undefined;
}

const MOST_GROUPS = 1024;
/** Threads of a workgroup, which compares a run. */
const THREADS = 64;
/** Elements of a run, at least. */
const RUN = 256;
const HEADER = 5;
const NONE = 0xffffffff;
/** The bindings of compare.wgsl, in their order. */
const BINDINGS: GPUBufferBindingType[] = [
  ...(['uniform', 'read-only-storage', 'read-only-storage'] as const),
  ...(['storage', 'storage', 'read-only-storage'] as const),
];

interface Pipelines {
  measure: GPUComputePipeline;
  add: GPUComputePipeline;
  search: GPUComputePipeline;
  keep: GPUComputePipeline;
  layout: GPUBindGroupLayout;
}
const pipelines = new WeakMap<GPUDevice, Pipelines>();

/**
 * Compares `got` with `want`, arrays of equal length, as f32; with `exact`, as words bit for bit. `former`: the content of both before they
 * were computed, which tells what has to stay. Throws when the lengths differ.
 */
export async function compareArrays(
  device: GPUDevice,
  got: ArrayRange,
  want: ArrayRange,
  { exact = false, former }: { exact?: boolean; former?: ArrayRange } = {},
): Promise<ArrayDifference> {
  const [a, b, c] = [got, want, former ?? want].map(wordsOf);
  if (a.count !== b.count || b.count !== c.count)
    throw new Error(`${a.count} words cannot be compared with ${a.count === b.count ? c.count : b.count}`);
  const groups = Math.max(1, Math.min(MOST_GROUPS, Math.ceil(a.count / RUN)));
  const [task, result, parts] = allOrNone(() => [
    uniformBuffer(device, 'comparison', [a.first, b.first, a.count, Number(exact), c.first]),
    storageBuffer(device, 'differences', 4 * (HEADER + 2 * groups)),
    storageBuffer(device, 'differences of threads', 4 * 2 * groups * THREADS),
  ]);
  try {
    device.queue.writeBuffer(result, 8, Uint32Array.of(NONE, 0, NONE));
    const { measure, add, search, keep, layout } = pipelinesOf(device);
    const resources = [task, a.buffer, b.buffer, result, parts, c.buffer];
    const entries = resources.map((buffer, binding) => ({ binding, resource: { buffer } }));
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setBindGroup(0, device.createBindGroup({ layout, entries }));
    const dispatches = [
      { pipeline: measure, workgroups: groups },
      { pipeline: add, workgroups: Math.ceil(groups / THREADS) },
      { pipeline: search, workgroups: groups },
      ...(former ? [{ pipeline: keep, workgroups: groups }] : []),
    ];
    for (const { pipeline, workgroups } of dispatches) {
      pass.setPipeline(pipeline);
      pass.dispatchWorkgroups(workgroups);
    }
    pass.end();
    device.queue.submit([encoder.finish()]);
    return differenceOf(await readBuffer(device, result), a.count);
  } finally {
    for (const buffer of [task, result, parts]) buffer.destroy();
  }
}

function differenceOf(read: ArrayBuffer, count: number): ArrayDifference {
  const [, nonFinite, first, unwritten, changed] = new Uint32Array(read, 0, HEADER);
  const sums = new Float32Array(read, 4 * HEADER);
  const errors = sums.filter((_, i) => i % 2 === 0);
  const power = sums.reduce((sum, each, i) => sum + (i % 2 ? each : 0), 0);
  const each = Math.ceil(count / errors.length);
  const relative = (error: number, of: number) =>
    nonFinite > 0 ? Infinity : error === 0 ? 0 : error / (power * of);
  return {
    error: relative(
      errors.reduce((sum, error) => sum + error, 0),
      1,
    ),
    worst: relative(Math.max(...errors), Math.min(1, each / Math.max(1, count))),
    nonFinite,
    unwritten,
    firstWrong: first === NONE ? undefined : first,
    firstChanged: changed === NONE ? undefined : changed,
  };
}

function wordsOf(range: ArrayRange) {
  const { buffer, offset = 0, size } = 'buffer' in range ? range : { buffer: range };
  return { buffer, first: offset / 4, count: (size ?? buffer.size - offset) / 4 };
}

function pipelinesOf(device: GPUDevice): Pipelines {
  const known = pipelines.get(device);
  if (known) return known;
  const module = device.createShaderModule({ label: 'comparison', code: text });
  const layout = device.createBindGroupLayout({
    entries: BINDINGS.map((type, binding) => ({
      binding,
      visibility: GPUShaderStage.COMPUTE,
      buffer: { type },
    })),
  });
  const pipelineLayout = device.createPipelineLayout({ bindGroupLayouts: [layout] });
  const make = (entryPoint: string) =>
    device.createComputePipeline({ layout: pipelineLayout, compute: { module, entryPoint } });
  const made = {
    ...{ measure: make('measure'), add: make('add'), search: make('search'), keep: make('keep') },
    layout,
  };
  pipelines.set(device, made);
  return made;
}
