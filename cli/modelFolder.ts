// The storage of models in a folder: one folder each, with the file and its manifest.
import {
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  statfs,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { ModelStorage, PartFile } from '../src/lib/models/storage';
import { openFile } from './node';

/** The folder of everything that the lab keeps: LAB_CACHE, or rwkv-lab in the user's cache folder. */
export const cacheFolder = (): string =>
  process.env.LAB_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'rwkv-lab');

const MANIFEST = 'manifest.json';
const LOCK = 'lock';
const LOCK_LOOK_MILLISECONDS = 200;

/** Keeps models in `folder`, which is created when it is needed. */
export class ModelFolder implements ModelStorage {
  constructor(readonly folder = join(cacheFolder(), 'models')) {}

  /** The path of a stored file. */
  path(key: string, file: string): string {
    return join(this.folder, key, file);
  }

  async keys(): Promise<string[]> {
    const entries = await readdir(this.folder, { withFileTypes: true }).catch(orIfMissing([]));
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  }

  readManifest(key: string): Promise<string | undefined> {
    return readFile(this.path(key, MANIFEST), 'utf8').catch(orIfMissing(undefined));
  }

  async writeManifest(key: string, text: string): Promise<void> {
    await mkdir(join(this.folder, key), { recursive: true });
    const fresh = this.path(key, `${MANIFEST}.new`);
    await writeFile(fresh, text, { flush: true });
    await rename(fresh, this.path(key, MANIFEST));
  }

  async open(key: string, file: string): Promise<PartFile> {
    await mkdir(join(this.folder, key), { recursive: true });
    const path = this.path(key, file);
    const handle = await open(path, 'r+').catch(() => open(path, 'w+'));
    return {
      size: async () => (await handle.stat()).size,
      async write(bytes, at) {
        for (let done = 0; done < bytes.byteLength;)
          done += (await handle.write(bytes, done, bytes.byteLength - done, at + done)).bytesWritten;
      },
      async read(at, target) {
        const { bytesRead } = await handle.read(target, 0, target.byteLength, at);
        if (bytesRead < target.byteLength) throw new Error(`${path} ends at byte ${at + bytesRead}`);
      },
      truncate: (size) => handle.truncate(size),
      flush: () => handle.datasync(),
      close: () => handle.close(),
    };
  }

  source(key: string, file: string) {
    return openFile(this.path(key, file));
  }

  async size(key: string, file: string): Promise<number> {
    return (await stat(this.path(key, file)).catch(orIfMissing({ size: 0 }))).size;
  }

  async remove(key: string): Promise<void> {
    // The lock may be held by the caller, who removes it when its work is done.
    const names = await readdir(join(this.folder, key)).catch(orIfMissing<string[]>([]));
    for (const name of names)
      if (name !== LOCK) await rm(this.path(key, name), { force: true, recursive: true });
    if (!names.includes(LOCK)) await rm(join(this.folder, key), { recursive: true, force: true });
  }

  /** The lock is a file with the number of its process; one that a dead process left is taken over. */
  async lock<T>(key: string, signal: AbortSignal, waiting: () => void, work: () => Promise<T>): Promise<T> {
    await mkdir(join(this.folder, key), { recursive: true });
    const path = this.path(key, LOCK);
    for (let tries = 0; !(await taken(path)); tries++) {
      signal.throwIfAborted();
      if (tries === 0) waiting();
      await new Promise((resolve) => setTimeout(resolve, LOCK_LOOK_MILLISECONDS));
    }
    try {
      return await work();
    } finally {
      held.delete(path);
      await unlink(path).catch(() => undefined);
      const left = await readdir(join(this.folder, key)).catch(() => ['?']);
      if (left.length === 0) await rm(join(this.folder, key), { recursive: true, force: true });
    }
  }

  async room() {
    await mkdir(this.folder, { recursive: true });
    const { bavail, bsize } = await statfs(this.folder);
    return { free: bavail * bsize, lasting: true };
  }
}

/** Locks held by this process, which its own number in a file cannot tell apart. */
const held = new Set<string>();

async function taken(path: string): Promise<boolean> {
  if (held.has(path)) return false;
  const made = await writeFile(path, String(process.pid), { flag: 'wx' }).then(
    () => true,
    () => false,
  );
  if (made) {
    held.add(path);
    return true;
  }
  const owner = Number(await readFile(path, 'utf8').catch(() => ''));
  if (owner && (owner === process.pid || !isAlive(owner))) await unlink(path).catch(() => undefined);
  return false;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Turns the error of a missing file into a value; throws every other. */
const orIfMissing =
  <T>(value: T) =>
  (error: unknown): T => {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return value;
    throw error;
  };
