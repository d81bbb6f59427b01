/**
 * Downloads a model into a storage: the manifest before the first byte, resumed from the last durable one, hashed as it
 * arrives, complete only after the hash. One download at a time for a file, whatever asks for it.
 */
import { messageOf } from '../engine/ggufHeader';
import type { Arriving } from './arriving';
import { factsIn, type Homes, hubListAddress } from './hubs';
import { keyOf, type ModelRequest } from './request';
import { Sink, type SinkOptions } from './sink';
import { gigabytes, isFileName, type Manifest, manifestOf, type ModelStorage, storedModels } from './storage';
import { Changed, inspect, type Network, type Remote, transfer } from './transfer';

export interface DownloadProgress {
  /** `waiting`: another tab or process downloads the same file. */
  phase: 'asking' | 'waiting' | 'downloading' | 'checking';
  /** Bytes stored, and of the whole file; 0 while unknown. */
  have: number;
  bytes: number;
  /** Bytes per second over the last seconds, and seconds left at that rate; undefined while unknown. */
  rate?: number;
  secondsLeft?: number;
  /** A notice for the user: the file changed, or a server cannot resume. */
  note?: string;
}

export interface DownloadOptions {
  signal: AbortSignal;
  progress?: (progress: DownloadProgress) => void;
  homes?: Homes;
  /** Asks the server whether a complete file without a published hash is still the same. */
  verifyVersion?: boolean;
  /** Bytes after which, at the latest, what has arrived is made durable. */
  checkpointBytes?: number;
  /** Is told what is stored, for those who read the file meanwhile. */
  arriving?: Arriving;
}

/** There is no room for a file; what is there is kept. */
export class NoRoom extends Error {}

/** How often a file that changes under the download is begun again. */
const MOST_CHANGES = 2;

/**
 * Downloads a request and resolves to its manifest, which is complete; at once if it is stored already. Throws an Error that
 * says what failed: no address answered, no room (NoRoom), a hash that is not the expected one. What was stored stays, except after
 * a wrong hash.
 */
export async function download(
  request: ModelRequest,
  storage: ModelStorage,
  network: Network,
  options: DownloadOptions,
): Promise<{ key: string; manifest: Manifest }> {
  try {
    return await shared(request, storage, ...tellingRetries(network, options));
  } catch (error) {
    options.arriving?.fail(new Error(`${request.name} did not arrive whole: ${messageOf(error)}`));
    throw error;
  }
}

/** The same network and options, which tell the progress of a request that failed and is made again. */
function tellingRetries(network: Network, options: DownloadOptions): [Network, DownloadOptions] {
  const { progress } = options;
  let last: DownloadProgress = { phase: 'asking', have: 0, bytes: 0 };
  const waiting = (reason: string, seconds: number) => {
    const { phase, have, bytes } = last;
    progress?.({ phase, have, bytes, note: `${reason}; the next try is in ${Math.ceil(seconds)} s` });
  };
  return [
    { ...network, waiting },
    { ...options, progress: (told) => progress?.((last = told)) },
  ];
}

/** The download of a request, or its end if another tab or process downloads it already. */
async function shared(
  request: ModelRequest,
  storage: ModelStorage,
  network: Network,
  options: DownloadOptions,
): Promise<{ key: string; manifest: Manifest }> {
  const { signal, progress, arriving } = options;
  if (!isFileName(request.file))
    throw new Error(`"${request.file.slice(0, 60)}" cannot be the name of a file`);
  progress?.({ phase: 'asking', have: 0, bytes: request.bytes ?? 0 });
  const known = await withFacts(request, network, options);
  const key = await keyOf(known);
  const watch = new Watch(storage, key, progress);
  try {
    return await storage.lock(
      key,
      signal,
      () => watch.begin(),
      async () => {
        watch.end();
        const manifest = await new Download(known, key, storage, network, options).run();
        arriving?.complete(await storage.source(key, manifest.file));
        return { key, manifest };
      },
    );
  } finally {
    watch.end();
  }
}

