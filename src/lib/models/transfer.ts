/**
 * Fetches a range of a file, in order, from servers as they are: retries from the last byte, several requests at once where
 * that is faster, servers without ranges, files that change.
 */
import { fillingReader, type FillingReader } from '../engine/bytes';
import { PieceMemory } from './pieceMemory';
import { Deadline, Passing, retrying, waitAfter } from './retry';

/** The parts that differ between hosts and tests. */
export interface Network {
  fetch: typeof fetch;
  /** Headers of a request to this address, such as an access token. */
  headers?(address: string): Record<string, string>;
  /** True where If-Range may be sent: between sites it needs a permission that few servers give. */
  conditional(address: string): boolean;
  /** Seconds before the n-th retry in a row; undefined to give up. */
  pause(tries: number): number | undefined;
  /** Is told of a failure after which it is tried again. */
  waiting?(reason: string, seconds: number): void;
  /** Seconds without a byte after which a request is given up and made again. */
  stallSeconds: number;
  /** Most requests at once. */
  most: number;
  /** Bytes of a request where several are made at once; by default 8 MiB. */
  pieceBytes?: number;
}

/** A file on a server. */
export interface Remote {
  address: string;
  bytes: number;
  etag?: string;
  /** False if the server sends the whole file whatever is asked for. */
  ranges: boolean;
}

/** The file on the server is not the one that a download began with. */
export class Changed extends Error {}

const RETRIED = [408, 425, 429, 500, 502, 503, 504];
/** Bytes of a request: large when there is one, small when several wait for their turn in memory. */
const ALONE_BYTES = 64 * 2 ** 20;
const TOGETHER_BYTES = 8 * 2 ** 20;
/** A number of requests is tried for this many pieces, and kept when it is faster by this factor. */
const TRIAL_PIECES = 3;
const WORTH = 1.15;

/** Asks for a file's size and version with its first byte. Throws for what is no file, and after the last retry. */
export function inspect(network: Network, address: string, signal: AbortSignal): Promise<Remote> {
  return retrying(network, signal, async () => {
    const response = await request(network, address, { Range: 'bytes=0-0' }, signal);
    const etag = versionOf(response);
    if (response.status === 206) {
      const { total } = contentRange(address, response);
      await response.arrayBuffer();
      return { address, bytes: total, etag, ranges: true };
    }
    const bytes = Number(response.headers.get('content-length') ?? 0);
    await response.body?.cancel();
    if (bytes > 0) return { address, bytes, etag, ranges: false };
    throw new Error(
      `${address}: the server tells no size, so that it cannot be known when the file is whole`,
    );
  });
}

/**
 * Fetches a file from byte `from` to its end and hands the bytes to `take` in order. Throws `Changed` when the server has another
 * file by now, the signal's reason when it aborts, and the last error after the last retry.
 */
