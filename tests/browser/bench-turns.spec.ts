// `bench:page --turns` as a user runs it: knobs of a live sweep are turned, and each turn is timed to its point.
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { QUICK } from '../quick';
import { testBrowser } from './browsers';

const BUILD = fileURLToPath(new URL('../../build', import.meta.url));
const TINY = fileURLToPath(new URL('../fixtures/tiny-q4km.gguf', import.meta.url));

/** Lays out the build in a folder with three layers instead of eight in the place of the demo, which bench-page.spec.ts runs. */
async function buildWithTiny(folder: string) {
  const others = (await readdir(BUILD)).filter((name) => name !== 'models');
  for (const name of others) await symlink(join(BUILD, name), join(folder, name));
  for (const name of await readdir(join(BUILD, 'models')))
    await cp(name.endsWith('.gguf') ? TINY : join(BUILD, 'models', name), join(folder, 'models', name));
}

test('turns to settings that are ready and to new ones, and prints each step in milliseconds', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bench-turns-'));
  try {
    await buildWithTiny(folder);
    const settings = `model=demo&prefill=2&chunk=2&samples=1&warmup=0&${QUICK}`;
    const words = ['scripts/bench-page.js', '--build', folder, settings, '--turns', '1'];
    const env = { ...process.env, CHROME: testBrowser('headless') };
    const { stdout, stderr } = await promisify(execFile)(process.execPath, words, { env });
    expect(stderr).toMatch(/ready: median \d+ ms.*\nnew: median \d+ ms/);
    const [titles, ...turns] = stdout.trim().split('\n');
    expect(titles).toMatch(/^kind,control,from,to,sent_ms,.*,record_ms,shown_ms$/);
    expect(turns.map((line) => line.split(',')[0]).sort()).toEqual(['new', 'ready']);
    expect(turns.every((line) => Number(line.split(',').at(-1)) > 0)).toBe(true);
  } finally {
    await rm(folder, { recursive: true });
  }
});
