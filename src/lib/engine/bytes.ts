// Sources of a model's bytes: a file or Blob, bytes in memory, or a URL whose server answers Range requests.

/** A file of known size that can be read in any order. */
export interface ByteSource {
  /** File name for messages. */
  name: string;
  /** Size in bytes. */
  size: number;
  /**
   * Resolves to exactly `length` bytes from `offset` on, or rejects with the reason. Reads may run concurrently. The bytes and the
   * memory behind them belong to the caller.
   */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Like `read`, with memory that has room for it and is given away: the bytes that are returned lie in it, or in other memory. Memory
   * that is new for each read costs more than the read itself, and is garbage for a while.
   */
  readWith?(offset: number, length: number, memory: ArrayBuffer): Promise<Uint8Array<ArrayBuffer>>;
  /** Fills `target`, and is done when it returns, so that `target` may be memory that is mapped for a moment. */
  readNow?(offset: number, target: Uint8Array<ArrayBuffer>): void;
  /** Resolves once all bytes are known to be right, rejects when they are not: of a file that is still being downloaded. */
  whole?(): Promise<void>;
  /** Aborts the reads in progress. */
  close?(): Promise<void>;
  /** Opens the file of another name beside this one: a further part of a split model. Rejects when there is none. */
  sibling?(name: string): Promise<ByteSource>;
}

/** A file chosen by the user, or any Blob. Bytes are only loaded when they are read; throws if the file changed. */
export function blobSource(blob: Blob, name = blob instanceof File ? blob.name : 'blob'): ByteSource {
  const read = async (
    offset: number,
    length: number,
    how: (part: Blob) => Promise<Uint8Array<ArrayBuffer>>,
  ) => {
    checkRange(name, blob.size, offset, length);
    return how(blob.slice(offset, offset + length)).catch((error: unknown) => {
      throw new Error(`${name} can no longer be read (was it changed or moved?): ${reasonOf(error)}`, {
        cause: error,
      });
    });
  };
  return {
    name,
    size: blob.size,
    read: (offset, length) => read(offset, length, async (part) => new Uint8Array(await part.arrayBuffer())),
    readWith: (offset, length, memory) => read(offset, length, (part) => streamed(part, memory)),
  };
}

/** A reader that fills memory which is given to it, and returns it with each read. */
export interface FillingReader {
  /** `min`: the read waits for so many bytes, where the browser can. */
  read(
    target: Uint8Array<ArrayBuffer>,
    options?: { min: number },
  ): Promise<{ done: boolean; value?: Uint8Array<ArrayBuffer> }>;
  cancel(): Promise<void>;
}

/** The reader of a stream that fills memory; undefined where the browser has none, as in Safari. */
export function fillingReader(stream: ReadableStream): FillingReader | undefined {
  try {
    return stream.getReader({ mode: 'byob' });
  } catch {
    return undefined;
  }
}

/** The bytes of a Blob, in this memory where the browser can read into it. */
async function streamed(blob: Blob, memory: ArrayBuffer): Promise<Uint8Array<ArrayBuffer>> {
  const reader = fillingReader(blob.stream());
  if (!reader) return new Uint8Array(await blob.arrayBuffer());
  let bytes = new Uint8Array(memory, 0, 0);
  while (bytes.byteLength < blob.size) {
    const filled = bytes.byteLength;
    const min = blob.size - filled;
    const { value } = await reader.read(new Uint8Array(bytes.buffer, filled, min), { min });
    if (!value?.byteLength) throw new Error(`it ends at byte ${filled} of ${blob.size}`);
    bytes = new Uint8Array(value.buffer, 0, filled + value.byteLength);
  }
  void reader.cancel().catch(() => undefined);
  return bytes;
}

/** Bytes already in memory. Each read returns a copy, so the caller may keep or change it. */
export function memorySource(bytes: Uint8Array, name: string): ByteSource {
  return {
    name,
    size: bytes.byteLength,
    async read(offset, length) {
      checkRange(name, bytes.byteLength, offset, length);
      return new Uint8Array(bytes.subarray(offset, offset + length));
    },
  };
}