export async function transfer(
  network: Network,
  remote: Remote,
  from: number,
  take: (bytes: Uint8Array<ArrayBuffer>) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const lanes = new Lanes(remote.ranges ? network.most : 1, network.pieceBytes ?? TOGETHER_BYTES);
  const stop = new AbortController();
  const abort = () => stop.abort(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  let next = from;
  let turn: Promise<void> = Promise.resolve();
  const running = new Set<Promise<void>>();
  const unused: PieceMemory[] = [];
  let failed: unknown;
  try {
    while ((next < remote.bytes || running.size > 0) && !stop.signal.aborted) {
      if (next < remote.bytes && running.size < lanes.count) {
        const size = !remote.ranges
          ? Infinity
          : lanes.settled && lanes.count === 1
            ? ALONE_BYTES
            : TOGETHER_BYTES;
        const piece = { from: next, to: Math.min(next + size, remote.bytes), before: turn };
        next = piece.to;
        const memory = unused.pop() ?? new PieceMemory();
        const work = segment(
          network,
          remote,
          piece,
          memory,
          async (bytes) => {
            await take(bytes);
            lanes.add(bytes.byteLength);
          },
          stop.signal,
        );
        turn = work;
        const ended = work
          .catch((error: unknown) => {
            failed ??= error;
            stop.abort(error);
          })
          .finally(() => {
            unused.push(memory);
            running.delete(ended);
          });
        running.add(ended);
      } else await Promise.race(running);
    }
  } finally {
    await Promise.all(running);
    signal.removeEventListener('abort', abort);
  }
  signal.throwIfAborted();
  if (failed) throw failed;
}

/** Finds how many requests at once are worth it: doubles them while the rate grows. */
class Lanes {
  count = 1;
  #bytes = 0;
  #from = performance.now();
  #former = 0;
  /** True once the number stays as it is. */
  settled: boolean;

  constructor(
    readonly most: number,
    readonly pieceBytes: number,
  ) {
    this.settled = most === 1;
  }

  /** Counts bytes that have arrived. */
  add(bytes: number) {
    if (this.settled) return;
    this.#bytes += bytes;
    if (this.#bytes < TRIAL_PIECES * this.pieceBytes) return;
    const rate = this.#bytes / (performance.now() - this.#from);
    if (rate > WORTH * this.#former && this.count * 2 <= this.most) {
      this.#former = rate;
      this.count *= 2;
    } else {
      if (rate <= WORTH * this.#former) this.count = Math.max(1, this.count / 2);
      this.settled = true;
    }
    this.#bytes = 0;
    this.#from = performance.now();
  }
}

interface Piece {
  from: number;
  to: number;
  /** Settles when all bytes before `from` have been taken. */
  before: Promise<void>;
}

/** Fetches one piece; its bytes wait in memory until those before have been taken. */
async function segment(
  network: Network,
  remote: Remote,
  { from, to, before }: Piece,
  memory: PieceMemory,
  take: (bytes: Uint8Array<ArrayBuffer>) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  let first = false;
  const turn = before.then(() => (first = true));
  turn.catch(() => undefined); // the failure of a piece is told by itself
  memory.release(); // of a piece that failed
  const takeHeld = async () => {
    const held = memory.release();
    if (held.byteLength > 0) await take(held);
  };
  for await (const bytes of rangeBytes({ network, remote, from, to, memory, signal })) {
    if (!first) {
      memory.hold(bytes, to - from);
      continue;
    }
    await takeHeld();
    await take(bytes);
  }
  await turn;
  signal.throwIfAborted();
  await takeHeld();
}

/** A range of a file, and what it is read with. */
interface ByteRange {
  network: Network;
  remote: Remote;
  from: number;
  to: number;
  memory: PieceMemory;
  signal: AbortSignal;
}

/**
 * The bytes of a range, asked for again from the last one whenever the connection fails or stands still. Each piece is valid until
 * the next is asked for.
 */
async function* rangeBytes(range: ByteRange) {
  const { network, remote, to, signal } = range;
  let at = range.from;
  let tries = 0;
  while (at < to) {
    try {
      for await (const bytes of oneAnswer({ ...range, from: at })) {
        at += bytes.byteLength;
        tries = 0;
        yield bytes;
      }
      if (at < to) throw new Passing(`${remote.address}: the server's answer ended at byte ${at} of ${to}`);
    } catch (error) {
      tries = await waitAfter(network, error, tries, signal);
    }
  }
}

/** The bytes of one answer. A server that sends the whole file is listened to from the wanted byte on. */
async function* oneAnswer({ network, remote, from, to, memory, signal }: ByteRange) {
  const late = new Deadline(network.stallSeconds, signal, `${remote.address}: no byte came`);
  try {
    const response = await answerFrom(network, remote, from, to, late.signal);
    let skip = response.status === 200 ? from : 0;
    let left = to - from;
    if (!response.body) throw new Passing(`${remote.address}: an answer without a body`);
    const reader = new Chunks(response.body, memory);
    try {
      while (left > 0) {
        late.wind();
        const value = await late.orLate(reader.read());
        if (!value) return;
        const bytes = value.subarray(Math.min(skip, value.length), Math.min(value.length, skip + left));
        skip = Math.max(0, skip - value.length);
        left -= bytes.byteLength;
        if (bytes.byteLength > 0) {
          late.rest(); // writing may take its time
          yield bytes;
        }
      }
    } finally {
      reader.cancel();
    }
  } finally {
    late.end();
  }
}

/** The chunks of a body, in one piece of memory where the browser can read into it. */
class Chunks {
  readonly #filling: FillingReader | undefined;
  readonly #plain: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | undefined;

  constructor(
    body: ReadableStream<Uint8Array<ArrayBuffer>>,
    readonly memory: PieceMemory,
  ) {
    this.#filling = fillingReader(body);
    if (!this.#filling) this.#plain = body.getReader();
  }

  /** The next chunk, valid until the next call; undefined at the end. */
  async read(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (!this.#filling) return (await this.#plain!.read()).value;
    const { done, value } = await this.#filling.read(this.memory.chunkToFill());
    if (value) this.memory.chunk = value.buffer;
    return done ? undefined : value;
  }

  cancel() {
    void (this.#filling ?? this.#plain!).cancel().catch(() => undefined);
  }
}

async function answerFrom(network: Network, remote: Remote, from: number, to: number, signal: AbortSignal) {
  const { address, etag, bytes } = remote;
  const headers: Record<string, string> = {};
  if (remote.ranges) headers.Range = `bytes=${from}-${to - 1}`;
  // Only a strong tag promises the same bytes.
  if (remote.ranges && etag && !etag.startsWith('W/') && network.conditional(address))
    headers['If-Range'] = etag;
  const response = await request(network, address, headers, signal).catch(async (error: unknown) => {
    // Safari reports a 200 to a request for a range as a failure of the network.
    if (!(error instanceof TypeError) || !remote.ranges) throw error;
    return request(network, address, {}, signal).catch(() => Promise.reject(error));
  });
  const now = versionOf(response);
  const changed = async (what: string) => {
    await response.body?.cancel();
    return new Changed(`${address}: ${what}`);
  };
  if (response.status === 416) throw await changed(`the file has no byte ${from} any more`);
  if (etag && now && etag !== now) throw await changed('the file on the server is another one now');
  if (response.status === 200) {
    const length = Number(response.headers.get('content-length') ?? bytes);
    if (length !== bytes && !response.headers.get('content-encoding'))
      throw await changed(`the file has ${length} bytes now, not ${bytes}`);
    // A server answers If-Range with the whole file only if the file has changed. Without tags it may be the same or another one.
    if (from > 0 && !(etag && now))
      throw await changed('the server sends the whole file without saying whether it is the same');
    return response;
  }
  const range = contentRange(address, response);
  if (range.total !== bytes) throw await changed(`the file has ${range.total} bytes now, not ${bytes}`);
  if (range.first === from) return response;
  await response.body?.cancel();
  throw new Passing(`${address}: asked for byte ${from}, got ${range.first}`);
}

/** Makes a request. Resolves for the statuses 200, 206 and 416; throws for others and for web pages. */
async function request(
  network: Network,
  address: string,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<Response> {
  const { fetch } = network;
  const response = await fetch(address, {
    headers: { ...headers, ...network.headers?.(address) },
    cache: 'no-store', // otherwise the HTTP cache keeps a second copy of the model
    signal,
  });
  const { status } = response;
  if (![200, 206, 416].includes(status)) {
    await response.body?.cancel();
    const message = `${address}: the server answered ${`${status} ${response.statusText}`.trim()}${advice(status)}`;
    throw RETRIED.includes(status) ? new Passing(message) : new Error(message);
  }
  if (!/^text\/html/i.test(response.headers.get('content-type') ?? '')) return response;
  await response.body?.cancel();
  throw new Error(`${address} is a web page (status ${status}), not a model file`);
}

/** The text that identifies a version of a file: its ETag, or the time of its last change. */
const versionOf = ({ headers }: Response): string | undefined =>
  headers.get('etag') ?? headers.get('last-modified') ?? undefined;

const advice = (status: number) =>
  status === 401 || status === 403
    ? ' (a model that needs an account: the terminal reads its token from HF_TOKEN)'
    : '';

function contentRange(address: string, response: Response): { first: number; total: number } {
  const header = response.headers.get('content-range');
  const match = header?.match(/^bytes (\d+)-\d+\/(\d+)$/);
  if (match) return { first: Number(match[1]), total: Number(match[2]) };
  const got = header ? `"${header.slice(0, 60)}"` : 'none that this page may see';
  throw new Error(
    `${address}: needs "Content-Range: bytes first-last/size" in the server's answer (status 206), got ${got}`,
  );
}
