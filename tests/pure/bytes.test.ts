// Byte sources: memory, Blobs, and local HTTP servers that behave well, badly, or do not answer.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { blobSource, memorySource, urlSource, type ByteSource } from '../../src/lib/engine/bytes';
import { openGguf, readNumbers } from '../../src/lib/engine/gguf';
import { openModel, readBytes, TINY } from '../oracle';

type Answer = (request: IncomingMessage, response: ServerResponse, count: number) => void;

const bytes = readBytes(TINY);
const quick = { pauseSeconds: [0.01, 0.01, 0.01] };
const closing: (() => void)[] = [];
afterEach(() => closing.splice(0).forEach((close) => close()));

/** Starts a local server; resolves to the address of a file on it. */
async function serve(answer: Answer): Promise<string> {
  let count = 0;
  const server = createServer((request, response) => answer(request, response, count++));
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/models/tiny.gguf?download=true`;
}

/** A correct server: answers range requests with 206. */
const ranges: Answer = (request, response) => {
  const match = request.headers.range?.match(/^bytes=(\d+)-(\d+)$/);
  if (!match) return void response.writeHead(200).end(bytes);
  const [first, last] = [Number(match[1]), Math.min(Number(match[2]), bytes.length - 1)];
  response.writeHead(206, { 'Content-Range': `bytes ${first}-${last}/${bytes.length}`, ETag: '"one"' });
  response.end(bytes.subarray(first, last + 1));
};

const whole: Answer = (_, response) => void response.writeHead(200).end(bytes);

async function complaint(opening: Promise<unknown>): Promise<string> {
  const error: unknown = await opening.then(
    () => expect.fail('nothing was wrong'),
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(Error);
  return (error as Error).message;
}

describe('every source', () => {
  const sources: Record<string, () => Promise<ByteSource>> = {
    memory: async () => memorySource(bytes, 'tiny.gguf'),
    blob: async () => blobSource(new File([bytes], 'tiny.gguf')),
    'server with ranges': async () => urlSource(await serve(ranges)),
    'server without ranges': async () => urlSource(await serve(whole)),
  };
  for (const [name, make] of Object.entries(sources)) {
    it(`${name}: gives exactly the bytes asked for, in any order and at once`, async () => {
      const source = await make();
      expect([source.name, source.size]).toEqual(['tiny.gguf', bytes.length]);
      const part = fc.tuple(fc.nat(bytes.length), fc.nat(5000)).map(([offset, length]) => {
        return [offset, Math.min(length, bytes.length - offset)];
      });
      const check = async (parts: number[][]) => {
        const reads = parts.map(([offset, length], i) =>
          i % 2 && source.readWith
            ? source.readWith(offset, length, new ArrayBuffer(5000))
            : source.read(offset, length),
        );
        const got = await Promise.all(reads);
        got.forEach((read, i) => {
          const [offset, length] = parts[i];
          expect(Buffer.compare(read, bytes.subarray(offset, offset + length))).toBe(0);
        });
      };
      await fc.assert(fc.asyncProperty(fc.array(part, { maxLength: 8 }), check), { numRuns: 25 });
      for (const [offset, length] of [
        [bytes.length, 1],
        [-1, 1],
        [0, -1],
        [0, bytes.length + 1],
        [NaN, 1],
      ]) {
        expect(await complaint(source.read(offset, length))).toMatch(
          /^tiny\.gguf has 2176064 bytes; asked for/,
        );
      }
    });
  }

  it('memory: what is read is a copy', async () => {
    const source = memorySource(bytes, 'tiny.gguf');
    (await source.read(0, 4)).fill(0);
    expect(await source.read(0, 4)).toEqual(bytes.slice(0, 4));
  });
});

describe('a model from a server', () => {
  for (const [name, answer] of Object.entries({ 'with ranges': ranges, 'without ranges': whole })) {
    it(`opens ${name}`, async () => {
      const model = await openGguf(await urlSource(await serve(answer)));
      const same = await openModel(TINY);
      expect(model.tensors).toEqual(same.tensors);
      expect(await readNumbers(model, 'output.weight')).toEqual(await readNumbers(same, 'output.weight'));
    });
  }

  it('asks for the header and the tensor, not for the file', async () => {
    let sent = 0;
    const url = await serve((request, response, count) => {
      const [first, last] = request.headers.range!.match(/\d+/g)!.map(Number);
      sent += last + 1 - first;
      ranges(request, response, count);
    });
    const source = await urlSource(url);
    await source.read(1000, 500);
    expect(sent).toBe(501);
  });
});

describe('a server that has no such file', () => {
  it('is quoted', async () => {
    for (const [status, words] of [
      [404, 'Not Found'],
      [403, 'Forbidden'],
      [401, 'Unauthorized'],
      [416, ''],
    ] as const) {
      let tries = 0;
      const url = await serve((_, response) => {
        tries++;
        response.writeHead(status).end();
      });
      expect(await complaint(urlSource(url, quick))).toContain(
        `${url}: the server answered ${status} ${words}`.trim(),
      );
      expect(tries).toBe(1);
    }
  });

  it('is found out when it sends a web page', async () => {
    const page: Answer = (_, response) =>
      response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end();
    expect(await complaint(urlSource(await serve(page)))).toMatch(
      /is a web page \(status 200\), not a model file/,
    );
  });

  it('is told from an address that is none', async () => {
    for (const url of ['', 'models/tiny.gguf', 'file:///model.gguf', 'https://', 'blob:x']) {
      expect(await complaint(urlSource(url))).toContain(`"${url}" is no address of a file`);
    }
  });

  it('is told from one that cannot be reached', async () => {
    const url = await serve(whole);
    closing.splice(0).forEach((close) => close());
    expect(await complaint(urlSource(url, quick))).toMatch(
      /cannot be read: the network failed, .*CORS.*ECONNREFUSED/,
    );
  });
});

describe('a server that gives half an answer', () => {
  it('must say how large the file is', async () => {
    for (const header of [undefined, 'bytes 0-0/*', 'bytes */100']) {
      const url = await serve((_, response) => {
        if (header) response.setHeader('Content-Range', header);
        response.writeHead(206).end('G');
      });
      expect(await complaint(urlSource(url))).toContain('needs "Content-Range: bytes first-last/size"');
    }
  });

  it('must answer ranges when the file is large', async () => {
    const large: Answer = (_, response) => {
      response.writeHead(200, { 'Content-Length': 2 ** 31 });
      response.write('GGUF');
    };
    expect(await complaint(urlSource(await serve(large)))).toMatch(/must answer Range requests .* 256 MiB/);
  });

  it('is asked for the whole file where the browser makes a network error of a 200, as Safari does', async () => {
    const url = await serve((request, response) => {
      if (request.headers.range) request.socket.destroy();
      else response.writeHead(200, { 'Content-Length': bytes.length }).end(bytes);
    });
    const source = await urlSource(url, quick);
    expect(source.size).toBe(bytes.length);
    expect(await source.read(5, 3)).toEqual(bytes.slice(5, 8));
  });

  it('is asked again when the connection is cut', async () => {
    const url = await serve((request, response, count) => {
      if (count % 3 === 0) return void request.socket.destroy();
      if (count % 3 === 2 || count < 2) return ranges(request, response, count);
      response.writeHead(206, { 'Content-Range': `bytes 0-99/${bytes.length}`, 'Content-Length': 100 });
      response.write(bytes.subarray(0, 10), () => request.socket.destroy());
    });
    const source = await urlSource(url, quick);
    for (let i = 0; i < 5; i++) expect(await source.read(0, 100)).toEqual(bytes.slice(0, 100));
  });

  it('is asked again when it is busy, and quoted when it stays so', async () => {
    const busy = (response: ServerResponse) => void response.writeHead(503).end();
    const once = await serve((request, response, count) => {
      return count % 2 === 0 ? busy(response) : ranges(request, response, count);
    });
    const source = await urlSource(once, quick);
    expect(await source.read(5, 1)).toEqual(bytes.slice(5, 6));
    const always = await serve((_, response) => busy(response));
    expect(await complaint(urlSource(always, quick))).toContain(
      'the server answered 503 Service Unavailable',
    );
  });

  it('is given up when the connection is always cut', async () => {
    let alive = true;
    const url = await serve((request, response, count) => {
      if (alive) ranges(request, response, count);
      else request.socket.destroy();
    });
    const source = await urlSource(url, quick);
    alive = false;
    expect(await complaint(source.read(0, 10))).toContain(`${url} cannot be read: the network failed`);
  });

  it('is found out when it sends other bytes than those asked for', async () => {
    const url = await serve((_, response) => {
      response.writeHead(206, { 'Content-Range': `bytes 0-0/${bytes.length}` }).end('G');
    });
    const source = await urlSource(url, quick);
    expect(await complaint(source.read(100, 10))).toContain('asked for 10 bytes at 100, got 1 at 0');
  });

  it('is found out when the file changes, or ranges stop', async () => {
    const other: Answer = (request, response, count) => {
      if (count > 0) response.setHeader('ETag', '"two"');
      const [first, last] = request.headers.range!.match(/\d+/g)!.map(Number);
      response.writeHead(206, {
        'Content-Range': `bytes ${first}-${last}/${bytes.length}`,
        ...(count ? {} : { ETag: '"one"' }),
      });
      response.end(bytes.subarray(first, last + 1));
    };
    const changed = await urlSource(await serve(other), quick);
    expect(await complaint(changed.read(0, 10))).toContain('changed while it was read');
    const stops = await urlSource(
      await serve((request, response, count) => (count ? whole : ranges)(request, response, count)),
    );
    expect(await complaint(stops.read(0, 10))).toContain('stopped answering Range requests');
  });
});

describe('giving up', () => {
  const silent: Answer = () => undefined;

  it('stops opening', async () => {
    const stop = new AbortController();
    const opening = urlSource(await serve(silent), { signal: stop.signal });
    setTimeout(() => stop.abort(new Error('stopped')), 30);
    expect(await complaint(opening)).toBe('stopped');
    expect(await complaint(urlSource(await serve(silent), { signal: stop.signal }))).toBe('stopped');
  });

  it('stops the reads under way when the source is closed', async () => {
    const url = await serve((request, response, count) =>
      (count ? silent : ranges)(request, response, count),
    );
    const source = await urlSource(url, quick);
    const reading = source.read(0, 10);
    setTimeout(() => void source.close!(), 30);
    expect(await complaint(reading)).toContain('tiny.gguf was closed while it was read');
    expect(await complaint(source.read(0, 10))).toContain('tiny.gguf was closed');
  });
});
