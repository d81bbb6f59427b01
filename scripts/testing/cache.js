// The lab's own folder for what is made once and kept between runs: compiled shaders, and the compiler that Safari uses.
import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * A folder below the lab's cache folder. It may not exist yet.
 * @param {string} name
 */
export const cacheFolder = (name) =>
  join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'rwkv-lab', name);

/**
 * Points Mesa, in this process's children, to a folder of the lab's own, unless the user names one: what lavapipe compiles once,
 * later files, runs and browsers find there.
 */
export function cacheShaders() {
  const folder = cacheFolder('mesa');
  try {
    mkdirSync(folder, { recursive: true });
  } catch {
    return; // Without a cache everything takes longer, and works.
  }
  process.env.MESA_SHADER_CACHE_DIR ??= folder;
  process.env.MESA_SHADER_CACHE_MAX_SIZE ??= '1G';
}
