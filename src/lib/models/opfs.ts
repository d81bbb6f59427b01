/** The storage of models in the browser's origin private file system. Files are written only in a worker. */
import { blobSource, type ByteSource } from '../engine/bytes';
import { ownName, SITE_PATH } from './site';
import type { ModelStorage, PartFile, Room } from './storage';

/** The folder that all sites of an origin shared up to 0.2, and the file in it that names the site whose it is now. */
const FORMER = 'models';
const OWNER = 'site';
const MANIFEST = 'manifest.json';
const FRESH = 'manifest.new';

/** Seconds between attempts to open a file: Safari keeps the lock of a worker that was ended for a while. */
const OPEN_PAUSES = [0.2, 0.5, 2, 5];

/** The files of this origin. Throws an Error when the browser has no such storage, as in some private windows. */
export async function openOpfs(): Promise<ModelStorage> {
  const root = await navigator.storage.getDirectory().catch((error: unknown) => {
    throw new Error(`This browser keeps no files for this page (a private window?): ${String(error)}`);
  });
  const folder = await navigator.locks.request('rwkv-lab models', () => ownFolder(root));
  return new Opfs(folder);
}

/**
 * The folder of this site. Two gigabytes cannot be copied on the way, so the folder that sites shared belongs to the first that
 * opens it.
 */
async function ownFolder(root: FileSystemDirectoryHandle): Promise<FileSystemDirectoryHandle> {
  const former = await root.getDirectoryHandle(FORMER).catch(() => undefined);
  if (former && (await ownerOf(former)) === SITE_PATH) return former;
  return root.getDirectoryHandle(`${FORMER} ${encodeURIComponent(SITE_PATH)}`, { create: true });
}

/** The path of the site to which a shared folder belongs; this site, if it belonged to none. */
async function ownerOf(folder: FileSystemDirectoryHandle): Promise<string> {
  const file = await folder.getFileHandle(OWNER, { create: true });
  const owner = await (await file.getFile()).text();
  if (owner !== '') return owner;
  const handle = await accessHandle(file);
  handle.write(new TextEncoder().encode(SITE_PATH), { at: 0 });
  handle.close();
  return SITE_PATH;
}

class Opfs implements ModelStorage {
  constructor(readonly folder: FileSystemDirectoryHandle) {}

  async keys(): Promise<string[]> {
    const names: string[] = [];
    for await (const [name, { kind }] of this.folder.entries()) if (kind === 'directory') names.push(name);
    return names;
  }

