// Downloads into a folder, from servers as they are.
import { createHash } from 'node:crypto';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ModelFolder } from '../../cli/modelFolder';
import { download, type DownloadOptions, type DownloadProgress, NoRoom } from '../../src/lib/models/download';
import { requestOf } from '../../src/lib/models/request';
import { manifestOf, type PartFile, storedModels } from '../../src/lib/models/storage';
import type { Network } from '../../src/lib/models/transfer';
import { seeded } from '../../src/lib/shaders/kernel';
import { type Behaviour, rangeServer, type RangeServer } from '../range-server';

const random = seeded(11);
const SIZE = 1_000_003;
const BYTES = new Uint8Array(SIZE).map(() => 256 * random());
const OTHER = BYTES.map((byte) => byte ^ 1);
const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const HASH = hashOf(BYTES);

const network: Network = {
  fetch,
  conditional: () => true,
  pause: (tries) => (tries < 3 ? 0.001 : undefined),
  stallSeconds: 0.3,
  most: 1,
};

let folder: ModelFolder;
let server: RangeServer;
beforeEach(() => (folder = new ModelFolder(mkdtempSync(join(tmpdir(), 'lab-models-')))));
afterEach(() => {
  server?.close();
  rmSync(folder.folder, { recursive: true });
});

const serve = async (behaviour: Partial<Behaviour> = {}, bytes = BYTES) =>
  (server = await rangeServer(bytes, behaviour));

/** Downloads the server's file; `sha256` is what a catalogue says. */
function fetchModel({
  sha256,
  net = network,
  storage = folder,
  ...options
}: Partial<DownloadOptions> & {
  sha256?: string;
  net?: Network;
  storage?: ModelFolder;
} = {}) {
  const request = { ...requestOf(server.address)!, sha256 };
  const signal = options.signal ?? new AbortController().signal;
  return download(request, storage, net, { checkpointBytes: 50_000, ...options, signal });
}

function expectStored(key: string, bytes = BYTES) {
  expect(Buffer.compare(readFileSync(folder.path(key, 'm.gguf')), bytes)).toBe(0);
}

describe('a download', () => {
  it('stores the file, its hash, and is not made twice', async () => {
    await serve();
    const seen: DownloadProgress[] = [];
    const { key, manifest } = await fetchModel({ sha256: HASH, progress: (each) => seen.push(each) });
    expectStored(key);
    expect(manifest).toMatchObject({ complete: true, found: HASH, have: SIZE, bytes: SIZE });
    expect(seen[0].phase).toBe('asking');
    expect(seen.at(-1)).toMatchObject({ phase: 'checking', have: SIZE });
    const { length } = server.requests;
    await fetchModel({ sha256: HASH });
    expect(server.requests.length).toBe(length);
  });

  it('resumes after 100 cuts at random bytes', async () => {
    await serve({ cuts: Array.from({ length: 100 }, () => 1 + Math.floor((SIZE / 110) * random())) });
    const { key, manifest } = await fetchModel({ sha256: HASH });
    expectStored(key);
    expect(manifest.found).toBe(HASH);
    expect(server.requests.length).toBe(102);
    expect(
      server.requests.slice(2).every(({ range, ifRange }) => range !== 'bytes=0-' && ifRange === '"one"'),
    ).toBe(true);
  });

  it('goes on from the last durable byte after its process ended, with the state of the hash', async () => {
    await serve();
    for (let i = 0; i < 8; i++) {
      const stop = new AbortController();
      const at = 100_000 * (i + 1);
      const progress = ({ have }: DownloadProgress) => have > at && stop.abort(new Error('ended'));
      server.answer = (_, response, count) => {
        const { range } = server.requests[count];
        const from = Number(/^bytes=(\d+)-/.exec(range!)![1]);
        if (range === 'bytes=0-0') return false;
        response.writeHead(206, { 'Content-Range': `bytes ${from}-${SIZE - 1}/${SIZE}`, ETag: '"one"' });
        response.write(BYTES.subarray(from, at + 60_000));
        return true; // and no more: the rest never comes
      };
      const before = await storedModels(folder);
      await expect(
        fetchModel({
          signal: stop.signal,
          progress,
          net: { ...network, stallSeconds: 0.2, pause: () => undefined },
        }),
      ).rejects.toThrow(/ended|no byte/);
      const [{ manifest }] = await storedModels(folder);
      expect(manifest!.have).toBeGreaterThan(before[0]?.manifest?.have ?? -1);
      expect(manifest!.hashing).toBeTruthy();
    }
    server.answer = undefined;
    const from = server.requests.length;
    const { key, manifest } = await fetchModel();
    expectStored(key);
    expect(manifest.found).toBe(HASH);
    const first = Number(/^bytes=(\d+)-/.exec(server.requests[from + 1].range!)![1]);
    expect(first).toBeGreaterThan(700_000);
  });

  it('reads again what is stored if the state of the hash is lost, and ignores bytes behind the durable ones', async () => {
    await serve({ cuts: [400_000] });
    await expect(fetchModel({ net: { ...network, pause: () => undefined } })).rejects.toThrow();
    const [{ key, manifest }] = await storedModels(folder);
    await folder.writeManifest(key, JSON.stringify({ ...manifest, hashing: 'AAAA', have: 123_456 }));
    appendFileSync(folder.path(key, 'm.gguf'), 'rubbish of a write that was never said to be durable');
    const done = await fetchModel();
    expect(done.manifest.found).toBe(HASH);
    expectStored(key);
  });

  it('begins again if the stored part is shorter than its manifest says, or the manifest is damaged', async () => {
    for (const damage of ['short', 'manifest'] as const) {
      await serve({ cuts: [400_000] });
      await expect(fetchModel({ net: { ...network, pause: () => undefined } })).rejects.toThrow();
      const [{ key }] = await storedModels(folder);
      if (damage === 'short') writeFileSync(folder.path(key, 'm.gguf'), BYTES.subarray(0, 100));
      else {
        writeFileSync(folder.path(key, 'manifest.json'), '{"version": 1, "na');
        expect((await storedModels(folder))[0].manifest).toBeUndefined();
      }
      expect((await fetchModel()).manifest.found).toBe(HASH);
      expectStored(key);
      server.close();
      await folder.remove(key);
    }
  });

  it('fetches several pieces at once and stores them in order', async () => {
    const large = new Uint8Array(3_000_000);
    for (let i = 0; i < large.length; i += 64) large[i] = 256 * random();
    let slow = 0;
    await serve(
      {
        answer: (request) => {
          if (request.headers.range !== 'bytes=0-0') slow++;
          return false;
        },
      },
      large,
    );
    const { key, manifest } = await fetchModel({
      sha256: hashOf(large),
      net: { ...network, most: 4, pieceBytes: 70_000 },
      checkpointBytes: 2 ** 20,
    });
    expect(manifest.complete).toBe(true);
    expectStored(key, large);
    expect(slow).toBeGreaterThan(3_000_000 / 2 ** 26);
  });
});