/** The request with size and hash as its hub tells them, if they are not known yet. A hub that does not answer is no error. */
async function withFacts(
  request: ModelRequest,
  network: Network,
  { homes, signal }: DownloadOptions,
): Promise<ModelRequest> {
  if (request.sha256) return request;
  for (const file of request.hubFiles) {
    const address = hubListAddress(file, homes);
    const { fetch } = network;
    const answer = await fetch(address, { signal, headers: network.headers?.(address) })
      .then((response): Promise<unknown> => (response.ok ? response.json() : Promise.resolve(undefined)))
      .catch(() => undefined);
    signal.throwIfAborted();
    const facts = factsIn(answer, file);
    if (facts) return { ...request, ...facts };
  }
  return request;
}

/** Tells the progress of another's download while this one waits for it. */
class Watch {
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(
    readonly storage: ModelStorage,
    readonly key: string,
    readonly progress: DownloadOptions['progress'],
  ) {}

  begin() {
    const look = async () => {
      const { have = 0, bytes = 0 } = (await manifestOf(this.storage, this.key)) ?? {};
      if (this.#timer) this.progress?.({ phase: 'waiting', have, bytes });
    };
    this.#timer = setInterval(() => void look(), 500);
    void look();
  }

  end() {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

class Download {
  #note: string | undefined;

  constructor(
    readonly request: ModelRequest,
    readonly key: string,
    readonly storage: ModelStorage,
    readonly network: Network,
    readonly options: DownloadOptions,
  ) {}

  async run(): Promise<Manifest> {
    const { storage, key, request } = this;
    const former = await manifestOf(storage, key);
    const same = former?.complete && (await storage.size(key, former.file)) === former.bytes;
    if (same && (former.found === request.sha256 || (!request.sha256 && !this.options.verifyVersion)))
      return former;
    const remote = await this.#find();
    if (same && !request.sha256 && isSame(former, remote)) return former;
    for (let changes = 0; ; changes++) {
      try {
        return await this.#fetch(
          changes === 0 ? remote : await inspect(this.network, remote.address, this.options.signal),
        );
      } catch (error) {
        if (!(error instanceof Changed) || changes >= MOST_CHANGES) throw error;
        this.#note = `${error.message}; begun again`;
        await storage.remove(key);
      }
    }
  }

  /** The first address that answers. Throws the reasons of all when none does. */
  async #find(): Promise<Remote> {
    const reasons: string[] = [];
    for (const address of this.request.addresses) {
      try {
        const remote = await inspect(this.network, address, this.options.signal);
        const { bytes } = this.request;
        if (bytes === undefined || bytes === remote.bytes) return remote;
        reasons.push(`${address} has ${remote.bytes} bytes, not ${bytes}`);
      } catch (error) {
        this.options.signal.throwIfAborted();
        reasons.push(messageOf(error));
      }
    }
    throw new Error(reasons.join('; '));
  }

  async #fetch(remote: Remote): Promise<Manifest> {
    const { storage, key, request } = this;
    const manifest = await this.#resumable(remote);
    await this.#requireRoom(manifest.bytes - manifest.have);
    try {
      await this.#store(remote, manifest);
    } catch (error) {
      if (!isNoRoom(error)) throw error;
      throw await this.#noRoom(manifest.bytes - manifest.have);
    }
    if (manifest.complete) return manifest;
    await storage.remove(key);
    throw new Error(
      `${remote.address}: its SHA-256 is ${manifest.found}, but ${request.name} should have ${manifest.sha256}; ` +
        'the server has another file, or the bytes were damaged on their way. They were deleted',
    );
  }

