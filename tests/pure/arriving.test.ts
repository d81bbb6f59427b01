// Files that are read while they are downloaded.
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ModelFolder } from '../../cli/modelFolder';
import type { ByteSource } from '../../src/lib/engine/bytes';
import { Arriving } from '../../src/lib/models/arriving';
import { download } from '../../src/lib/models/download';
import { RemoteSources, serveSources } from '../../src/lib/models/remoteSource';
import { requestOf } from '../../src/lib/models/request';
import { storedModels } from '../../src/lib/models/storage';
import { seeded } from '../../src/lib/shaders/kernel';
import { haltingServer, type HaltingServer } from '../range-server';

const random = seeded(12);
const SIZE = 1_000_003;
const HALT = 500_000;
const BYTES = new Uint8Array(SIZE).map(() => 256 * random());
const HASH = createHash('sha256').update(BYTES).digest('hex');

let folder: ModelFolder;
let server: HaltingServer;
beforeEach(async () => {
  folder = new ModelFolder(mkdtempSync(join(tmpdir(), 'lab-arriving-')));
  server = await haltingServer(BYTES, HALT);
});
afterEach(() => {
  server.close();
  rmSync(folder.folder, { recursive: true });
});

/** Begins a download; `ended` resolves to its error, or to undefined. */
function begin(sha256 = HASH) {
  const arriving = new Arriving();
  const stop = new AbortController();
  const network = { fetch, conditional: () => true, pause: () => 0.001, stallSeconds: 60, most: 1 };
  const request = { ...requestOf(server.address)!, sha256 };
  const ended = download(request, folder, network, { signal: stop.signal, arriving }).then(
    () => undefined,
    (error: Error) => error,
  );
  return { arriving, stop, ended };
}

const equal = (bytes: Uint8Array, from: number) =>
  Buffer.compare(bytes, BYTES.subarray(from, from + bytes.byteLength)) === 0;

/** True if the promise has not settled after all that was ready has happened. */
const waits = (promise: Promise<unknown>) =>
  Promise.race([
    promise.then(
      () => false,
      () => false,
    ),
    new Promise<boolean>((resolve) => setTimeout(() => resolve(true), 50)),
  ]);

async function readsWhileItArrives(source: ByteSource) {
  expect(source).toMatchObject({ name: 'm.gguf', size: SIZE });
  expect(equal(await source.read(1000, HALT - 1000), 1000)).toBe(true);
  const [later, whole] = [source.read(HALT - 5, 10), source.whole!()];
  expect(await waits(later)).toBe(true);
  server.goOn();
  expect(equal(await later, HALT - 5)).toBe(true);
  await whole;
  expect(equal(await source.read(SIZE - 7, 7), SIZE - 7)).toBe(true);
  await expect(source.read(SIZE, 1)).rejects.toThrow(/1000003/);
}

describe('a file that arrives', () => {
  it('is read meanwhile: what is there at once, the rest when it comes', async () => {
    const { arriving, ended } = begin();
    await readsWhileItArrives(await arriving.source());
    expect(await ended).toBeUndefined();
  });

  it('is read from another worker', async () => {
    const { arriving } = begin();
    const { port1, port2 } = new MessageChannel();
    serveSources(port1 as unknown as MessagePort, {
      has: (name) => name === 'it',
      open: () => arriving.source(),
    });
    const remote = new RemoteSources(port2 as unknown as MessagePort);
    const stop = new AbortController();
    expect(await remote.open('another', stop.signal)).toBeUndefined();
    const source = (await remote.open('it', stop.signal))!;
    await readsWhileItArrives(source);
    await source.close!();
    remote.end('over');
  });

  it('is whole at once when it is stored already', async () => {
    server.goOn();
    expect(await begin().ended).toBeUndefined();
    const source = await begin().arriving.source();
    await source.whole!();
    expect(equal(await source.read(0, SIZE), 0)).toBe(true);
  });

  it('is told to be wrong by its hash, though all of it was read', async () => {
    const { arriving, ended } = begin('0'.repeat(64));
    const source = await arriving.source();
    const whole = source.whole!();
    const all = source.read(0, SIZE);
    whole.catch(() => undefined);
    all.catch(() => undefined);
    server.goOn();
    expect(await ended).toBeInstanceOf(Error);
    await expect(whole).rejects.toThrow(/did not arrive whole: .*SHA-256 is .* but .* should have 0000/);
  });

  it('is not mixed with the file that takes its place on the server', async () => {
    const { arriving, ended } = begin();
    const source = await arriving.source();
    await source.read(0, HALT);
    const [later, whole] = [source.read(HALT, 10), source.whole!()];
    for (const each of [later, whole]) each.catch(() => undefined);
    server.etag = '"two"';
    server.cut();
    await expect(later).rejects.toThrow('m.gguf: the file on the server changed while it was read');
    await expect(whole).rejects.toThrow('changed while it was read');
    const other = await arriving.source();
    server.goOn();
    await other.whole!();
    expect(await ended).toBeUndefined();
  });

  it('rejects what waits for it when the download is paused; what has arrived stays', async () => {
    const { arriving, stop, ended } = begin();
    const source = await arriving.source();
    await source.read(0, HALT);
    const later = source.read(HALT, 10);
    stop.abort(new Error('paused'));
    await expect(later).rejects.toThrow(/did not arrive whole: paused/);
    expect(await ended).toBeInstanceOf(Error);
    const [{ manifest }] = await storedModels(folder);
    expect(manifest).toMatchObject({ have: HALT, complete: false });
  });

  it('is waited for by nobody after a stop, or after the end of the worker that fetches it', async () => {
    const { arriving } = begin();
    const { port1, port2 } = new MessageChannel();
    serveSources(port1 as unknown as MessagePort, { has: () => true, open: () => arriving.source() });
    const remote = new RemoteSources(port2 as unknown as MessagePort);
    const stop = new AbortController();
    const stopped = (await remote.open('it', stop.signal))!.read(HALT, 10);
    const left = (await remote.open('it', new AbortController().signal))!.read(HALT, 10);
    stop.abort(new Error('stopped by the user'));
    await expect(stopped).rejects.toThrow('stopped by the user');
    expect(await waits(left)).toBe(true);
    remote.end('the worker has ended');
    await expect(left).rejects.toThrow('the worker has ended');
    port1.close();
  });
});