/** Options of `urlSource`. */
export interface UrlOptions {
  /** Aborts the opening of the file; later reads ignore it. */
  signal?: AbortSignal;
  /** Seconds to wait before each retry after a network or server failure; its length is the number of retries. */
  pauseSeconds?: number[];
}

/** Largest file accepted from a server without Range support, because it is kept in memory as a whole. */
const WHOLE_FILE_BYTES = 256 * 1024 * 1024;
/** Time limit for the response headers. */
const ANSWER_SECONDS = 60;
/** HTTP status codes that are retried. */
const RETRIED = [408, 425, 429, 500, 502, 503, 504];

/**
 * A file on a server, read by Range requests. If the server ignores them, a small file is downloaded whole as a Blob.
 * Throws an Error with the URL and the HTTP status when the file does not exist or cannot be read in parts.
 */
export async function urlSource(url: string, options: UrlOptions = {}): Promise<ByteSource> {
  const requested = requireUrl(url);
  const name = requested.pathname.split('/').pop() || requested.hostname;
  const { signal, pauseSeconds = [0.5, 1, 2] } = options;
  const closing = new AbortController();
  const opening = AbortSignal.any([closing.signal, ...(signal ? [signal] : [])]);
  const first = await retrying(url, pauseSeconds, opening, async () => {
    const response = await request(url, 'bytes=0-0', opening).catch((error: unknown) =>
      withoutRange(url, opening, error),
    );
    if (response.status === 200) return blobSource(await wholeFile(url, response), name);
    const [size] = contentRange(url, response);
    await response.arrayBuffer();
    return { size, version: response.headers.get('etag') };
  });
  if ('read' in first) return first;
  const { size, version } = first;
  return {
    name,
    size,
    async read(offset, length) {
      checkRange(name, size, offset, length);
      if (length === 0) return new Uint8Array(0);
      return retrying(url, pauseSeconds, closing.signal, () =>
        readRange(url, { size, version }, offset, length, closing.signal),
      );
    },
    async close() {
      closing.abort(new Error(`${name} was closed while it was read`));
    },
    sibling: (other) => urlSource(siblingAddress(requested, other), options),
  };
}

/** The address of a file of another name in the same folder, with the same query. */
function siblingAddress(address: URL, name: string): string {
  const sibling = new URL(encodeURIComponent(name), address);
  sibling.search = address.search;
  return sibling.href;
}

/**
 * The answer without a range: Safari makes a network error of a 200 that answers a range request. Throws the first error when
 * there is no such answer either, or when the server knows ranges, so that something else went wrong.
 */
async function withoutRange(url: string, signal: AbortSignal, error: unknown): Promise<Response> {
  if (!(error instanceof TypeError)) throw error;
  const response = await request(url, undefined, signal).catch(() => undefined);
  if (response && response.headers.get('accept-ranges') !== 'bytes') return response;
  await response?.body?.cancel();
  throw error;
}

/** Reads one part of a file on a server. Throws when the file's size or ETag has changed since it was opened. */
async function readRange(
  url: string,
  file: { size: number; version: string | null },
  offset: number,
  length: number,
  signal: AbortSignal,
) {
  const response = await request(url, `bytes=${offset}-${offset + length - 1}`, signal);
  if (response.status === 200) {
    await response.body?.cancel();
    throw new Error(`${url}: the server stopped answering Range requests`);
  }
  const [size, start] = contentRange(url, response);
  const version = response.headers.get('etag');
  if (size !== file.size || (version && file.version && version !== file.version)) {
    throw new Error(`${url}: the file on the server changed while it was read; load it again`);
  }
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (start !== offset || bytes.byteLength !== length) {
    throw new Passing(`${url}: asked for ${length} bytes at ${offset}, got ${bytes.byteLength} at ${start}`);
  }
  return bytes;
}

/** A transient failure, worth a retry. */
class Passing extends Error {}