describe('servers as they are', () => {
  it('sends the whole file to a request for a part: the known beginning is passed over', async () => {
    await serve({ cuts: [500_000] });
    await expect(fetchModel({ net: { ...network, pause: () => undefined } })).rejects.toThrow();
    server.ranges = false;
    const { key, manifest } = await fetchModel();
    expect(manifest.found).toBe(HASH);
    expectStored(key);
    expect(server.requests.at(-1)!.range).toBeUndefined();
  });

  it('has no ranges from the beginning, and breaks off', async () => {
    await serve({ ranges: false, cuts: [10_000, 300_000, 700_000] });
    const { key } = await fetchModel({ sha256: HASH });
    expectStored(key);
  });

  it('refuses a 200 to a request for a range, as Safari does', async () => {
    await serve({ ranges: false });
    const safari: typeof fetch = async (address, options) => {
      const response = await fetch(address, options);
      const { Range } = options!.headers as Record<string, string>;
      if (Range && Range !== 'bytes=0-0' && response.status === 200) throw new TypeError('Load failed');
      return response;
    };
    const { key } = await fetchModel({ sha256: HASH, net: { ...network, fetch: safari } });
    expectStored(key);
  });

  it('has another file by now: it is fetched anew, and said so', async () => {
    await serve({ cuts: [500_000] });
    await expect(fetchModel({ net: { ...network, pause: () => undefined } })).rejects.toThrow();
    Object.assign(server, { bytes: OTHER, etag: '"two"' });
    const notes = new Set<string | undefined>();
    const { key, manifest } = await fetchModel({ progress: ({ note }) => notes.add(note) });
    expect(manifest.found).toBe(hashOf(OTHER));
    expectStored(key, OTHER);
    expect([...notes].join()).toContain('begun again');
  });

  it('changes its file while it is fetched, with and without If-Range', async () => {
    for (const conditional of [true, false]) {
      await serve({ cuts: [400_000] });
      server.answer = (_, __, count) => {
        if (count === 2) Object.assign(server, { bytes: OTHER, etag: '"two"' });
        return false;
      };
      const { key, manifest } = await fetchModel({ net: { ...network, conditional: () => conditional } });
      expect(manifest.found).toBe(hashOf(OTHER));
      expectStored(key, OTHER);
      server.close();
      await folder.remove(key);
    }
  });

  it('has a file that differs from a complete one: asked for by the terminal, it is fetched anew', async () => {
    await serve();
    const { key } = await fetchModel();
    Object.assign(server, { bytes: OTHER.subarray(1), etag: '"two"' });
    await fetchModel();
    expectStored(key);
    await fetchModel({ verifyVersion: true });
    expectStored(key, OTHER.subarray(1));
  });

  it('sends the wrong bytes: they are deleted, and both hashes are named', async () => {
    await serve({}, OTHER);
    await expect(fetchModel({ sha256: HASH })).rejects.toThrow(
      new RegExp(`its SHA-256 is ${hashOf(OTHER)}, but .* should have ${HASH}; .* They were deleted`),
    );
    expect(await storedModels(folder)).toEqual([]);
  });

  it('stands still: the request is made again from the last byte', async () => {
    await serve();
    server.answer = (request, response, count) => {
      if (count === 1) {
        response.writeHead(206, { 'Content-Range': `bytes 0-${SIZE - 1}/${SIZE}`, ETag: '"one"' });
        response.write(BYTES.subarray(0, 300_000));
        return true;
      }
      return false;
    };
    const { key } = await fetchModel({ sha256: HASH });
    expectStored(key);
    expect(server.requests[2].range).toBe(`bytes=300000-${SIZE - 1}`);
  });

  it('fails for a while, forever, or for good', async () => {
    await serve();
    server.answer = (_, response, count) => (count < 3 ? (response.writeHead(503).end(), true) : false);
    const notes = new Set<string | undefined>();
    const progress = ({ note }: DownloadProgress) => notes.add(note);
    expectStored((await fetchModel({ progress })).key);
    expect([...notes]).toContain(
      `${server.address}: the server answered 503 Service Unavailable; the next try is in 1 s`,
    );
    server.answer = (_, response) => (response.writeHead(404, 'Not Found').end(), true);
    await expect(fetchModel({ verifyVersion: true })).rejects.toThrow('the server answered 404 Not Found');
    server.answer = (_, response) => (
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
      true
    );
    await expect(fetchModel({ verifyVersion: true })).rejects.toThrow('is a web page');
    server.answer = (_, response) => (response.writeHead(500).end(), true);
    await expect(fetchModel({ verifyVersion: true })).rejects.toThrow('answered 500');
    server.close();
    await expect(fetchModel({ verifyVersion: true })).rejects.toThrow(/network failed/);
  });

  it('redirects to another host', async () => {
    await serve();
    const hub = await rangeServer(BYTES, {
      answer: (_, response) => (response.writeHead(302, { Location: server.address }).end(), true),
    });
    const request = { ...requestOf(hub.address)!, sha256: HASH };
    const { key } = await download(request, folder, network, { signal: new AbortController().signal });
    expectStored(key);
    hub.close();
  });

  it('is the second of two where the first does not have the file', async () => {
    await serve();
    const missing = server.address.replace('m.gguf', 'n.gguf');
    server.answer = (request, response) =>
      request.url!.endsWith('n.gguf') ? (response.writeHead(404).end(), true) : false;
    const request = { ...requestOf(server.address)!, addresses: [missing, server.address] };
    const { key } = await download(request, folder, network, { signal: new AbortController().signal });
    expectStored(key);
  });
});

