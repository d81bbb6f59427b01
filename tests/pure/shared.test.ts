// Files that the browser shares between sites, with the interface as WICG publishes it: no browser has it by default.
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { ModelFolder } from '../../cli/modelFolder';
import { CATALOGUE } from '../../src/lib/models/catalogue';
import { sharedSource } from '../../src/lib/models/shared';
import { openStored } from '../../src/lib/models/stored';

const BYTES = new Uint8Array(9_000_001).map((_, i) => i % 251);
const HASH = createHash('sha256').update(BYTES).digest('hex');
const REQUEST = {
  name: 'it',
  file: 'it.gguf',
  addresses: [],
  hubFiles: [],
  bytes: BYTES.length,
  sha256: HASH,
};

/** A navigator with the storage; resolves to what was asked of it. */
function share(answer: () => File) {
  const asked: unknown[] = [];
  const requestFileHandle = (hash: unknown) => {
    asked.push(hash);
    return Promise.resolve().then(() => {
      const file = answer();
      return { getFile: () => Promise.resolve(file) };
    });
  };
  vi.stubGlobal('navigator', { crossOriginStorage: { requestFileHandle } });
  return asked;
}

const refuse = (name: string) => () => {
  throw new DOMException(name, name);
};

afterEach(() => vi.unstubAllGlobals());

test('a shared file of the wanted hash is read, and hashed all the same', async () => {
  const asked = share(() => new File([BYTES], 'any'));
  const source = (await sharedSource(REQUEST))!;
  expect(asked).toEqual([{ algorithm: 'SHA-256', value: HASH }]);
  expect(Buffer.compare(await source.read(1_000_000, 10), BYTES.subarray(1_000_000, 1_000_010))).toBe(0);
  await source.whole!();
});

test('a shared file of another hash is refused, and one of another size is not opened', async () => {
  const other = BYTES.slice();
  other[4_567_890] ^= 1;
  share(() => new File([other], 'any'));
  const source = (await sharedSource(REQUEST))!;
  await expect(source.whole!()).rejects.toThrow(new RegExp(`it: .* instead of ${HASH}; it is not used`));
  share(() => new File([BYTES.subarray(1)], 'any'));
  expect(await sharedSource(REQUEST)).toBeUndefined();
});

test('without the interface, without the file and without permission the model is to be downloaded, as ever', async () => {
  const published = CATALOGUE.find(({ sha256, bytes }) => sha256 && bytes)!;
  const folder = new ModelFolder(mkdtempSync(join(tmpdir(), 'lab-shared-')));
  const open = () => openStored(published.name, folder, () => 'download it first');
  try {
    await expect(open()).rejects.toThrow('download it first');
    for (const name of ['NotFoundError', 'NotAllowedError']) {
      const asked = share(refuse(name));
      await expect(open()).rejects.toThrow('download it first');
      expect(asked).toEqual([{ algorithm: 'SHA-256', value: published.sha256 }]);
    }
    const asked = share(() => new File([BYTES], 'any'));
    expect(await sharedSource({ ...REQUEST, sha256: undefined })).toBeUndefined();
    expect(asked).toEqual([]);
  } finally {
    rmSync(folder.folder, { recursive: true });
  }
});
