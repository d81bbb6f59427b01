// The Node host: Dawn as the lab's GPU, and files on disk as byte sources. The only module that imports `webgpu`.
import { open, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename } from 'node:path';
import { create, globals } from 'webgpu';
import type { ByteSource } from '../src/lib/engine/bytes';

// Vulkan drivers with a window system part complain on stderr without it.
process.env.XDG_RUNTIME_DIR ??= tmpdir();

// GPUBufferUsage, GPUMapMode and the rest, which browsers have as globals.
Object.assign(globalThis, globals);

/**
 * Dawn, with the flags in LAB_DAWN_FLAGS (separated by spaces), for example
 * `LAB_DAWN_FLAGS="enable-dawn-features=allow_unsafe_apis,vulkan_enable_f16_on_nvidia adapter=llvmpipe"`.
 * A module-level constant, because Dawn crashes when it is garbage-collected; never put it on `navigator`, or Node
 * does not exit.
 */
export const gpu: GPU = create((process.env.LAB_DAWN_FLAGS ?? '').split(' ').filter(Boolean));

/**
 * A file on disk. Each read opens the file anew: nothing is left open when a load fails half-way, and reads may overlap.
 * Throws when there is no such file, when it is not a plain file, and when it ends before the bytes asked for.
 */
export async function openFile(path: string): Promise<ByteSource> {
  const status = await stat(path).catch((reason: unknown) => {
    throw unreadable(path, reason);
  });
  if (status.isDirectory()) throw new Error(`${path} is a folder, not a file`);
  if (!status.isFile())
    throw new Error(`${path} is not a plain file, so its parts cannot be read in any order`);
  return {
    name: basename(path),
    size: status.size,
    read: (offset, length) => readExactly(path, status.size, offset, length),
  };
}

async function readExactly(path: string, size: number, offset: number, length: number) {
  if (!(offset >= 0 && length >= 0 && offset + length <= size))
    throw new Error(`${path} has ${size} bytes; asked for ${length} bytes at ${offset}`);
  const bytes = new Uint8Array(length);
  const file = await open(path).catch((reason: unknown) => {
    throw unreadable(path, reason);
  });
  try {
    let filled = 0;
    while (filled < length) {
      // One read returns at most 2 GiB.
      const { bytesRead } = await file.read(
        bytes,
        filled,
        Math.min(length - filled, 2 ** 30),
        offset + filled,
      );
      if (bytesRead === 0)
        throw new Error(
          `${path} was cut short while it was read: it ended at byte ${offset + filled} of ${size}`,
        );
      filled += bytesRead;
    }
  } finally {
    await file.close();
  }
  return bytes;
}

/** Says why a file cannot be opened, in words for the three common cases. */
function unreadable(path: string, reason: unknown): Error {
  const { code, message } = reason as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return new Error(`No such file: ${path}`, { cause: reason });
  if (code === 'EACCES' || code === 'EPERM')
    return new Error(`No permission to read ${path}`, { cause: reason });
  return new Error(`Cannot read ${path}: ${message}`, { cause: reason });
}