describe('two at once', () => {
  it('share one download', async () => {
    await serve();
    const phases = new Set<string>();
    // Neither gives a request up because this machine is busy, and whichever comes second waits.
    const net = { ...network, stallSeconds: 60 };
    const progress = ({ phase }: DownloadProgress) => phases.add(phase);
    const both = [1, 2].map(() => fetchModel({ sha256: HASH, net, progress }));
    const [first, second] = await Promise.all(both);
    expect(second).toEqual(first);
    expectStored(first.key);
    expect(phases.has('waiting')).toBe(true);
    expect(server.requests.length).toBe(2);
  });

  it('take over the lock of a process that is gone', async () => {
    await serve();
    const { key } = await fetchModel();
    writeFileSync(folder.path(key, 'lock'), '999999999');
    await folder.lock(
      key,
      new AbortController().signal,
      () => undefined,
      async () => undefined,
    );
  });
});

describe('no room', () => {
  it('is said before the first byte, with what could be deleted', async () => {
    await serve();
    await folder.writeManifest(
      'other',
      JSON.stringify({
        version: 1,
        name: 'old-model',
        file: 'o',
        address: '',
        bytes: 5e9,
        have: 5e9,
        complete: true,
        at: '',
      }),
    );
    folder.room = async () => ({ free: 1000, lasting: true });
    const failed = fetchModel();
    await expect(failed).rejects.toThrow(NoRoom);
    await expect(failed).rejects.toThrow(/needs 1\.0 MB more.*old-model \(5\.00 GB\)/);
    expect(server.requests.length).toBe(1);
  });

  it('is the same where there is not even room for the manifest', async () => {
    await serve();
    folder.writeManifest = () => Promise.reject(new DOMException('full', 'QuotaExceededError'));
    await expect(fetchModel()).rejects.toThrow(NoRoom);
  });

  it('comes in the middle: what has arrived is kept, and the download goes on later', async () => {
    await serve();
    const { open } = folder;
    folder.open = async (...place) => {
      const part: PartFile = await open.apply(folder, place);
      const write: PartFile['write'] = (bytes, at) => {
        if (at > 500_000) throw new DOMException('full', 'QuotaExceededError');
        return part.write(bytes, at);
      };
      return { ...part, write };
    };
    await expect(fetchModel({ sha256: HASH })).rejects.toThrow(NoRoom);
    const [{ key }] = await storedModels(folder);
    expect((await manifestOf(folder, key))!.have).toBeGreaterThan(400_000);
    folder.open = open;
    await fetchModel({ sha256: HASH });
    expectStored(key);
  });
});
