/** Opens models that are stored, for whoever runs them. */
import type { ByteSource } from '../engine/bytes';
import type { Homes } from './hubs';
import { keyOf, type ModelRequest, requestOf } from './request';
import { siblingText } from './parts';
import { sharedSource } from './shared';
import { gigabytes, type Manifest, manifestOf, type ModelStorage, storedModels } from './storage';

/** The stored file of a request; undefined if it is not stored whole. */
async function storedFile(
  request: ModelRequest,
  storage: ModelStorage,
): Promise<{ key: string; manifest: Manifest } | undefined> {
  const key = await keyOf(request);
  const direct = await manifestOf(storage, key);
  if (direct?.complete) return { key, manifest: direct };
  // A hash that only the hub knew is not in the request: there the name tells.
  const all = await storedModels(storage);
  const named = all.find(({ manifest }) => manifest?.complete && manifest.name === request.name);
  return named?.manifest && { key: named.key, manifest: named.manifest };
}

const openFile = ({ key, manifest: { file } }: { key: string; manifest: Manifest }, storage: ModelStorage) =>
  storage.reading ? storage.reading(key, file) : storage.source(key, file);

/** A part of a split file, with a way to the others, which are closed with it. */
function withParts(source: ByteSource, sibling: (file: string) => Promise<ByteSource>): ByteSource {
  const opened = [source];
  return {
    ...source,
    async sibling(file) {
      const part = await sibling(file);
      opened.push(part);
      return part;
    },
    async close() {
      for (const each of opened) await each.close?.();
    },
  };
}

/**
 * Opens a published name, a file of a hub or an address from the storage. Undefined for any other text and for an address that
 * is not stored. Throws for a published name or a file of a hub that is not stored, and says `how` it is fetched.
 */
export async function openStored(
  model: string,
  storage: ModelStorage,
  how: (model: string) => string,
  homes: Homes = {},
): Promise<ByteSource | undefined> {
  const request = requestOf(model, homes);
  if (!request) return undefined;
  const stored = await storedFile(request, storage);
  if (stored) {
    return withParts(await openFile(stored, storage), async (file) => {
      const text = siblingText(request.name, file);
      const part = text && (await openStored(text, storage, how, homes));
      if (part) return part;
      throw new Error(`${text ?? file} is not stored here; ${how(request.name)}`);
    });
  }
  const shared = await sharedSource(request);
  if (shared) return shared;
  if (request.hubFiles.length === 0) return undefined;
  const size = request.bytes ? `${gigabytes(request.bytes)} ` : '';
  const from = new URL(request.addresses[0]).host;
  throw new Error(`${model} is not stored here (${size}from ${from}); ${how(model)}`);
}
