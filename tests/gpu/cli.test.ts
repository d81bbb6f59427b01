// The command-line program: some commands as a user runs them, in a process with two output streams and an exit code, the others
// in this process, one after another on one device.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build as buildBundle } from 'vite';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { keepSession } from '../../cli/host';
import { runLab } from '../../cli/main';
import { parseCsv } from '../../src/lib/lab/records/csv';
import { parseExperiment } from '../../src/lib/lab/experiment/experiment';
import { expand } from '../../src/lib/lab/experiment/expand';
import { makeCell, printNotebook } from '../../src/lib/lab/notebook/notebook';
import { fromCsv } from '../../src/lib/lab/records/runsCsv';
import { QUICK } from '../quick';

const TINY = 'tests/fixtures/tiny-q4km.gguf';
/** The same, a setting a line. */
const PLAIN = QUICK.replaceAll('&', '\n');
const DEMO = 'static/models/rwkv7-austen-Q4_K_M.gguf';
/** The same, each setting a word. */
const SETTINGS = QUICK.split('&');
/** The program as one file, as `npm run bundle` builds it, so that modules are not compiled for each command. */
const BUNDLE = { folder: 'test-results', file: 'lab.mjs' };
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lab-cli-'));
  const build = { outDir: BUNDLE.folder, emptyOutDir: false };
  await buildBundle({ configFile: 'vite.cli.config.ts', logLevel: 'error', build });
});
const closeSession = keepSession();
afterAll(async () => {
  closeSession();
  await rm(folder, { recursive: true });
});

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

const PATIENCE = ['--import', new URL('patience.js', import.meta.url).href];

