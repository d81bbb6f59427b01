// The Node host: Dawn as the lab's GPU, and files on disk as byte sources. The only module that imports `webgpu`.
import { open, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { create, globals } from 'webgpu';
import type { ByteSource } from '../src/lib/engine/bytes';

// Vulkan drivers with window system support print warnings without it.
process.env.XDG_RUNTIME_DIR ??= tmpdir();

// GPUBufferUsage, GPUMapMode and the other WebGPU globals of browsers.
Object.assign(globalThis, globals);

/**
 * Dawn's GPU, with the space-separated flags in LAB_DAWN_FLAGS, for example
 * `LAB_DAWN_FLAGS="enable-dawn-features=allow_unsafe_apis,vulkan_enable_f16_on_nvidia adapter=llvmpipe"`.
 * It is a module-level constant because Dawn crashes when it is garbage-collected. Never assign it to `navigator`:
 * Node would not exit.
 */
export const gpu: GPU = create((process.env.LAB_DAWN_FLAGS ?? '').split(' ').filter(Boolean));

/**
 * A file on disk. Each read opens the file again, so no handle stays open after a failed load and reads may overlap.
 * Throws when the file does not exist or is not a plain file; reads throw when it has become shorter.
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
    async read(offset, length) {
      const bytes = new Uint8Array(length);
      await readExactly(path, status.size, offset, bytes);
      return bytes;
    },
    async readWith(offset, length, memory) {
      const bytes = new Uint8Array(memory, 0, length);
      await readExactly(path, status.size, offset, bytes);
      return bytes;
    },
    sibling: (name) => openFile(join(dirname(path), name)),
  };
}

/** Fills `bytes` from `offset` on. Throws outside the file's `size` and when the file ends early. */
async function readExactly(path: string, size: number, offset: number, bytes: Uint8Array): Promise<void> {
  const length = bytes.byteLength;
  if (!(offset >= 0 && length >= 0 && offset + length <= size))
    throw new Error(`${path} has ${size} bytes; asked for ${length} bytes at ${offset}`);
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
}

/** The Error for a file that cannot be opened, with clear messages for a missing file and missing permission. */
function unreadable(path: string, reason: unknown): Error {
  const { code, message } = reason as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return new Error(`No such file: ${path}`, { cause: reason });
  if (code === 'EACCES' || code === 'EPERM')
    return new Error(`No permission to read ${path}`, { cause: reason });
  return new Error(`Cannot read ${path}: ${message}`, { cause: reason });
}