  /** The manifest, or the one before it if a crash cut its writing short. */
  async readManifest(key: string): Promise<string | undefined> {
    for (const name of [MANIFEST, FRESH]) {
      const text = await this.#file(key, name).then(
        (file) => file.text(),
        () => undefined,
      );
      if (text !== undefined && isJson(text)) return text;
    }
    return undefined;
  }

  async writeManifest(key: string, text: string): Promise<void> {
    const bytes = new TextEncoder().encode(text);
    for (const name of [FRESH, MANIFEST]) {
      const part = await this.open(key, name);
      try {
        await part.truncate(bytes.byteLength);
        await part.write(bytes, 0);
        await part.flush();
      } finally {
        await part.close();
      }
    }
  }

  async open(key: string, file: string): Promise<PartFile> {
    const folder = await this.folder.getDirectoryHandle(key, { create: true });
    const handle = await accessHandle(await folder.getFileHandle(file, { create: true }));
    return {
      size: () => handle.getSize(),
      write(bytes, at) {
        const written = handle.write(bytes as Uint8Array<ArrayBuffer>, { at });
        if (written === bytes.byteLength) return;
        throw new DOMException(`${written} of ${bytes.byteLength} bytes were written`, 'QuotaExceededError');
      },
      read: (at, target) => readExactly(handle, file, at, target),
      truncate: (size) => handle.truncate(size),
      flush: () => handle.flush(),
      close: () => handle.close(),
    };
  }

  async source(key: string, file: string): Promise<ByteSource> {
    return blobSource(await this.#file(key, file), file);
  }

  /** Reads through a handle need neither memory nor the browser's other processes; see "Others" in docs/architecture.md. */
  async reading(key: string, file: string): Promise<ByteSource> {
    const source = await this.source(key, file);
    const folder = await this.folder.getDirectoryHandle(key);
    const handle = await readHandle(await folder.getFileHandle(file));
    if (!handle) return source;
    const readNow = (offset: number, target: Uint8Array<ArrayBuffer>) =>
      readExactly(handle, file, offset, target);
    return {
      ...source,
      readNow,
      async read(offset, length) {
        const bytes = new Uint8Array(length);
        readNow(offset, bytes);
        return bytes;
      },
      close: async () => handle.close(),
    };
  }

  async size(key: string, file: string): Promise<number> {
    return this.#file(key, file).then(
      ({ size }) => size,
      () => 0,
    );
  }

  /** A file that is just being loaded is deleted as soon as it is free. */
  async remove(key: string): Promise<void> {
    await patiently(() => this.folder.removeEntry(key, { recursive: true })).catch((error: unknown) => {
      if ((error as DOMException).name !== 'NotFoundError') throw error;
    });
  }

  async lock<T>(key: string, signal: AbortSignal, waiting: () => void, work: () => Promise<T>): Promise<T> {
    const name = ownName(`rwkv-lab model ${key}`);
    const { locks } = navigator;
    const once = await locks.request(
      name,
      { ifAvailable: true },
      async (lock) => lock && { result: await work() },
    );
    if (once) return once.result;
    waiting();
    return locks.request(name, { signal }, work);
  }

  async room(): Promise<Room> {
    const { usage, quota } = await navigator.storage.estimate();
    const free = quota === undefined ? undefined : Math.max(0, quota - (usage ?? 0));
    return { used: usage, free, lasting: await navigator.storage.persisted() };
  }

  async #file(key: string, name: string): Promise<File> {
    const folder = await this.folder.getDirectoryHandle(key);
    return (await folder.getFileHandle(name)).getFile();
  }
}

/** The part of a sync access handle that is used; TypeScript's library declares it for workers only. */
interface AccessHandle {
  getSize(): number;
  read(bytes: Uint8Array<ArrayBuffer>, place: { at: number }): number;
  write(bytes: Uint8Array<ArrayBuffer>, place: { at: number }): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}

function readExactly(handle: AccessHandle, file: string, at: number, target: Uint8Array<ArrayBuffer>) {
  const got = handle.read(target, { at });
  if (got !== target.byteLength) throw new Error(`${file} ends at byte ${at + got}`);
}

function accessHandle(handle: FileSystemFileHandle): Promise<AccessHandle> {
  const file = handle as FileSystemFileHandle & { createSyncAccessHandle(): Promise<AccessHandle> };
  return patiently(() => file.createSyncAccessHandle());
}

/** Tries again for some seconds where another has the file open; then throws the last error, any other at once. */
async function patiently<T>(attempt: () => Promise<T>): Promise<T> {
  for (const seconds of OPEN_PAUSES) {
    try {
      return await attempt();
    } catch (error) {
      if ((error as DOMException).name === 'NotFoundError') throw error;
      await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
    }
  }
  return attempt();
}

/**
 * A handle that is only read; undefined outside workers, and where another has the file open: browsers that do not know the mode
 * allow one handle at a time.
 */
async function readHandle(handle: FileSystemFileHandle): Promise<AccessHandle | undefined> {
  const file = handle as FileSystemFileHandle & {
    createSyncAccessHandle?(how: { mode: 'read-only' }): Promise<AccessHandle>;
  };
  return file.createSyncAccessHandle?.({ mode: 'read-only' }).catch(() => undefined);
}

function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}
