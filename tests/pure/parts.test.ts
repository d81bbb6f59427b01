// Split files by their names: downloaded together, read meanwhile, resumed, and named where one is missing.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ModelFolder } from '../../cli/modelFolder';
import type { ByteSource } from '../../src/lib/engine/bytes';
import { openGguf } from '../../src/lib/engine/gguf';
import { Arriving } from '../../src/lib/models/arriving';
import { downloadModel } from '../../src/lib/models/downloadParts';
import { partTexts, siblingText, storedWhole } from '../../src/lib/models/parts';
import { requestOf } from '../../src/lib/models/request';
import { storedModels } from '../../src/lib/models/storage';
import { openStored } from '../../src/lib/models/stored';
import { rangeServer, type RangeServer } from '../range-server';
import { splitModel } from '../small-gguf';

const FILES = splitModel([20, 40]);
const [FIRST, SECOND, THIRD] = [...FILES.keys()];
// So long that its first half holds more than what is read for the header.
FILES.set(THIRD, Buffer.concat([FILES.get(THIRD)!, new Uint8Array(5_000_000)]));

let folder: ModelFolder;
let server: RangeServer;
let first: string;
beforeEach(async () => {
  folder = new ModelFolder(mkdtempSync(join(tmpdir(), 'lab-parts-')));
  server = await rangeServer(new Uint8Array(), { files: new Map(FILES) });
  first = server.address.replace('m.gguf', FIRST);
});
afterEach(() => {
  server.close();
  rmSync(folder.folder, { recursive: true });
});

/** Begins the download of a split file; `ended` resolves to its error, or to undefined. */
function begin(text = first) {
  const stop = new AbortController();
  const arriving = new Map(partTexts(text).map((part) => [part, new Arriving()]));
  const network = { fetch, conditional: () => true, pause: () => undefined, stallSeconds: 60, most: 4 };
  const told: { have: number; bytes: number }[] = [];
  const ended = downloadModel(requestOf(text)!, folder, network, {
    signal: stop.signal,
    arriving: (part) => arriving.get(part)!,
    progress: ({ have, bytes }) => void told.push({ have, bytes }),
    checkpointBytes: 1,
  }).then(
    () => undefined,
    (error: Error) => error,
  );
  const open = async (part: string): Promise<ByteSource> => ({
    ...(await arriving.get(part)!.source()),
    sibling: (file) => open(siblingText(text, file)!),
  });
  return { stop, ended, told, source: () => open(text) };
}

/** Lets a part arrive up to its half, until it is told to go on. */
function hold(part: string): () => void {
  const waiting: (() => void)[] = [];
  let held = true;
  server.answer = (request, response) => {
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    if (!held || !request.url!.endsWith(part) || to === '0') return false;
    const bytes = FILES.get(part)!;
    const range = `bytes ${from}-${to}/${bytes.length}`;
    response.writeHead(206, { ETag: '"one"', 'Content-Range': range, 'Content-Length': +to + 1 - +from });
    response.write(bytes.subarray(+from, bytes.length >> 1));
    waiting.push(() => response.end(bytes.subarray(Math.max(+from, bytes.length >> 1))));
    return true;
  };
  return () => {
    held = false;
    for (const goOn of waiting) goOn();
  };
}

const whole = () => openStored(first, folder, (name) => `download ${name}`);

describe('the names of parts', () => {
  it('are those of one model, with what surrounds them', () => {
    expect(partTexts('hf:a/b/m-00002-of-00003.gguf@v1')).toEqual(
      [1, 2, 3].map((part) => `hf:a/b/m-0000${part}-of-00003.gguf@v1`),
    );
    for (const text of ['m.gguf', 'm-00001-of-00001.gguf', 'm-00001-of-99999.gguf'])
      expect(partTexts(text)).toEqual([text]);
    expect(siblingText('hf:a/b/m-00001-of-00003.gguf@v1', 'm-00003-of-00003.gguf')).toBe(
      'hf:a/b/m-00003-of-00003.gguf@v1',
    );
    expect(siblingText('hf:a/b/m.gguf', 'other.gguf')).toBeUndefined();
  });
});

describe('a split file', () => {
  it('is read while it is downloaded, and is whole when each of its parts is', async () => {
    const goOn = hold(THIRD);
    const { ended, told, source } = begin();
    const model = await openGguf(await source());
    const read = async (tensor: string) => {
      const { offset, byteLength } = model.tensors.get(tensor)!;
      return new Set(await model.source.read(offset, byteLength));
    };
    expect(await read('token_embd.weight')).toEqual(new Set([1]));
    expect(await read('blk.1.channel_mix_value.weight')).toEqual(new Set([3]));
    const arrived = model.source.whole!();
    expect(storedWhole(first, await storedModels(folder))!.manifest!.complete).toBe(false);
    goOn();
    await arrived;
    expect(await ended).toBeUndefined();
    const bytes = [...FILES.values()].reduce((sum, { length }) => sum + length, 0);
    expect(told.at(-1)).toEqual({ have: bytes, bytes });
    const stored = await storedModels(folder);
    const { key, otherKeys, manifest } = storedWhole(first, stored)!;
    expect(manifest).toMatchObject({ complete: true, bytes });
    expect([key, ...otherKeys!].sort()).toEqual(stored.map((part) => part.key));
    expect((await openGguf((await whole())!)).tensors.size).toBe(model.tensors.size);
  });

  it('goes on where each of its parts was, after a pause', async () => {
    const goOn = hold(THIRD);
    const { stop, ended } = begin();
    const half = FILES.get(THIRD)!.length >> 1;
    const have = async () =>
      Object.fromEntries(
        (await storedModels(folder)).map(({ manifest }) => [manifest?.file, manifest?.have]),
      );
    // On a busy machine the first parts may still be arriving when the third stands still.
    const wanted = {
      ...Object.fromEntries([...FILES].map(([file, { length }]) => [file, length])),
      [THIRD]: half,
    };
    await expect.poll(have).toEqual(wanted);
    stop.abort(new Error('paused'));
    expect((await ended)?.message).toBe('paused');
    await expect(openGguf((await whole())!)).rejects.toThrow(
      `${FIRST} is part 1 of 3 of a model; it needs ${SECOND}, ${THIRD}: ${first.replace(FIRST, THIRD)} is not stored here; download ${first}`,
    );
    goOn();
    const asked = server.requests.length;
    expect(await begin().ended).toBeUndefined();
    const ranges = server.requests.slice(asked).filter(({ range }) => range !== 'bytes=0-0');
    expect(ranges.map(({ file, range }) => `${file} ${range}`)).toEqual([
      `${THIRD} bytes=${half}-${FILES.get(THIRD)!.length - 1}`,
    ]);
    expect((await openGguf((await whole())!)).tensors.size).toBeGreaterThan(40);
  });

  it('names a part that the server lacks, and one that is another', async () => {
    server.files!.delete(SECOND);
    expect((await begin().ended)?.message).toContain(
      `${first.replace(FIRST, SECOND)}: the server answered 404`,
    );
    server.files!.set(SECOND, FILES.get(THIRD)!);
    expect(await begin().ended).toBeUndefined();
    await expect(openGguf((await whole())!)).rejects.toThrow(
      `${SECOND}: by its metadata it is part 3 of 3, by its name part 2 of 3`,
    );
  });
});
