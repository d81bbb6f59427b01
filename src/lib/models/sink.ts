/** The receiving end of a download: writes, hashes and counts what arrives, and makes it durable from time to time. */
import { createSHA256 } from 'hash-wasm';
import type { Arriving } from './arriving';
import { restored, toBase64 } from './hashState';
import { Rate } from './rate';
import type { Manifest, ModelStorage } from './storage';

const CHECKPOINT_BYTES = 32 * 2 ** 20;
const CHECKPOINT_SECONDS = 2;
/** Milliseconds from one telling of the progress to the next. */
const TELL_MILLISECONDS = 100;
/** Bytes read at once for the hash of what a former version stored. */
const REREAD_BYTES = 8 * 2 ** 20;

export interface SinkOptions {
  signal: AbortSignal;
  /** Is told the bytes that have arrived, and their rate in bytes per second while it is known. */
  tell: (phase: 'downloading' | 'checking', manifest: Manifest, have: number, rate?: number) => void;
  /** Writes the manifest, durably. */
  store: (manifest: Manifest) => Promise<void>;
  /** Bytes after which, at the latest, what has arrived is made durable. */
  checkpointBytes?: number;
  /** Is told what is stored, for those who read the file meanwhile. */
  arriving?: Arriving;
}

/** Writes, hashes and counts what arrives in one file. */
export class Sink {
  #at: number;
  #durable: number;
  #checkedAt = performance.now();
  readonly #rates = new Rate();
  #toldAt = -Infinity;
  #telling: ReturnType<typeof setTimeout> | undefined;

  private constructor(
    readonly part: Awaited<ReturnType<ModelStorage['open']>>,
    readonly manifest: Manifest,
    readonly options: SinkOptions,
    readonly hash: Awaited<ReturnType<typeof createSHA256>>,
  ) {
    this.#at = this.#durable = manifest.have;
  }

  /** A sink that goes on after `manifest.have` bytes; reads them again for the hash if no saved state of it fits. */
  static async open(
    part: Awaited<ReturnType<ModelStorage['open']>>,
    manifest: Manifest,
    options: SinkOptions,
  ): Promise<Sink> {
    const hash = await createSHA256();
    if (!restored(hash, manifest)) {
      hash.init();
      const memory = new Uint8Array(Math.min(REREAD_BYTES, manifest.have));
      for (let at = 0; at < manifest.have; at += REREAD_BYTES) {
        const bytes = memory.subarray(0, manifest.have - at);
        await part.read(at, bytes);
        hash.update(bytes);
        options.tell('checking', manifest, at);
        options.signal.throwIfAborted();
      }
    }
    options.arriving?.reached(manifest.have);
    return new Sink(part, manifest, options, hash);
  }

  /** Writes the bytes after those that have arrived. */
  async take(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.part.write(bytes, this.#at);
    this.hash.update(bytes);
    this.#at += bytes.byteLength;
    this.options.arriving?.reached(this.#at);
    this.#rates.add(bytes.byteLength);
    this.#tellSoon();
    const now = performance.now();
    const step = this.options.checkpointBytes ?? CHECKPOINT_BYTES;
    if (this.#at - this.#durable >= step || now - this.#checkedAt > 1000 * CHECKPOINT_SECONDS)
      await this.checkpoint();
  }

  /** Ten times a second at most; the last bytes before a server stands still are told as well. */
  #tellSoon() {
    const wait = this.#toldAt + TELL_MILLISECONDS - performance.now();
    if (wait <= 0) this.#tell();
    else this.#telling ??= setTimeout(() => this.#tell(), wait);
  }

  #tell() {
    this.tellNoMore();
    this.#toldAt = performance.now();
    this.options.tell('downloading', this.manifest, this.#at, this.#rates.value);
  }

  /** Drops what was still to be told: a download that has ended or paused must not be told as going on. */
  tellNoMore() {
    clearTimeout(this.#telling);
    this.#telling = undefined;
  }

  /** Makes what was written durable, then says so in the manifest. */
  async checkpoint(): Promise<void> {
    if (this.#at === this.#durable) return;
    await this.part.flush();
    Object.assign(this.manifest, {
      have: this.#at,
      hashing: toBase64(this.hash.save()),
      at: new Date().toISOString(),
    });
    await this.options.store(this.manifest);
    this.#durable = this.#at;
    this.#checkedAt = performance.now();
  }

  /** After the last byte: compares the hash. The manifest is complete if it is the expected one, or none is known. */
  async finish(): Promise<void> {
    await this.checkpoint();
    const { manifest } = this;
    this.options.tell('checking', manifest, manifest.have);
    manifest.found = this.hash.digest('hex');
    if (manifest.sha256 && manifest.sha256 !== manifest.found) return;
    await this.part.truncate(manifest.bytes);
    await this.part.flush();
    delete manifest.hashing;
    manifest.complete = true;
    await this.options.store(this.manifest);
  }
}
