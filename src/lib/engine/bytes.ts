// Where a model's bytes come from: a file or Blob, bytes in memory, or a URL whose server answers Range requests.

/** A file of known size that can be read in any order. */
export interface ByteSource {
  /** What to call it in a message: a file name. */
  name: string;
  /** In bytes. */
  size: number;
  /** Exactly `length` bytes from `offset` on, or an error that says why not. Reads may overlap. */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Gives up the reads under way. */
  close?(): Promise<void>;
}

/** A file the user chose, or any Blob; its bytes stay where they are until they are read. */
export function blobSource(blob: Blob, name = blob instanceof File ? blob.name : 'blob'): ByteSource {
  return {
    name,
    size: blob.size,
    async read(offset, length) {
      checkRange(name, blob.size, offset, length);
      try {
        return new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer());
      } catch (error) {
        throw new Error(`${name} can no longer be read (was it changed or moved?): ${reasonOf(error)}`, {
          cause: error,
        });
      }
    },
  };
}

/** Bytes already in memory. Each read is a copy, so that a reader may keep or change what it got. */
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

/** What a caller of `urlSource` may set. */
export interface UrlOptions {
  /** Gives up opening. */
  signal?: AbortSignal;
  /** How long to wait before each further try after a failure of the network or the server. */
  pauseSeconds?: number[];
}

/** The largest file that a server without ranges may send: it is kept whole. */
const WHOLE_FILE_BYTES = 256 * 1024 * 1024;
/** How long a server may take to begin its answer. */
const ANSWER_SECONDS = 60;
const RETRIED = [408, 425, 429, 500, 502, 503, 504];

/**
 * A file on a server, read by Range requests; one from a server that ignores them is kept as a Blob, if it is small.
 * Throws with the URL and the server's status when there is no such file or it cannot be read in parts.
 */
export async function urlSource(url: string, options: UrlOptions = {}): Promise<ByteSource> {
  const requested = requireUrl(url);
  const name = requested.pathname.split('/').pop() || requested.hostname;
  const { signal, pauseSeconds = [0.5, 1, 2] } = options;
  const closing = new AbortController();
  const opening = AbortSignal.any([closing.signal, ...(signal ? [signal] : [])]);
  const first = await retrying(url, pauseSeconds, opening, async () => {
    const response = await request(url, 'bytes=0-0', opening);
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
  };
}

/** One part of a file on a server, and a complaint if it is no longer the file that was opened. */
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

/** A failure that may pass: worth another try. */
class Passing extends Error {}

/** Runs `attempt`, again after each pause as long as its failure is one that may pass. */
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
      // A TypeError is what fetch and a body cut short throw; the browser does not tell a script why.
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

/** A GET for a range; resolves to an answer of 200 or 206, throws for any other and for a web page. */
async function request(url: string, range: string, signal: AbortSignal): Promise<Response> {
  const late = new AbortController();
  const error = new Passing(`${url}: the server did not answer within ${ANSWER_SECONDS} seconds`);
  const timer = setTimeout(() => late.abort(error), ANSWER_SECONDS * 1000);
  // no-store: or the HTTP cache keeps a second copy of two gigabytes.
  const response = await fetch(url, {
    headers: { Range: range },
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

/** The file's size and the answer's first byte, from `Content-Range: bytes first-last/size`. */
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

/** The body of an answer to a server's 200: the whole file, if it is small enough to keep. */
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

function requireUrl(url: string): URL {
  try {
    const resolved = new URL(new Request(url).url);
    if (/^https?:$/.test(resolved.protocol)) return resolved;
  } catch {
    // Said below, in the same words.
  }
  throw new Error(`"${url}" is no address of a file: it should begin with https:// or http://`);
}

/** Throws unless the bytes asked for are in the file. */
function checkRange(name: string, size: number, offset: number, length: number): void {
  if (!(offset >= 0 && length >= 0 && offset + length <= size)) {
    throw new Error(`${name} has ${size} bytes; asked for ${length} bytes at ${offset}`);
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