function node(...words: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, [...PATIENCE, ...words], { maxBuffer: 2 ** 26 }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

/** A command in a process of its own. */
const labProcess = (...words: string[]) => node(join(BUNDLE.folder, BUNDLE.file), ...words);

/** A command in this process: the same code but for the start and the end of a process. One at a time. */
async function lab(...words: string[]): Promise<Outcome> {
  const written = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      written[stream] += String(text);
      return true;
    }),
  );
  try {
    const code = await runLab(words, new AbortController().signal);
    return { code, ...written };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

/** Same as `npm run --silent lab -- …`, but without npm. */
const labFromSources = (...words: string[]) =>
  node('node_modules/vite-node/dist/cli.mjs', '--config', 'vite.cli.config.ts', 'cli/lab.ts', '--', ...words);

/** Writes a file into this test's temporary folder; returns its path. */
async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

describe('commands', () => {
  test('info, from the sources as from the bundle', async () => {
    const { code, stdout } = await labProcess('info');
    expect(code).toBe(0);
    expect(await labFromSources('info')).toMatchObject({ code, stdout });
    const adapter = JSON.parse(stdout);
    expect(adapter.name).toMatch(/\w/);
    expect(adapter.features).toBeInstanceOf(Array);
    expect(adapter.limits.maxStorageBufferBindingSize).toBeGreaterThan(2 ** 26);
  });

  test('bench writes CSV, and nothing but CSV, on stdout', async () => {
    const { code, stdout, stderr } = await labProcess(
      'bench',
      `model=${TINY}&prefill=16&chunk=4,8&${QUICK}`,
      '--samples',
      '2',
      'decode=2',
    );
    expect(stderr).toMatch(/run 2 of 2.*tokens\/s/);
    expect(code).toBe(0);
    expect(
      fromCsv(stdout).map(({ chunk, prefillSeconds, decode }) => [chunk, prefillSeconds.length, decode]),
    ).toEqual([
      [4, 2, 2],
      [8, 2, 2],
    ]);
    expect(stdout).toMatch(/^build_commit,/);
  });

  test('run prints what every cell of a notebook found on stdout, each below its name', async () => {
    const text = await readFile('src/lib/shaders/argmax/slices.wgsl', 'utf8');
    const settings = `model=${TINY}\nprefill=4\n${PLAIN}\n`;
    const sweep = `${settings}samples=1\n`;
    const notebook = printNotebook([
      makeCell('prose', '# Try\n\n```lab nonsense\n```\n'),
      makeCell('sweep', sweep.replace('argmax=naive', 'argmax=slices,mine')),
      makeCell('wgsl', `${text}// mine\n`, 'argmax/mine'),
      makeCell('compare', `budget=1\n${settings}chunk=2,4\n`),
      makeCell('sweep', sweep.replace('argmax=naive', 'argmax=missing')),
      makeCell('profile', settings),
      makeCell('roofline', ''),
      makeCell('tune', `budget=2\nmodel=${TINY}\nchunk=2\n${PLAIN}\n`),
      makeCell('generate', `model=${TINY}\n${PLAIN}\ntokens=2\n---\nShe was\n`),
      makeCell('sweep', `${sweep}chunk=2\n`),
    ]);
    const { code, stdout, stderr } = await lab('run', await file('try.md', notebook));
    expect(code).toBe(1);
    expect(stderr).toMatch(/argmax has no variant "missing"; it has: .*mine/);
    const blocks = stdout.split(/\n(?=# cell )/).map((block) => {
      const [heading, ...lines] = block.split('\n');
      return [heading, lines.join('\n')];
    });
    const found = Object.fromEntries(blocks);
    // A failed cell has no block.
    expect(Object.keys(found)).toEqual(
      ['1 of 8: sweep', '2 of 8: compare', '4 of 8: profile', '5 of 8: roofline', '6 of 8: tune']
        .concat('7 of 8: generate', '8 of 8: sweep')
        .map((cell) => `# cell ${cell}`),
    );
    expect(fromCsv(found['# cell 1 of 8: sweep']).map(({ variants }) => variants.argmax.name)).toEqual([
      'slices',
      'mine',
    ]);
    expect(fromCsv(found['# cell 8 of 8: sweep']).map(({ chunk }) => chunk)).toEqual([2]);
    const [baseline, other] = parseCsv(found['# cell 2 of 8: compare']);
    expect(baseline).toMatchObject({ tokens: '4', verdict: '', ratio: '' });
    expect(Number(other.low)).toBeLessThanOrEqual(Number(other.ratio));
    expect(['faster', 'slower', 'same', 'cannot tell']).toContain(other.verdict);
    expect(found['# cell 4 of 8: profile']).toMatch(/^# settings: .*\nkernel,variant,[^]*^all,/m);
    expect(found['# cell 5 of 8: roofline']).toMatch(/^peak,value,unit\nf32,/);
    const [tuned] = found['# cell 6 of 8: tune'].split('\n');
    expect(expand(parseExperiment(tuned))[0]).toMatchObject({ prefill: 2, chunk: 2 });
    expect(found['# cell 7 of 8: generate']).toMatch(/^She was./);
    expect((await lab('run', await file('empty.md', '# No cells\n'))).stderr).toMatch(/has no cell to run/);
  });

  test('run prints one table for a notebook of sweeps alone', async () => {
    const sweep = `model=${TINY}\nprefill=4\n${PLAIN}\nsamples=1\n`;
    const cells = ['chunk=2\n', 'chunk=4\n'].map((chunk) => makeCell('sweep', sweep + chunk));
    const { code, stdout } = await lab('run', await file('sweeps.md', printNotebook(cells)));
    expect(code).toBe(0);
    expect(fromCsv(stdout).map(({ chunk }) => chunk)).toEqual([2, 4]);
    expect(stdout.match(/^build_commit,/gm)).toHaveLength(1);
  });

  test('bench goes on after a failed run, and says so with its exit code', async () => {
    const { code, stdout, stderr } = await lab(
      'bench',
      `model=missing.gguf,${TINY}&prefill=4&samples=1&${QUICK}`,
    );
    expect(code).toBe(1);
    expect(fromCsv(stdout)).toHaveLength(1);
    expect(stderr).toMatch(/model=missing\.gguf.* failed: No such file: missing\.gguf/);
  });

  test('time: the kernels that the settings name, at the shapes picked', async () => {
    const { code, stdout } = await lab(
      'time',
      `model=${TINY}&chunk=3&matmul_q4_k=naive`,
      '--shapes',
      'batch=3',
    );
    expect(code).toBe(0);
    const rows = parseCsv(stdout);
    expect(rows.map(({ kernel, variant }) => `${kernel}/${variant}`)).toEqual(['matmul_q4_k/naive']);
    expect(rows[0].shape).toMatch(/tokens 3, batch 3/);
    expect(Number(rows[0].us)).toBeGreaterThan(0);
  });

  test('profile: every kernel, all together, and the chunk', async () => {
    const { code, stdout, stderr } = await lab('profile', `model=${TINY}&prefill=3&${QUICK}`);
    expect(code).toBe(0);
    const kernels = parseCsv(stdout).map(({ kernel }) => kernel);
    expect(kernels).toContain('matmul_q4_k');
    expect(kernels.slice(-2)).toEqual(['all', 'chunk']);
    expect(stderr).toMatch(/dispatches, each in a pass of its own[^]*^f32,[\d.]+,TFLOPS$/m);
  });

  test('tune: one line of settings on stdout', async () => {
    const settings = `model=${TINY}&chunk=2&${QUICK}`;
    const { code, stdout, stderr } = await lab('tune', settings, '--budget', '5');
    expect(code).toBe(0);
    expect(stderr).toMatch(/^tuning /m);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    const [run] = expand(parseExperiment(stdout.trim()));
    expect(run).toMatchObject({ prefill: 2, chunk: 2 });
    expect(run.variants.matmul_q4_k.name).toBe('naive');
  });

  test('logits', async () => {
    const expected = JSON.parse(await readFile('tests/fixtures/tiny-q4km.expected.json', 'utf8'));
    const ids = expected.tokens.slice(0, 40);
    const { code, stdout } = await lab(
      'logits',
      '--model',
      TINY,
      '--tokens',
      ids.join(),
      '--chunk',
      '7',
      'matmul=naive',
    );
    expect(code).toBe(0);
    const result = JSON.parse(stdout);
    expect(Object.keys(result)).toEqual(['tokens', 'logits', 'argmax']);
    expect(result.tokens).toEqual(ids);
    expect(result.argmax).toEqual(expected.argmax_per_position.slice(0, 40));
    expect(result.logits.indexOf(Math.max(...result.logits))).toBe(result.argmax.at(-1));
  });

  test('tokenize', async () => {
    const { prompts } = JSON.parse(await readFile('tests/fixtures/golden.json', 'utf8'));
    const { code, stdout } = await lab('tokenize', '--model', DEMO, prompts[0].text);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual(prompts[0].ids);
  });

  test('evaluate', async () => {
    const text = (await readFile('tests/fixtures/held-out.txt', 'utf8')).slice(0, 240);
    const { code, stdout } = await lab(
      'evaluate',
      '--model',
      'demo',
      '--text',
      await file('text.txt', text),
      ...['--beside', 'exact', `chunk=16&${QUICK.replace('layer_norm=naive', 'layer_norm=spread')}`],
    );
    expect(code).toBe(0);
    const result = JSON.parse(stdout);
    const quality = ['tokens', 'nats_per_token', 'bits_per_byte', 'top1_rate'];
    const distance = ['agreement_rate', 'kl_nats_per_token', 'max_logit_error'];
    expect(Object.keys(result)).toEqual([...quality, ...distance]);
    // Other orders of the same sums.
    expect(result.agreement_rate).toBe(1);
    expect(result.kl_nats_per_token).toBeLessThan(1e-8);
    expect(result.bits_per_byte).toBeGreaterThan(0.8);
    expect(result.bits_per_byte).toBeLessThan(1.8);
    expect(result.top1_rate).toBeGreaterThan(0.2);
    const nats = result.bits_per_byte * Math.LN2 * Buffer.byteLength(text);
    expect(result.nats_per_token * result.tokens).toBeCloseTo(nats, 6);
  });

  test('generate: greedy, the same each time; and sampled', async () => {
    const { prompts, results } = JSON.parse(await readFile('tests/fixtures/golden.json', 'utf8'));
    const words = ['generate', '--model', 'demo', '--prompt', prompts[0].text, '--tokens', '8', ...SETTINGS];
    const greedy = await lab(...words);
    expect(greedy.code).toBe(0);
    expect(greedy.stdout).not.toBe('');
    expect(results['Q4_K_M dequantized'][0].greedy_text).toContain(greedy.stdout);
    expect(greedy.stderr).toMatch(/decode [\d.]+ tokens\/s/);
    const sampled = await lab(...words, '--temperature', '1', '--top-p', '0.9', '--seed=3');
    expect(sampled.code).toBe(0);
    expect(sampled.stdout).not.toBe('');
  });

  test('help', async () => {
    expect((await labProcess('--help')).stdout).toMatch(/generate --model M/);
    const nothing = await labProcess();
    expect(nothing).toMatchObject({ code: 1, stdout: '' });
    expect(nothing.stderr).toMatch(/bench '<settings>'/);
  });
});

test('every mistake is one line that names the thing, and an exit code', async () => {
  const gguf = new Uint8Array(await readFile(TINY));
  const cut = await file('cut.gguf', gguf.subarray(0, gguf.length - 1000));
  const mistakes: [RegExp, ...string[]][] = [
    [
      /There is no command "benchmark"; there are: info, selftest, bench, run, repeat, time, profile/,
      'benchmark',
    ],
    [/Unknown setting "chunks"; known: model, prefill/, 'bench', 'chunks=64'],
    [/matmul_q4_k has no variant "none"; it has: /, 'bench', '--matmul_q4_k', 'none'],
    [/chunk must be a whole number from 1 to 4096, or "prefill"; "0" is not/, 'bench', 'chunk=0'],
    [/--chunk has no value/, 'bench', '--chunk'],
    [/chunk is set twice/, 'bench', 'chunk=1', '--chunk=2'],
    [/logits needs --model FILE/, 'logits', '--tokens', '1'],
    [/No such file: nowhere\.gguf/, 'logits', '--model', 'nowhere.gguf', '--tokens', '1'],
    [/held-out\.txt.*GGUF/, 'tokenize', '--model', 'tests/fixtures/held-out.txt', 'text'],
    [/cut\.gguf.*truncated|cut\.gguf.*missing|cut\.gguf.*ends/i, 'logits', '--model', cut, '--tokens', '1'],
    [/"x" is not one/, 'logits', '--model', TINY, '--tokens', '1,x'],
    [
      /Token 70000 is out of range: this model has ids from 0 to/,
      'logits',
      '--model',
      TINY,
      '--tokens',
      '1,70000',
    ],
    [/samples has no meaning here/, 'logits', '--model', TINY, '--tokens', '1', '--samples', '3'],
    [/synthetic-2\.9b has no vocabulary/, 'tokenize', '--model', 'synthetic-2.9b', 'text'],
    [/tokenize takes one text, in quotes; it was given 2 words/, 'tokenize', '--model', TINY, 'two', 'words'],
    [/repeat takes a notebook/, 'repeat'],
    [/No such file: nowhere\.md/, 'repeat', 'nowhere.md'],
    [/start\.md has no compare cell/, 'repeat', 'src/notebooks/start.md'],
    [/--times must be a whole number/, 'repeat', '--times', '0', 'src/notebooks/start.md'],
    [/Name the kernels to time/, 'time', `model=${TINY}`],
    [/no shape that these settings/, 'time', `model=${TINY}&matmul_q4_k=naive`, '--shapes', 'batch=9'],
    [/--budget must be a number/, 'tune', '--budget', 'soon'],
    [/peaks takes no settings/, 'peaks', 'chunk=1'],
    [/peaks takes no settings/, 'roofs', 'chunk=1'], // its former name
    [/node-llama-cpp is not installed\. Install it/, 'bench', '--vs', 'llama.cpp', '--model', TINY],
    [/--vs takes llama\.cpp, not "ollama"/, 'bench', '--vs', 'ollama', '--model', TINY],
    [/synthetic-0\.1b is synthetic: it has no file/, 'bench', '--vs', 'llama.cpp', 'model=synthetic-0.1b'],
    [/--budget belongs to a comparison/, 'bench', '--budget', '3'],
    [/No such file: nowhere\.txt/, 'evaluate', '--model', TINY, '--text', 'nowhere.txt'],
    [/empty\.txt is empty/, 'evaluate', '--model', TINY, '--text', await file('empty.txt', '')],
    [
      /latin\.txt is not UTF-8/,
      'evaluate',
      '--model',
      TINY,
      '--text',
      await file('latin.txt', Uint8Array.of(0x63, 0xe9)),
    ],
    [/--tokens must be a whole number/, 'generate', '--model', TINY, '--prompt', 'a', '--tokens', '0'],
    [
      /--top-p must be a number from 0 to 1; "2" is not/,
      'generate',
      '--model',
      TINY,
      '--prompt',
      'a',
      '--tokens',
      '1',
      '--top-p',
      '2',
    ],
  ];
  const requireTold = (words: string[], message: RegExp, { code, stdout, stderr }: Outcome) => {
    expect.soft(stderr, words.join(' ')).toMatch(message);
    // Ignore warnings of Dawn about some drivers.
    const lines = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('Warning: '));
    expect.soft(lines.length, words.join(' ')).toBe(1);
    expect.soft({ code, stdout }, words.join(' ')).toEqual({ code: 1, stdout: '' });
  };
  for (const [message, ...words] of mistakes) requireTold(words, message, await lab(...words));
  // Before a GPU is opened, and after.
  for (const command of ['benchmark', 'logits']) {
    const [message, ...words] = mistakes.findLast(([, first]) => first === command)!;
    requireTold(words, message, await labProcess(...words));
  }
});
