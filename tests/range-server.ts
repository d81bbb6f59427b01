// Test helper: a server of one file that answers range requests well, badly or not at all.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** How the server behaves; may be changed while it runs. */
export interface Behaviour {
  bytes: Uint8Array;
  /** By their names, where the server has several files; any other is answered with 404. */
  files?: Map<string, Uint8Array>;
  /** No tag is sent where it is empty. */
  etag: string;
  /** False: the whole file, whatever is asked for. */
  ranges: boolean;
  /** Bytes after which the n-th answer is cut off; whole answers after the last. */
  cuts: number[];
  /** Answers the n-th request in its own way; true if it did. */
  answer?: (request: IncomingMessage, response: ServerResponse, count: number) => boolean;
}

export interface RangeServer extends Behaviour {
  address: string;
  /** The file's name and the Range and If-Range headers of all requests. */
  requests: { file: string; range?: string; ifRange?: string }[];
  /** Bytes that were sent, headers included. */
  sent(): number;
  close(): void;
}

/** Starts a server on loopback. */
export async function rangeServer(
  bytes: Uint8Array,
  behaviour: Partial<Behaviour> = {},
): Promise<RangeServer> {
  const server: RangeServer = {
    bytes,
    etag: '"one"',
    ranges: true,
    cuts: [],
    ...behaviour,
    address: '',
    requests: [],
    sent: () => [...sockets].reduce((sum, { bytesWritten }) => sum + bytesWritten, ended),
    close: () => {
      http.closeAllConnections();
      http.close();
    },
  };
  let ended = 0;
  const sockets = new Set<Socket>();
  const http = createServer((request, response) => {
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.setHeader('Access-Control-Expose-Headers', 'ETag, Content-Range, Content-Length');
    const { range, 'if-range': ifRange } = request.headers;
    const file = request.url!.split('/').at(-1)!;
    const count = server.requests.push({ file, range, ifRange: ifRange as string | undefined });
    if (server.answer?.(request, response, count - 1)) return;
    respond(server, request, response);
  });
  http.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => {
      ended += socket.bytesWritten;
      sockets.delete(socket);
    });
  });
  await new Promise<void>((ready) => http.listen(0, '127.0.0.1', ready));
  server.address = `http://127.0.0.1:${(http.address() as AddressInfo).port}/models/m.gguf`;
  return server;
}

function respond(server: RangeServer, request: IncomingMessage, response: ServerResponse): void {
  const { etag, ranges, files } = server;
  const bytes = files ? files.get(request.url!.split('/').at(-1)!) : server.bytes;
  if (!bytes) return void response.writeHead(404).end();
  const match = request.headers.range?.match(/^bytes=(\d+)-(\d*)$/);
  const same = !request.headers['if-range'] || request.headers['if-range'] === etag;
  const headers = { ...(etag && { ETag: etag }) };
  let body = bytes;
  if (match && ranges && same) {
    const first = Number(match[1]);
    const last = Math.min(match[2] ? Number(match[2]) : Infinity, bytes.length - 1);
    if (first >= bytes.length) {
      response.writeHead(416, { ...headers, 'Content-Range': `bytes */${bytes.length}` }).end();
      return;
    }
    body = bytes.subarray(first, last + 1);
    response.writeHead(206, {
      ...headers,
      'Content-Range': `bytes ${first}-${last}/${bytes.length}`,
      'Content-Length': body.length,
    });
  } else response.writeHead(200, { ...headers, 'Content-Length': body.length });
  const probe = request.headers.range === 'bytes=0-0';
  const cut = probe ? undefined : server.cuts.shift();
  if (cut === undefined || cut >= body.length) response.end(body);
  else response.write(body.subarray(0, cut), () => response.destroy());
}

export interface HaltingServer extends RangeServer {
  /** Sends the rest. */
  goOn(): void;
  /** Cuts the connections that wait. */
  cut(): void;
}

/** A kilobyte after so many milliseconds, from a server that drips. */
const DRIP_MILLISECONDS = 50;

/** A server that sends no byte from `halt` on until it is told to go on; or, if it drips, a kilobyte now and then. */
export async function haltingServer(bytes: Uint8Array, halt: number, drips = false): Promise<HaltingServer> {
  const waiting = new Set<{ response: ServerResponse; rest: Uint8Array }>();
  let halted = true;
  const drip = (one: { response: ServerResponse; rest: Uint8Array }) => {
    one.response.write(one.rest.subarray(0, 1000));
    one.rest = one.rest.subarray(1000);
  };
  const server = await rangeServer(bytes, {
    answer(request, response) {
      const [, first = '0', last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
      const [from, to] = [Number(first), Math.min(Number(last || Infinity) + 1, bytes.length)];
      if (!halted || to <= halt) return false;
      const range = `bytes ${from}-${to - 1}/${bytes.length}`;
      response.writeHead(206, { ETag: server.etag, 'Content-Range': range, 'Content-Length': to - from });
      response.flushHeaders();
      if (from < halt) response.write(bytes.subarray(from, halt));
      const one = { response, rest: bytes.subarray(Math.max(from, halt), to) };
      waiting.add(one);
      const dripping = drips ? setInterval(() => halted && drip(one), DRIP_MILLISECONDS) : undefined;
      response.on('close', () => {
        clearInterval(dripping);
        waiting.delete(one);
      });
      return true;
    },
  });
  return Object.assign(server, {
    goOn() {
      halted = false;
      for (const { response, rest } of waiting) response.end(rest);
    },
    cut() {
      for (const { response } of waiting) response.destroy();
    },
  });
}
