/** Streams a model file onto the GPU: several reads at once, each copied through a staging buffer of its own. */
import { arrange, type Arrangement, type BufferPlan } from './arrangement';
import { allOrNone, mebibytes, NoRoom, storageBuffer } from './buffers';
import { beginScope, endScope } from './device';
import type { ByteSource } from './bytes';
import { type Geometry, type ModelFile, openGguf } from './gguf';
import { readsOf, slicesOf } from './reads';
import { upload } from './upload';
import type { Weights } from './weights';

/** Reports loading progress in bytes; `what` names the next tensor, at the end the model. */
export type Progress = (loadedBytes: number, totalBytes: number, what: string) => void;

/** The data about a model that `makeWeights` needs before the weights are loaded. */
export interface ModelShape {
  name: string;
  geometry: Geometry;
  /** The weight format of a tensor; throws when there is no such tensor. */
  formatOf(tensor: string): string;
}

/** A buffer and the plan of its content. */
export interface Place {
  plan: BufferPlan;
  buffer: GPUBuffer;
}

/**
 * Creates all buffers of a model, lets `fill` write them and returns them as `Weights`. If a buffer cannot be
 * allocated, throws before `fill` with the buffer's name. On any failure all buffers are destroyed.
 */
export async function makeWeights(
  device: GPUDevice,
  { name, geometry, formatOf }: ModelShape,
  fill: (places: Place[], arranged: Arrangement<unknown>) => Promise<void>,
): Promise<Weights> {
  const plans: BufferPlan[] = [];
  const arranged = arrange(geometry, formatOf, device.limits, (plan) => plans.push(plan));
  const buffers = await makeBuffers(device, name, plans);
  const destroy = () => buffers.forEach((buffer) => buffer.destroy());
  try {
    await fill(
      plans.map((plan, i) => ({ plan, buffer: buffers[i] })),
      arranged,
    );
  } catch (error) {
    destroy();
    throw error;
  }
  const byPlan = new Map(plans.map((plan, i) => [plan.label, buffers[i]]));
  const arrangement: Arrangement<GPUBuffer> = arrange(geometry, formatOf, device.limits, ({ label }) =>
    byPlan.get(label)!,
  );
  return { geometry, name, ...arrangement, byteLength: 4 * totalWords(plans), destroy };
}

/** Creates all buffers before any weight is read, so that insufficient memory is detected early. */
async function makeBuffers(device: GPUDevice, name: string, plans: BufferPlan[]): Promise<GPUBuffer[]> {
  const buffers: GPUBuffer[] = [];
  let scopes: Promise<(GPUError | null)[]>;
  const results = allOrNone(() =>
    plans.map(({ label, words }) => {
      beginScope(device, 'out-of-memory');
      beginScope(device, 'validation');
      try {
        buffers.push(storageBuffer(device, label, 4 * words));
      } finally {
        scopes = Promise.all([endScope(device), endScope(device)]);
      }
      return scopes;
    }),
  );
  const errors = (await Promise.all(results)).map((scopes) => scopes.find((error) => error !== null));
  const failed = errors.findIndex((error) => error !== undefined);
  if (failed < 0) return buffers;
  for (const buffer of buffers) buffer.destroy();
  const before = mebibytes(4 * totalWords(plans.slice(0, failed)));
  const whole = mebibytes(4 * totalWords(plans));
  throw new NoRoom(
    `${name} is too large for this GPU: no room for ${plans[failed].label} (${mebibytes(4 * plans[failed].words)}) ` +
      `after ${before} of ${whole}; a single buffer may have ${mebibytes(device.limits.maxBufferSize)}. ` +
      `${errors[failed]!.message}`,
  );
}
const totalWords = (plans: BufferPlan[]) => plans.reduce((sum, { words }) => sum + words, 0);

/** Is told how a model will lie on the GPU when there is room for it, before the first weight is read. */
export type Begun = (arranged: Arrangement<unknown>) => void;

/**
 * Reads a model's weights onto the GPU; at most 64 MiB are on their way at any time. Throws when reading fails, when
 * the model does not fit the GPU, when the GPU is lost, and the signal's reason when it aborts. After a failure nothing
 * stays on the GPU.
 */
export async function loadWeights(
  device: GPUDevice,
  model: ModelFile,
  progress?: Progress,
  signal?: AbortSignal,
  begun?: Begun,
): Promise<Weights> {
  signal?.throwIfAborted();
  const { name, geometry, source, tensors } = model;
  const tensorNamed = (tensor: string) => {
    const found = tensors.get(tensor);
    if (!found) throw new Error(`${name} has no tensor ${tensor}`);
    return found;
  };
  const formatOf = (tensor: string) => tensorNamed(tensor).format;
  return makeWeights(device, { name, geometry, formatOf }, async (places, arranged) => {
    begun?.(arranged);
    const slices = places.flatMap(({ plan, buffer }) =>
      plan.pieces.flatMap((piece) => slicesOf(piece, tensorNamed(piece.tensor).offset, buffer)),
    );
    const totalBytes = slices.reduce((sum, { byteLength }) => sum + byteLength, 0);
    let loadedBytes = 0;
    progress?.(0, totalBytes, slices[0].tensor);
    await upload(device, source, readsOf(slices), signal, (read) => {
      for (const { byteLength } of read.slices) loadedBytes += byteLength;
      progress?.(loadedBytes, totalBytes, read.slices[0].tensor);
    });
    progress?.(totalBytes, totalBytes, name);
  });
}

/**
 * Opens a GGUF file and reads its weights onto the GPU, see `loadWeights`. If the file is still being downloaded, it is loaded
 * meanwhile, and the promise settles when its hash is known; weights of a file that turns out wrong are freed.
 */
export async function loadModel(
  device: GPUDevice,
  source: ByteSource,
  progress?: Progress,
  signal?: AbortSignal,
  begun?: Begun,
): Promise<{ file: ModelFile; weights: Weights }> {
  const file = await openGguf(source);
  const weights = await loadWeights(device, file, progress, signal, begun);
  try {
    await file.source.whole?.(); // of a split file, all parts
  } catch (error) {
    weights.destroy();
    throw error;
  }
  return { file, weights };
}
