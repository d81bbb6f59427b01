/** Files that the browser shares between sites by their hash, where it does: the Cross-Origin Storage of WICG. */
import { blobSource, type ByteSource } from '../engine/bytes';
import type { ModelRequest } from './request';

/** The part of the interface that is used, see https://wicg.github.io/cross-origin-storage; TypeScript's library lacks it. */
interface CrossOriginStorage {
  /** Rejects with a NotFoundError where there is no such file, with a NotAllowedError where the user or the browser refuses it. */
  requestFileHandle(hash: { algorithm: 'SHA-256'; value: string }): Promise<{ getFile(): Promise<File> }>;
}

/** Bytes that are hashed at once. */
const PIECE_BYTES = 8 * 2 ** 20;

/**
 * The file of a request, if the browser shares it with this site. Undefined where there is none, and where the user refuses. Its
 * bytes are hashed here all the same, by `whole`, which rejects when they are others.
 */
export async function sharedSource({ name, sha256, bytes }: ModelRequest): Promise<ByteSource | undefined> {
  // Node before 21 has no navigator.
  const { crossOriginStorage } = (globalThis.navigator ?? {}) as { crossOriginStorage?: CrossOriginStorage };
  if (!sha256 || !crossOriginStorage) return undefined;
  const file = await crossOriginStorage
    .requestFileHandle({ algorithm: 'SHA-256', value: sha256 })
    .then((handle) => handle.getFile())
    .catch(() => undefined);
  if (!file || (bytes !== undefined && file.size !== bytes)) return undefined;
  const source = blobSource(file, name);
  return { ...source, whole: () => requireHash(source, sha256) };
}

async function requireHash(source: ByteSource, sha256: string): Promise<void> {
  const { createSHA256 } = await import('hash-wasm');
  const hash = await createSHA256();
  hash.init();
  for (let at = 0; at < source.size; at += PIECE_BYTES)
    hash.update(await source.read(at, Math.min(PIECE_BYTES, source.size - at)));
  const found = hash.digest('hex');
  if (found !== sha256)
    throw new Error(
      `${source.name}: the browser shares a file of another SHA-256 under this name, ${found} instead of ${sha256}; it is not used`,
    );
}
