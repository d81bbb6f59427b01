// Mesa's cache of compiled shaders, kept between runs: what lavapipe compiles once, later files, runs and browsers find there.
import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Points Mesa, in this process's children, to a folder of the lab's own, unless the user names one. */
export function cacheShaders() {
  const folder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'rwkv-lab', 'mesa');
  try {
    mkdirSync(folder, { recursive: true });
  } catch {
    return; // Without a cache everything takes longer, and works.
  }
  process.env.MESA_SHADER_CACHE_DIR ??= folder;
  process.env.MESA_SHADER_CACHE_MAX_SIZE ??= '1G';
}
