/** Copies parts of a file to the GPU, several at once, each through a staging buffer that is mapped again and again. */
import { dequantise, formats, repack, repackInto } from '../shaders/formats/formats';
import { gpuBuffer } from './buffers';
import type { ByteSource } from './bytes';
import { beginScope, endScope, GpuLost } from './device';
import { whileQueued } from './finished';
import { requireFinite } from './finite';
import type { Read, Slice } from './reads';

/**
 * Reads at once. Each has a staging buffer and as many bytes of memory: 64 MiB together. Four are enough to keep a disk
 * busy while the GPU copies, and requests over a network from waiting for each other.
 */
const LANES = 4;
/** The same for sources that read at once: one piece of memory is enough for all, the rest are staging buffers. */
const LANES_NOW = 7;

/**
 * Copies the reads to the GPU in their order, `done` is called after each. Throws when reading fails, when the GPU refuses or is
 * lost, and the signal's reason when it aborts. Nothing of it stays on the GPU but what was copied.
 */
export async function upload(
  device: GPUDevice,
  source: ByteSource,
  reads: readonly Read[],
  signal: AbortSignal | undefined,
  done: (read: Read) => void,
): Promise<void> {
  const from = performance.now();
  const stop = new Stop(device, signal);
  const stages = new Stages();
  const count = Math.min(source.readNow ? LANES_NOW : LANES, reads.length);
  const largest = Math.max(...reads.map(({ byteLength, stagedBytes }) => Math.max(byteLength, stagedBytes)));
  const shared = new Uint8Array(source.readNow ? largest : 0);
  const lanes = Array.from({ length: count }, () => new Lane(device, source, stop, stages, largest, shared));
  let next = 0;
  const run = async (lane: Lane) => {
    while (next < reads.length) {
      const read = reads[next++];
      await lane.copy(read);
      done(read);
    }
    await lane.settled();
  };
  try {
    await stop.orStopped(Promise.all(lanes.map(run)));
    stages.tell(from, reads);
  } catch (error) {
    next = reads.length;
    stop.stopped ??= error;
    // A lost GPU also makes mapped memory vanish, with an error of its own that says less.
    await stop.orStopped(new Promise((resolve) => setTimeout(resolve)));
    throw error;
  } finally {
    for (const lane of lanes) lane.destroy();
    stop.end();
  }
}

/** One read at a time: file, memory, staging buffer, GPU. */
class Lane {
  readonly #staging: GPUBuffer;
  /** Memory for `readWith`. */
  #memory: ArrayBuffer;
  #mapped: Promise<void> | undefined;
  #errors: Promise<GPUError | null>[] = [];