  async #store(remote: Remote, manifest: Manifest): Promise<void> {
    const { storage, key, request } = this;
    await storage.writeManifest(key, JSON.stringify(manifest));
    const part = await storage.open(key, request.file);
    const { arriving } = this.options;
    arriving?.begin(part, request.file, manifest.bytes);
    try {
      await this.#receive(remote, manifest, await Sink.open(part, manifest, this.#sinkOptions()));
    } finally {
      arriving?.close();
      await part.close();
    }
  }

  /** The manifest to go on with: the former one if it is of the same file and its bytes are there, else a new one. */
  async #resumable(remote: Remote): Promise<Manifest> {
    const { storage, key, request } = this;
    const former = await manifestOf(storage, key);
    const size = former ? await storage.size(key, former.file) : 0;
    if (former && !former.complete && size >= former.have && isSame(former, remote)) {
      return { ...former, ...tagOf(remote), ...(request.sha256 && { sha256: request.sha256 }) };
    }
    if (former) {
      if (former.have > 0) this.#note = 'what was stored is of another file; begun again';
      await storage.remove(key);
    }
    const { name, file, sha256 } = request;
    const begun = {
      version: 1 as const,
      name,
      file,
      bytes: remote.bytes,
      have: 0,
      complete: false,
      at: new Date().toISOString(),
    };
    return { ...begun, ...tagOf(remote), ...(sha256 && { sha256 }) };
  }

  async #receive(remote: Remote, manifest: Manifest, sink: Sink): Promise<void> {
    const { signal } = this.options;
    try {
      await transfer(this.network, remote, manifest.have, (bytes) => sink.take(bytes), signal);
    } catch (error) {
      if (!(error instanceof Changed)) await sink.checkpoint();
      throw error;
    } finally {
      sink.tellNoMore();
    }
    await sink.finish();
  }

  #sinkOptions(): SinkOptions {
    const { storage, key } = this;
    return {
      ...this.options,
      tell: (phase, manifest, have, rate) => this.#tell(phase, have, manifest.bytes, rate),
      store: (manifest) => storage.writeManifest(key, JSON.stringify(manifest)),
    };
  }

  #tell(phase: DownloadProgress['phase'], have: number, bytes: number, rate?: number) {
    const secondsLeft = rate ? (bytes - have) / rate : undefined;
    this.options.progress?.({ phase, have, bytes, rate, secondsLeft, note: this.#note });
  }

  async #requireRoom(bytes: number): Promise<void> {
    const { free } = await this.storage.room();
    if (free !== undefined && free < bytes) throw await this.#noRoom(bytes);
  }

  async #noRoom(bytes: number): Promise<NoRoom> {
    const { free } = await this.storage.room().catch(() => ({ free: undefined }));
    const others = (await storedModels(this.storage)).filter(({ key }) => key !== this.key);
    const list = others.map(
      ({ key, manifest }) => `${manifest?.name ?? key} (${gigabytes(manifest?.have ?? 0)})`,
    );
    const room =
      free === undefined
        ? ''
        : free < bytes
          ? `, and there is room for ${gigabytes(free)}`
          : `; the browser or system took no more, although it says that ${gigabytes(free)} are free`;
    const advice = list.length ? `; these could be deleted: ${list.join(', ')}` : '';
    return new NoRoom(
      `${this.request.name} needs ${gigabytes(bytes)} more${room}${advice}. What has arrived is kept`,
    );
  }
}

const tagOf = ({ address, etag }: Remote) => ({ address, etag });

/** True if a stored part belongs to the file on the server, as far as size and tag tell; its hash tells in the end. */
function isSame({ bytes, etag, address, sha256 }: Manifest, remote: Remote): boolean {
  if (bytes !== remote.bytes) return false;
  // Hosts of the same file have tags of their own; without one, only the hash tells in the end.
  if (address !== remote.address || !etag || !remote.etag) return sha256 !== undefined;
  return etag === remote.etag;
}

const isNoRoom = (error: unknown) =>
  error instanceof Error &&
  (error.name === 'QuotaExceededError' || (error as { code?: unknown }).code === 'ENOSPC');
