// `bench:page --turns` as a user runs it: knobs of a live sweep are turned, and each turn is timed to its point.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { QUICK } from '../quick';
import { testBrowser } from './browsers';

test('turns to settings that are ready and to new ones, and prints each step in milliseconds', async () => {
  const settings = `model=demo&prefill=4&chunk=4&samples=1&warmup=0&${QUICK}`;
  const words = ['scripts/bench-page.js', '--build', 'build', settings, '--turns', '1'];
  const env = { ...process.env, CHROME: testBrowser('headless') };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, words, { env });
  expect(stderr).toMatch(/ready: median \d+ ms.*\nnew: median \d+ ms/);
  const [titles, ...turns] = stdout.trim().split('\n');
  expect(titles).toMatch(/^kind,control,from,to,sent_ms,.*,record_ms,shown_ms$/);
  expect(turns.map((line) => line.split(',')[0]).sort()).toEqual(['new', 'ready']);
  expect(turns.every((line) => Number(line.split(',').at(-1)) > 0)).toBe(true);
});
