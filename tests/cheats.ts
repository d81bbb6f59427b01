// Test helper: the dishonest and the odd but honest shaders.
import { readdirSync, readFileSync } from 'node:fs';
import { type Cheat, readCheat } from '../src/lib/lab/shader/cheats/cheat';

const FOLDERS = ['src/lib/lab/shader/cheats', 'tests/cheats', 'tests/cheats/honest'];

/** All of them, by name. */
export function cheatFiles(): Cheat[] {
  const read = FOLDERS.flatMap((folder) =>
    readdirSync(folder)
      .filter((file) => file.endsWith('.wgsl'))
      .map((file) => readCheat(file.replace('.wgsl', ''), readFileSync(`${folder}/${file}`, 'utf8'))),
  );
  return read.sort((a, b) => (a.name < b.name ? -1 : 1));
}