  constructor(
    readonly device: GPUDevice,
    readonly source: ByteSource,
    readonly stop: Stop,
    readonly stages: Stages,
    readonly largest: number,
    /** Memory of all lanes for `readNow`, which returns before another lane runs. */
    readonly shared: Uint8Array<ArrayBuffer>,
  ) {
    this.#memory = new ArrayBuffer(source.readWith && !source.readNow ? largest : 0);
    this.#staging = gpuBuffer(device, {
      label: 'weights on their way',
      size: Math.ceil(largest / 8) * 8,
      usage: GPUBufferUsage.MAP_WRITE | GPUBufferUsage.COPY_SRC,
      mappedAtCreation: true,
    });
  }

  async copy(read: Read): Promise<void> {
    const { stages, stop, source } = this;
    const bytes = source.readNow
      ? undefined
      : await stages.waiting('reading', () => stop.orStopped(this.#read(read)));
    if (bytes) this.#check(read, bytes);
    await stages.waiting('mapping', () => this.settled());
    const staged = new Uint8Array(this.#staging.getMappedRange(0, Math.ceil(read.stagedBytes / 8) * 8));
    const starts = bytes ? this.#stage(read, bytes, staged) : this.#readNow(read, staged);
    stages.working('submitting', () => {
      this.#staging.unmap();
      this.#submit(read.slices, starts);
      this.#mapped = this.#staging.mapAsync(GPUMapMode.WRITE);
    });
    this.#mapped!.catch(() => undefined); // handled in `settled`
  }

  /** Resolves when the last copy is done, so that the staging buffer is free again. Throws when the GPU refused it. */
  async settled(): Promise<void> {
    if (this.#mapped) await this.stop.orStopped(whileQueued(this.device, this.#mapped));
    this.#mapped = undefined;
    const error = (await this.stop.orStopped(Promise.all(this.#errors.splice(0)))).find(
      (found) => found !== null,
    );
    if (error) throw new Error(`The GPU did not take the weights (up to ${this.stop.at}): ${error.message}`);
  }

  async #read({ offset, byteLength }: Read): Promise<Uint8Array<ArrayBuffer>> {
    if (!this.source.readWith) return this.source.read(offset, byteLength);
    const bytes = await this.source.readWith(offset, byteLength, this.#memory);
    // Memory that was given away has no length any more.
    if (this.#memory.byteLength === 0)
      this.#memory = bytes.buffer.byteLength < this.largest ? new ArrayBuffer(this.largest) : bytes.buffer;
    return bytes;
  }

  #check(read: Read, bytes: Uint8Array<ArrayBuffer>) {
    this.stop.at = read.slices[0].tensor;
    this.stages.working('checking', () => {
      for (const { tensor, format, offset, byteLength } of read.slices)
        requireFinite(tensor, formats[format], bytes.subarray(offset - read.offset).subarray(0, byteLength));
    });
  }

  /** Stages the bytes of the read; returns where each slice begins. */
  #stage(read: Read, bytes: Uint8Array<ArrayBuffer>, staged: Uint8Array): number[] {
    if (!read.direct) return this.stages.working('converting', () => converted(read, bytes, staged));
    this.stages.working('copying', () => staged.set(bytes));
    return read.slices.map((slice) => slice.offset - read.offset);
  }

  /** Reads, checks and stages; bytes that go to the GPU as they are, without a copy. */
  #readNow(read: Read, staged: Uint8Array<ArrayBuffer>): number[] {
    const bytes = (read.direct ? staged : this.shared).subarray(0, read.byteLength);
    this.stages.working('reading', () => this.source.readNow!(read.offset, bytes));
    this.#check(read, bytes);
    return read.direct
      ? read.slices.map((slice) => slice.offset - read.offset)
      : this.stages.working('converting', () => converted(read, bytes, staged));
  }

  #submit(slices: Slice[], starts: number[]) {
    const { device } = this;
    beginScope(device, 'out-of-memory');
    beginScope(device, 'validation');
    const encoder = device.createCommandEncoder();
    slices.forEach(({ buffer, place, heldBytes }, i) =>
      encoder.copyBufferToBuffer(this.#staging, starts[i], buffer, place, heldBytes),
    );
    device.queue.submit([encoder.finish()]);
    this.#errors.push(endScope(device), endScope(device));
  }

  destroy() {
    this.#staging.destroy();
  }
}

/** The name of the measure in the performance timeline that tells the stages of the last upload. */
const UPLOAD_MEASURE = 'lab:upload';

/**
 * Milliseconds of each stage of an upload: what the thread works on, and for how long lanes wait, which they do at the same time.
 * Nothing waits for a clock.
 */
class Stages {
  readonly #work: Record<string, number> = {};
  readonly #waits: Record<string, number> = {};

  working<Result>(stage: string, work: () => Result): Result {
    const from = performance.now();
    const result = work();
    this.#work[stage] = (this.#work[stage] ?? 0) + performance.now() - from;
    return result;
  }

  async waiting<Result>(stage: string, work: () => Promise<Result>): Promise<Result> {
    const from = performance.now();
    const result = await work();
    this.#waits[stage] = (this.#waits[stage] ?? 0) + performance.now() - from;
    return result;
  }

  /** Tells the performance timeline, where the browser's tools and `scripts/loading.js` find it. */
  tell(start: number, reads: readonly Read[]) {
    const bytes = reads.reduce((sum, { byteLength }) => sum + byteLength, 0);
    performance.clearMeasures(UPLOAD_MEASURE);
    performance.measure(UPLOAD_MEASURE, {
      start,
      detail: { reads: reads.length, bytes, work: this.#work, waits: this.#waits },
    });
  }
}

/** Stages the slices one behind the other in the formats of their buffers; returns where each begins. */
function converted({ offset, slices }: Read, bytes: Uint8Array<ArrayBuffer>, staged: Uint8Array): number[] {
  let at = 0;
  return slices.map(({ offset: start, byteLength, format, held, heldBytes }) => {
    const own = bytes.subarray(start - offset, start - offset + byteLength);
    if (format === held) repackInto(formats[format], own, staged.subarray(at, at + heldBytes));
    else {
      const numbers = dequantise(formats[format], repack(formats[format], own));
      staged.set(new Uint8Array(numbers.buffer), at);
    }
    at += heldBytes;
    return at - heldBytes;
  });
}

/** Ends waiting when the signal aborts or the GPU is lost: promises of a lost GPU may never settle. */
class Stop {
  /** The last tensor that was read. */
  at = '';
  stopped: unknown;
  readonly #rejected: Promise<never>;
  readonly #abort: () => void;

  constructor(
    device: GPUDevice,
    readonly signal: AbortSignal | undefined,
  ) {
    let reject: (reason: unknown) => void;
    this.#rejected = new Promise((_, rejects) => (reject = rejects));
    this.#rejected.catch(() => undefined); // handled in `orStopped`
    const end = (reason: unknown) => {
      this.stopped ??= reason;
      reject(reason);
    };
    this.#abort = () => end(signal?.reason);
    signal?.addEventListener('abort', this.#abort, { once: true });
    void device.lost.then(({ message }) =>
      end(new GpuLost(`The GPU was lost while weights were loaded (at ${this.at}): ${message}`)),
    );
  }

  orStopped<T>(promise: Promise<T>): Promise<T> {
    promise.catch(() => undefined); // it may fail after the end
    return Promise.race([promise, this.#rejected]);
  }

  end() {
    this.signal?.removeEventListener('abort', this.#abort);
  }
}
