/** A file that is read while it is downloaded: a read waits for its bytes, and whoever has read waits for the hash in the end. */
import type { ByteSource } from '../engine/bytes';
import type { PartFile } from './storage';

/** The message for a reader when another file began to arrive in the place of the one that it had begun to read. */
const ANOTHER = 'the file on the server changed while it was read; what was loaded is discarded';

/** One download, as its readers see it. The download tells what is stored; readers ask for a `source`. */
export class Arriving {
  #version: Version | undefined;
  readonly #begun = new Later<Version>();

  /** A file begins to arrive in `part`. Called again when the file has changed: then readers of the former one fail. */
  begin(part: PartFile, file: string, bytes: number) {
    this.#version?.fail(new Error(`${file}: ${ANOTHER}`));
    this.#version = new Version(part, file, bytes);
    this.#begun.resolve(this.#version);
  }

  /** The first `have` bytes can be read. */
  reached(have: number) {
    this.#version?.reached(have);
  }

  /** `part` will be closed: later reads wait for `complete` or `fail`. */
  close() {
    this.#version?.close();
  }

  /** The whole file is stored and its hash is right. */
  complete(stored: ByteSource) {
    this.#version ??= new Version(undefined, stored.name, stored.size);
    this.#version.complete(stored);
    this.#begun.resolve(this.#version);
  }

  /** The download ended without the whole file: all reads fail with this error. */
  fail(error: Error) {
    this.#version?.fail(error);
    this.#begun.reject(error);
  }

  /**
   * The file that arrives; waits for its beginning. Reads reject when the download fails or is paused, or another file takes the
   * place of this one; `whole` resolves after the hash was found right.
   */
  async source(): Promise<ByteSource> {
    await this.#begun.promise;
    const version = this.#version!;
    return {
      name: version.file,
      size: version.bytes,
      read: (offset, length) => version.read(offset, length, new ArrayBuffer(length)),
      readWith: (offset, length, memory) => version.read(offset, length, memory),
      whole: async () => void (await version.stored.promise),
    };
  }
}

/** A promise that is settled from outside; a rejection that is not waited for is no error. */
class Later<T> {
  resolve!: (value: T) => void;
  reject!: (error: Error) => void;
  readonly promise: Promise<T>;

  constructor() {
    this.promise = new Promise((resolve, reject) => ([this.resolve, this.reject] = [resolve, reject]));
    this.promise.catch(() => undefined);
  }
}

/** One state of the file on the server. */
class Version {
  readonly stored = new Later<ByteSource>();
  #have = 0;
  #waiting: { end: number; wake: () => void }[] = [];

  constructor(
    private part: PartFile | undefined,
    readonly file: string,
    readonly bytes: number,
  ) {}

  reached(have: number) {
    this.#have = have;
    for (const { wake } of this.#waiting.filter(({ end }) => end <= have)) wake();
    this.#waiting = this.#waiting.filter(({ end }) => end > have);
  }

  close() {
    this.part = undefined;
  }

  complete(stored: ByteSource) {
    this.stored.resolve(stored);
    this.reached(this.bytes);
  }

  fail(error: Error) {
    this.stored.reject(error);
    this.close();
    this.reached(this.bytes); // whoever waits finds the error
  }

  async read(offset: number, length: number, memory: ArrayBuffer): Promise<Uint8Array<ArrayBuffer>> {
    const end = offset + length;
    if (!(offset >= 0 && length >= 0 && end <= this.bytes))
      throw new Error(`${this.file} has ${this.bytes} bytes; asked for ${length} bytes at ${offset}`);
    if (end > this.#have) await new Promise<void>((wake) => this.#waiting.push({ end, wake }));
    if (!this.part) {
      const stored = await this.stored.promise;
      return stored.readWith ? stored.readWith(offset, length, memory) : stored.read(offset, length);
    }
    const bytes = new Uint8Array(memory, 0, length);
    await this.part.read(offset, bytes);
    return bytes;
  }
}
