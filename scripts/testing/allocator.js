// jemalloc, with which lavapipe compiles a shader in four fifths of the time: LLVM allocates many small pieces.
import { existsSync } from 'node:fs';

const PLACES = ['x86_64-linux-gnu/', 'aarch64-linux-gnu/', ''].map(
  (folder) => `/usr/lib/${folder}libjemalloc.so.2`,
);

/** Debian's and Ubuntu's package. */
export const ALLOCATOR_PACKAGE = 'libjemalloc2';

/**
 * The environment in which a program uses jemalloc; empty where there is none, which only takes longer.
 * @returns {Record<string, string>}
 */
export function withAllocator() {
  const found = process.env.LD_PRELOAD ? undefined : PLACES.find((path) => existsSync(path));
  return found ? { LD_PRELOAD: found } : {};
}