/** Runs `attempt` and retries it after each pause while it fails with a transient error; pauses vary by ± 50 %. */
async function retrying<T>(
  url: string,
  pauseSeconds: number[],
  signal: AbortSignal,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let tries = 0; ; tries++) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      // Fetch failures and truncated bodies throw a TypeError; browsers hide the cause from scripts.
      const network = error instanceof TypeError;
      if (!network && !(error instanceof Passing)) throw error;
      if (tries < pauseSeconds.length) await pause(pauseSeconds[tries] * (0.5 + Math.random()));
      else if (!network) throw error;
      else {
        const blame = 'the network failed, or the server allows no other site to read it (CORS)';
        throw new Error(`${url} cannot be read: ${blame}: ${reasonOf(error)}`, { cause: error });
      }
    }
  }
}

const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** Requests a byte range, or the whole file. Resolves to a response of status 200 or 206; throws for any other status and for HTML. */
async function request(url: string, range: string | undefined, signal: AbortSignal): Promise<Response> {
  const late = new AbortController();
  const error = new Passing(`${url}: the server did not answer within ${ANSWER_SECONDS} seconds`);
  const timer = setTimeout(() => late.abort(error), ANSWER_SECONDS * 1000);
  // no-store: otherwise the HTTP cache keeps a second copy of the model, which may be gigabytes.
  const response = await fetch(url, {
    headers: range ? { Range: range } : {},
    cache: 'no-store',
    signal: AbortSignal.any([signal, late.signal]),
  }).finally(() => clearTimeout(timer));
  if (response.status !== 200 && response.status !== 206) {
    await response.body?.cancel();
    const message = `${url}: the server answered ${`${response.status} ${response.statusText}`.trim()}`;
    throw RETRIED.includes(response.status) ? new Passing(message) : new Error(message);
  }
  if (/^text\/html/i.test(response.headers.get('content-type') ?? '')) {
    await response.body?.cancel();
    throw new Error(`${url} is a web page (status ${response.status}), not a model file`);
  }
  return response;
}

/** The file's size and the response's first byte position, from `Content-Range: bytes first-last/size`. */
function contentRange(url: string, response: Response): [size: number, start: number] {
  const header = response.headers.get('content-range');
  const match = header?.match(/^bytes (\d+)-\d+\/(\d+)$/);
  if (!match) {
    const got = header ? `"${header}"` : 'none that this page may see';
    throw new Error(
      `${url}: needs "Content-Range: bytes first-last/size" in the server's answer (status 206), got ${got}`,
    );
  }
  return [Number(match[2]), Number(match[1])];
}

/** The body of a response with status 200: the whole file. Throws when it is larger than WHOLE_FILE_BYTES. */
async function wholeFile(url: string, response: Response): Promise<Blob> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const reader = response.body?.getReader();
  let length = Number(response.headers.get('content-length') ?? 0);
  let received = 0;
  while (reader && length <= WHOLE_FILE_BYTES) {
    const { done, value } = await reader.read();
    if (done) return new Blob(parts);
    parts.push(value);
    received += value.byteLength;
    length = Math.max(length, received);
  }
  await reader?.cancel();
  throw new Error(
    `${url}: the server must answer Range requests for a file of more than ${WHOLE_FILE_BYTES / 2 ** 20} MiB; ` +
      `it sends the whole file (status 200)`,
  );
}

/** Resolves a URL, relative ones against the page. Throws unless it is http or https. */
function requireUrl(url: string): URL {
  try {
    const resolved = new URL(new Request(url).url);
    if (/^https?:$/.test(resolved.protocol)) return resolved;
  } catch {
    // An invalid URL gets the same message as an unsupported protocol, below.
  }
  throw new Error(`"${url}" is no address of a file: it should begin with https:// or http://`);
}

/** Throws unless the requested range lies within the file. */
function checkRange(name: string, size: number, offset: number, length: number): void {
  if (!(offset >= 0 && length >= 0 && offset + length <= size)) {
    throw new Error(`${name} has ${size} bytes; asked for ${length} bytes at ${offset}`);
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
