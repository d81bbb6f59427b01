/** Streams a model file onto the GPU: reads ahead by one read and uploads each tensor when it arrives. */
import { dequantise, formats, repack } from '../shaders/formats/formats';
import { arrange, type Arrangement, type BufferPlan, type Piece } from './arrangement';
import { mebibytes, storageBuffer } from './buffers';
import type { ByteSource } from './bytes';
import type { Geometry, ModelFile, Tensor } from './gguf';
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
  fill: (places: Place[]) => Promise<void>,
): Promise<Weights> {
  const plans: BufferPlan[] = [];
  arrange(geometry, formatOf, device.limits, (plan) => plans.push(plan));
  const buffers = await makeBuffers(device, name, plans);
  const destroy = () => buffers.forEach((buffer) => buffer.destroy());
  try {
    await fill(plans.map((plan, i) => ({ plan, buffer: buffers[i] })));
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
  const results = plans.map(({ label, words }) => {
    device.pushErrorScope('out-of-memory');
    device.pushErrorScope('validation');
    buffers.push(storageBuffer(device, label, 4 * words));
    return Promise.all([device.popErrorScope(), device.popErrorScope()]);
  });
  const errors = (await Promise.all(results)).map((scopes) => scopes.find((error) => error !== null));
  const failed = errors.findIndex((error) => error !== undefined);
  if (failed < 0) return buffers;
  for (const buffer of buffers) buffer.destroy();
  const before = mebibytes(4 * totalWords(plans.slice(0, failed)));
  const whole = mebibytes(4 * totalWords(plans));
  throw new Error(
    `${name} is too large for this GPU: no room for ${plans[failed].label} (${mebibytes(4 * plans[failed].words)}) ` +
      `after ${before} of ${whole}; a single buffer may have ${mebibytes(device.limits.maxBufferSize)}. ` +
      `${errors[failed]!.message}`,
  );
}
const totalWords = (plans: BufferPlan[]) => plans.reduce((sum, { words }) => sum + words, 0);

/** Largest read from the file. */
const READ_BYTES = 16 * 2 ** 20;

/** Bytes uploaded before waiting for the GPU; without this limit the browser would hold a copy of the whole file. */
const IN_FLIGHT_BYTES = 64 * 2 ** 20;

/**
 * Reads a model's weights onto the GPU; only a few slices are in CPU memory at a time. Throws when reading fails, when
 * the model does not fit the GPU, when the GPU is lost, and the signal's reason when it aborts. After a failure nothing
 * stays on the GPU.
 */
export async function loadWeights(
  device: GPUDevice,
  model: ModelFile,
  progress?: Progress,
  signal?: AbortSignal,
): Promise<Weights> {
  signal?.throwIfAborted();
  const { name, geometry, source } = model;
  const formatOf = (tensor: string) => requireTensor(model, tensor).format;
  return makeWeights(device, { name, geometry, formatOf }, async (places) => {
    const slices = places.flatMap((place) => slicesOf(place, model));
    const upload = new Upload(device, signal);
    const totalBytes = slices.reduce((sum, { byteLength }) => sum + byteLength, 0);
    let loadedBytes = 0;
    for await (const { read, bytes } of readAhead(source, readsOf(slices), upload)) {
      progress?.(loadedBytes, totalBytes, read.slices[0].tensor);
      for (const slice of read.slices) {
        const start = slice.offset - read.offset;
        upload.write(slice, gpuWords(slice, bytes.subarray(start, start + slice.byteLength)));
        loadedBytes += slice.byteLength;
      }
      await upload.keepUp();
    }
    await upload.finish();
    progress?.(totalBytes, totalBytes, name);
  });
}

/** A range of whole blocks of one tensor in the file, and its destination. */
interface Slice {
  tensor: string;
  offset: number;
  byteLength: number;
  format: string;
  buffer: GPUBuffer;
  bufferFormat: string;
  /** Position in the buffer, in 32-bit words. */
  word: number;
}

/** One read from the file: a slice, or several neighbouring ones. */
interface Read {
  offset: number;
  byteLength: number;
  slices: Slice[];
}

/** The file ranges for one buffer, split into slices no longer than a read. */
function slicesOf({ plan, buffer }: Place, model: ModelFile): Slice[] {
  const slice = (piece: Piece): Slice[] => {
    const { offset } = requireTensor(model, piece.tensor);
    const format = formats[piece.format];
    const held = formats[piece.held];
    const step = Math.floor(READ_BYTES / format.fileBytes);
    const firstBlock = piece.firstElement / format.elements;
    const blocks = piece.elements / format.elements;
    return Array.from({ length: Math.ceil(blocks / step) }, (_, i) => ({
      tensor: piece.tensor,
      offset: offset + (firstBlock + i * step) * format.fileBytes,
      byteLength: Math.min(step, blocks - i * step) * format.fileBytes,
      format: piece.format,
      buffer,
      bufferFormat: piece.held,
      word: piece.word + ((i * step * format.elements) / held.elements) * held.words,
    }));
  };
  return plan.pieces.flatMap(slice);
}

/** Groups the slices into reads, in file order. Small neighbours are joined to save requests over a network. */
function readsOf(slices: Slice[]): Read[] {
  const reads: Read[] = [];
  for (const slice of [...slices].sort((a, b) => a.offset - b.offset)) {
    const last = reads.at(-1);
    const byteLength = last ? slice.offset + slice.byteLength - last.offset : 0;
    // Unneeded tensors leave gaps; those of up to 1 MiB are read and ignored.
    if (last && byteLength <= READ_BYTES && slice.offset <= last.offset + last.byteLength + 2 ** 20) {
      last.slices.push(slice);
      last.byteLength = Math.max(last.byteLength, byteLength); // a tied head lies where the embedding lies
    } else {
      reads.push({ offset: slice.offset, byteLength: slice.byteLength, slices: [slice] });
    }
  }
  return reads;
}

/** Yields the bytes of each read in order; the next read is in progress while the caller processes this one. */
async function* readAhead(source: ByteSource, reads: Read[], upload: Upload) {
  const start = (read: Read | undefined) => {
    const bytes = read && source.read(read.offset, read.byteLength);
    bytes?.catch(() => {}); // handled where it is awaited; this avoids an unhandled rejection if that is not reached
    return bytes;
  };
  let next = start(reads[0]);
  for (const [i, read] of reads.entries()) {
    const bytes = await upload.orStop(next!);
    next = start(reads[i + 1]);
    yield { read, bytes };
  }
}

/** The slice's weights in the format of its buffer. */
function gpuWords({ format, bufferFormat }: Slice, bytes: Uint8Array<ArrayBuffer>) {
  const words = repack(formats[format], bytes);
  return format === bufferFormat ? words : dequantise(formats[format], words);
}

function requireTensor({ name, tensors }: ModelFile, tensor: string): Tensor {
  const found = tensors.get(tensor);
  if (!found) throw new Error(`${name} has no tensor ${tensor}`);
  return found;
}

/** Uploads weights with a limit on the bytes in flight; stops when the signal aborts or the GPU is lost. */
class Upload {
  readonly #device: GPUDevice;
  readonly #stopped: Promise<never>;
  #inFlightBytes = 0;
  #errors: Promise<GPUError | null>[] = [];
  #tensor = '';

  constructor(device: GPUDevice, signal?: AbortSignal) {
    this.#device = device;
    this.#stopped = new Promise((_, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      void device.lost.then(({ message }) =>
        reject(new Error(`The GPU was lost while weights were loaded (at ${this.#tensor}): ${message}`)),
      );
    });
    this.#stopped.catch(() => {}); // handled in `orStop`; this avoids an unhandled rejection
  }

  /** Resolves as the promise does, or rejects when the upload is stopped first. */
  orStop<T>(promise: Promise<T>): Promise<T> {
    return Promise.race([promise, this.#stopped]);
  }

  write({ tensor, buffer, word }: Slice, words: Uint32Array<ArrayBuffer> | Float32Array<ArrayBuffer>) {
    this.#tensor = tensor;
    this.#device.pushErrorScope('out-of-memory');
    this.#device.pushErrorScope('validation');
    this.#device.queue.writeBuffer(buffer, 4 * word, words);
    this.#errors.push(this.#device.popErrorScope(), this.#device.popErrorScope());
    this.#inFlightBytes += words.byteLength;
  }

  /** Waits for the GPU when more than IN_FLIGHT_BYTES are in flight. */
  async keepUp() {
    if (this.#inFlightBytes > IN_FLIGHT_BYTES) await this.finish();
  }

  /** Waits until the GPU has completed all writes. Throws when one of them failed. */
  async finish() {
    this.#device.queue.submit([]);
    await this.orStop(this.#device.queue.onSubmittedWorkDone());
    const error = (await Promise.all(this.#errors)).find((found) => found !== null);
    if (error) throw new Error(`The GPU did not take the weights (up to ${this.#tensor}): ${error.message}`);
    this.#errors = [];
    this.#inFlightBytes = 0;
  }
}
