/** The interface of the place that keeps downloads: a browser's own storage (opfs.ts), or a folder (cli/modelFolder.ts). */
import type { ByteSource } from '../engine/bytes';

/** The facts about a stored file, whole or in part; written before its first byte. */
export interface Manifest {
  version: 1;
  /** The text that names the model. */
  name: string;
  file: string;
  /** The address that the bytes came from. */
  address: string;
  bytes: number;
  etag?: string;
  /** The hash that the file should have, if it is known. */
  sha256?: string;
  /** Bytes from the beginning that are surely stored. */
  have: number;
  /** State of the hash after `have` bytes, in base64. */
  hashing?: string;
  /** True once all bytes are stored and hashed, and the hash is the expected one if there is one. */
  complete: boolean;
  /** The hash of a complete file. */
  found?: string;
  /** ISO time of the last change. */
  at: string;
}

/** A file that is being written; nothing else has it open. */
export interface PartFile {
  size(): number | Promise<number>;
  /** Writes all bytes at a position. Rejects with an error named QuotaExceededError when there is no room. */
  write(bytes: Uint8Array, at: number): void | Promise<void>;
  /** Fills `target` from a position on. */
  read(at: number, target: Uint8Array<ArrayBuffer>): void | Promise<void>;
  truncate(size: number): void | Promise<void>;
  /** Resolves when everything that was written is durable. */
  flush(): void | Promise<void>;
  close(): void | Promise<void>;
}

/** Bytes used, and how many more there may be; undefined where it is not known. */
export interface Room {
  used?: number;
  free?: number;
  /** False where the browser may delete the files when it needs their room. */
  lasting?: boolean;
}

export interface ModelStorage {
  /** Keys of all folders, whole, partial or damaged. */
  keys(): Promise<string[]>;
  /** The text of a manifest; undefined if there is none. */
  readManifest(key: string): Promise<string | undefined>;
  /** Replaces the manifest at once: whoever reads sees the former one or this one. */
  writeManifest(key: string, text: string): Promise<void>;
  /** Opens a file for writing, creating the folder. Rejects when it is open elsewhere. */
  open(key: string, file: string): Promise<PartFile>;
  /** A file to read. It need not be closed. */
  source(key: string, file: string): Promise<ByteSource>;
  /** The same by the fastest way there is, for a reader that closes it. */
  reading?(key: string, file: string): Promise<ByteSource>;
  /** Bytes that a file takes, 0 if there is none. */
  size(key: string, file: string): Promise<number>;
  /** Deletes a folder with everything in it. */
  remove(key: string): Promise<void>;
  /** Runs `work` while no other tab or process runs work under this key. `waiting` is called if it must wait. */
  lock<T>(key: string, signal: AbortSignal, waiting: () => void, work: () => Promise<T>): Promise<T>;
  room(): Promise<Room>;
}

/** A stored model, as it is shown. */
export interface Stored {
  key: string;
  /** The other parts of a split file that is shown as one model. */
  otherKeys?: string[];
  /** Undefined for a folder whose manifest is missing or damaged: it can only be deleted. */
  manifest?: Manifest;
}

/** Everything that is stored, whole or in part. */
export async function storedModels(storage: ModelStorage): Promise<Stored[]> {
  const keys = (await storage.keys()).sort();
  return Promise.all(keys.map(async (key) => ({ key, manifest: await manifestOf(storage, key) })));
}

/** The manifest of a key; undefined if there is none or it is not one. */
export async function manifestOf(storage: ModelStorage, key: string): Promise<Manifest | undefined> {
  const text = await storage.readManifest(key).catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    const read: unknown = JSON.parse(text);
    return isManifest(read) ? read : undefined;
  } catch {
    return undefined; // cut short by a crash; the file is then fetched anew
  }
}

function isManifest(value: unknown): value is Manifest {
  if (typeof value !== 'object' || value === null) return false;
  const { version, name, file, address, bytes, have, complete } = value as Record<string, unknown>;
  const texts = [name, file, address].every((text) => typeof text === 'string');
  const counts = [bytes, have].every((count) => Number.isSafeInteger(count) && Number(count) >= 0);
  return (
    version === 1 &&
    texts &&
    counts &&
    Number(have) <= Number(bytes) &&
    typeof complete === 'boolean' &&
    isFileName(file as string)
  );
}

/** True for a name that stays inside its folder on every system. */
export const isFileName = (name: string): boolean => /^(?!\.{1,2}$)[^/\\:*?"<>|\p{Cc}]{1,200}$/u.test(name);

/** A size for messages: 212.4 MB, 2.57 GB. */
export const gigabytes = (bytes: number): string =>
  bytes < 1e8 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
