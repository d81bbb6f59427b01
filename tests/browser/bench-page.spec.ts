// The page benchmark script as a user runs it: its two output streams and its exit code.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { QUICK } from '../quick';
import { testBrowser } from './browsers';
import { fromCsv } from '../../src/lib/lab/records/runsCsv';

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

interface Circumstances {
  /** WebGPU flags of the browser, instead of the default ones. */
  flags?: string;
  /** Sends SIGINT when this text appears on stderr. */
  interruptAt?: string;
}

function benchPage(words: string[], { flags, interruptAt }: Circumstances = {}): Promise<Outcome> {
  const env = {
    ...process.env,
    CHROME: testBrowser('headless'),
    ...(flags === undefined ? {} : { CHROME_FLAGS: flags }),
  };
  const program = ['scripts/bench-page.js', '--build', 'build', ...words];
  return new Promise((resolve) => {
    const child = execFile(process.execPath, program, { env, maxBuffer: 2 ** 26 }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
    let interrupted = false;
    child.stderr!.on('data', (said) => {
      if (!interruptAt || interrupted || !String(said).includes(interruptAt)) return;
      // Only once: a second signal would kill the script.
      interrupted = child.kill('SIGINT');
    });
  });
}

// bench-turns.spec.ts holds that a program that ends well ends with 0.
test('prints the page’s CSV and nothing else on stdout; a run that fails is named, and what was measured before a signal is kept', async () => {
  // A real GPU would finish before the signal arrives: only a software adapter is interrupted, in a run of many seconds.
  const software = process.platform === 'linux';
  const folder = await mkdtemp(join(tmpdir(), 'bench-page-'));
  try {
    const out = join(folder, 'runs.csv');
    const prefill = software ? '2,4,128' : '2,4';
    const words = [`model=missing.gguf,demo&prefill=${prefill}&samples=4&warmup=0&${QUICK}`, '--out', out];
    const { code, stdout, stderr } = await benchPage(words, {
      flags: software ? '--enable-unsafe-webgpu --use-webgpu-adapter=swiftshader' : undefined,
      interruptAt: software ? 'Run 6 of 6' : undefined,
    });
    expect(stderr).toMatch(/^browser: \d+.*\nadapter: \S.*\n/);
    const problems = stderr.split('\n').filter((line) => line.startsWith('problem: '));
    const failed = problems.filter((line) => /Failed.*missing\.gguf.*open the file again/.test(line));
    expect(failed.length).toBeGreaterThanOrEqual(1);
    const stopped = software ? [expect.stringMatching(/^problem: Stopped: 2 runs done/)] : [];
    expect(problems.filter((line) => !failed.includes(line))).toEqual(stopped);
    expect(code).toBe(1);
    const records = fromCsv(stdout);
    expect(records.map(({ prefill, prefillSeconds }) => [prefill, prefillSeconds.length])).toEqual([
      [2, 4],
      [4, 4],
    ]);
    expect(records.every(({ agent, model }) => agent.includes('Chrome') && model === 'demo')).toBe(true);
    expect(await readFile(out, 'utf8')).toBe(stdout);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('settings that cannot be are told in the page’s words', async () => {
  const { code, stdout, stderr } = await benchPage(['model=demo&chunk=0']);
  expect(stderr).toContain('chunk must be a whole number from 1 to 4096');
  expect([code, stdout]).toEqual([1, '']);
});

test('without settings it says how it is used', async () => {
  const { code, stderr } = await benchPage([]);
  expect(stderr).toContain('Usage: ');
  expect(code).toBe(1);
});

test('a self-test without a GPU brings its report and fails', async () => {
  const { code, stdout, stderr } = await benchPage(['--selftest'], {
    flags: '--disable-gpu --disable-software-rasterizer',
  });
  expect(stderr).toMatch(/problem: The self-test ended early: .*adapter/);
  expect(stdout).toMatch(/^## RWKV-7 lab self-test\n\n- Lab: .*\n- Browser: .*Chrome.*\n- Adapter: none\n/);
  expect(code).toBe(1);
});
