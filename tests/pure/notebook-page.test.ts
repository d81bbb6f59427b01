// The page's notebook without a browser: it sends the worker what the command line would run.
import { expect, test, vi } from 'vitest';
import type { Progress } from '../../src/lib/lab/measure/progress';
import type { WorkerEvent, WorkerMessage } from '../../src/lib/lab/worker';
import { contentOf, parseNotebook, shadersOf } from '../../src/lib/lab/notebook/notebook';
import { Notebook } from '../../src/lib/ui/notebook/notebook.svelte';
import {
  NO_PACE,
  paceAfterRun,
  paceAtProgress,
  secondsLeft,
  shareDone,
  statusText,
  workText,
} from '../../src/lib/ui/notebook/progressText';
import { modelBeside, namesOneOf } from '../../src/lib/ui/notebook/readCells';
import { nameNotebook } from '../../src/lib/ui/notebook/title';
import type { Store } from '../../src/lib/ui/notebook/store';
import { speak } from '../../src/lib/ui/words/words.svelte';
import type { Lab, Listener } from '../../src/lib/ui/session/lab.svelte';

/** A notebook whose store and worker are stubs. */
function opened(text: string, foreign = false, lab = {} as Lab): Notebook {
  const store = { claim: () => Promise.resolve(true), save: () => Promise.resolve() };
  const notebook = new Notebook(lab, store as unknown as Store);
  notebook.open(text, { trusted: !foreign });
  return notebook;
}

const INDENTED = '# T\n\n  ~~~wgsl wkv/mine\r\n  //! x\r\n    y\r\n z\r\n  ~~~\r\n';

test.each([INDENTED, INDENTED.replace('# T\n\n', '\uFEFF'), INDENTED.replaceAll('\r', '')])(
  'a shader is the same text on the page and in the terminal, indented fences included',
  (text) => {
    const notebook = opened(text);
    expect(notebook.own).toEqual([{ kernel: 'wkv', name: 'mine', wgsl: '//! x\n  y\nz\n' }]);
    expect(notebook.own).toEqual(shadersOf(parseNotebook(text)));
  },
);

test('an indented cell that is edited says exactly what was typed', () => {
  const notebook = opened(INDENTED);
  const { id } = notebook.cells[1];
  notebook.setBody(id, '//! x\n  y\nz\n');
  expect(notebook.text, 'nothing was typed').toBe(INDENTED);
  notebook.setBody(id, '    deep\n');
  expect(contentOf(notebook.cells[1])).toBe('    deep\n');
  expect(notebook.text).toBe('# T\n\n~~~wgsl wkv/mine\r\n    deep\n~~~\r\n');
  expect(shadersOf(parseNotebook(notebook.text))).toEqual(notebook.own);
});

test.each([
  ['## Seen\n\nText\n', '# Lesson 3\n\n## Seen\n\nText\n', 'a heading of a lower level stays'],
  ['Text\n\n# Old $& *name* #\r\n\r\nMore\n# Another\n', 'Text\n\n# Lesson 3\r\n\r\nMore\n# Another\n', ''],
  ['Old\n===\n', '# Lesson 3\n\nOld\n===\n', 'an underlined heading stays'],
  ['~~~\n# code\n~~~\n\n# Old\n', '# Lesson 3\n\n~~~\n# code\n~~~\n\n# Old\n', 'code is no heading'],
  ['# Lesson 3\n', '# Lesson 3\n', 'nothing to change'],
  ['```lab roofline\n```\n', '# Lesson 3\n\n```lab roofline\n```\n', 'no prose'],
])('a name is written into the text, so that links and files carry it: %j', (before, after, why) => {
  const notebook = opened(before);
  nameNotebook(notebook, ' Lesson 3 ');
  expect(notebook.text, why).toBe(after);
  expect(notebook.title).toBe('Lesson 3');
  nameNotebook(notebook, '');
  expect(notebook.text).toBe(after);
});

test('a shader is timed with the model of the cell that uses it, else with the first that is named', () => {
  const sweep = (...lines: string[]) => `\`\`\`lab sweep\n${lines.join('\n')}\n\`\`\`\n\n`;
  const beside = (...sweeps: string[]) => modelBeside(parseNotebook(sweeps.join('')), 'wkv', 'mine');
  const other = sweep('model=synthetic-0.4b', 'prefill=64');
  const user = sweep('model=a.gguf', 'wkv=naive,mine');
  expect(beside(other, user)).toBe('a.gguf');
  expect(beside(other, sweep('wkv=mine'))).toBe('synthetic-0.4b');
  expect(beside(sweep('wkv=mine'))).toBeUndefined();
});

test.each([
  ['wkv=mine', true],
  ['wkv=naive,mine\nchunk=8', true],
  ['wkv=naive, mine', true],
  ['wkv=mine2', false],
  ['prefill=8 # mine', false],
])('settings that name a foreign shader wait for it: %j', (settings, waits) => {
  expect(namesOneOf(settings, ['matmul_q4_k/other', 'wkv/mine'])).toBe(waits);
});

test('the work on a shader says how far it is, and at what', async () => {
  vi.stubGlobal('document', { documentElement: {} });
  await speak('en');
  const about = { run: 1, runs: 1, settings: '' };
  const text = (phase: Progress['phase'], done: number, total: number, what: string) =>
    workText({ ...about, phase, done, total, what });
  expect(text('timing', 2, 6, 'rows 768, tokens 16')).toBe('timing, 2 of 6, rows 768, tokens 16');
  expect(text('loading', 65e6, 131e6, 'blk.0.weight')).toBe('loading, 65.0 MB of 131.0 MB');
  expect(text('checking', 0, 1, 'wkv')).toBe('checking, wkv');
  expect(text('compiling', 0, 0, '')).toBe('compiling');
  const status = (progress: Partial<Progress>) =>
    statusText({ ...about, phase: 'checking', done: 3, total: 15, what: 'wkv', ...progress }, false);
  expect(status({})).toBe('checking, 3 of 15, wkv');
  expect(status({ phase: 'measuring', what: '' })).toBe('measuring');
  const answer = { phase: 'checking answer', done: 39, total: 144 } as const;
  expect(status(answer)).toBe('checking the model’s answer, 39 of 144 tokens, wkv');
  expect(status({ ...answer, runs: 2, what: '' })).toBe(
    'Run 1 of 2: checking the model’s answer, 39 of 144 tokens',
  );
  expect(status({ phase: 'loading', done: 65e6, total: 131e6 })).toBe('loading, 65.0 MB of 131.0 MB');
});

test('the share of a run never falls from its samples to the check of its answer', () => {
  const share = (phase: Progress['phase'], done: number, total: number) =>
    shareDone({ run: 2, runs: 2, settings: '', what: '', phase, done, total });
  const all = [
    share('checking', 5, 6),
    share('measuring', 0, 10),
    share('measuring', 10, 10),
    share('checking answer', 0, 144),
    share('checking answer', 39, 144),
    share('checking answer', 144, 144),
  ];
  expect(all).toEqual(all.toSorted((a, b) => a - b));
  expect([all[0], all.at(-1)]).toEqual([0.5, 1]);
});

test('the share of a run does not fall when the check of its answer finds more to read', () => {
  let pace = NO_PACE;
  const shares = [
    [60, 89],
    [89, 89],
    [89, 109],
    [100, 109],
    [109, 109],
  ].map(([done, total]) => {
    const progress = { run: 1, runs: 1, settings: '', what: '', phase: 'checking answer' as const };
    pace = paceAtProgress(pace, { ...progress, done, total }, 0);
    return pace.share;
  });
  expect(shares).toEqual(shares.toSorted((a, b) => a - b));
  expect(shares[0]).toBeGreaterThan(0.8);
  expect(shares.at(-1)).toBe(1);
});

test('a shader from a link is not run before it is allowed', () => {
  const notebook = opened(INDENTED, true);
  expect(notebook.own).toEqual([]);
  notebook.allow(notebook.cells[1].id);
  expect(notebook.own).toHaveLength(1);
});

test('the time left comes from the runs that have ended, and within a single run from its phase', () => {
  const progress = (run: number, runs: number, done = 0, phase = 'timing') =>
    ({ phase, run, runs, done, total: 10, what: '' }) as unknown as Progress;
  let pace = paceAtProgress(NO_PACE, progress(1, 3, 0, 'loading'), 0);
  pace = paceAtProgress(pace, progress(1, 3, 0, 'compiling'), 1000);
  pace = paceAtProgress(pace, progress(1, 3), 60_000);
  expect(secondsLeft(pace, progress(1, 3), 61_000), 'no run has ended').toBe(0);
  pace = paceAfterRun(pace, 65_000);
  expect(secondsLeft(pace, progress(2, 3), 65_000), 'without the minute that the first compiled').toBe(10);
  pace = paceAtProgress(pace, progress(2, 3, 0, 'checking'), 65_000);
  pace = paceAtProgress(pace, progress(2, 3), 67_000);
  pace = paceAfterRun(pace, 72_000);
  expect(secondsLeft(pace, progress(3, 3), 72_000), 'with the checks that the second needed').toBe(7);
  expect(secondsLeft(paceAtProgress(NO_PACE, progress(1, 1, 2), 0), progress(1, 1, 6), 4000)).toBe(4);
  expect(secondsLeft(NO_PACE, progress(1, 1, 6, 'compiling'), 4000), 'has no known end').toBe(0);
});

test('cells run one after another, and an outcome is stale once its cell says something else', async () => {
  vi.stubGlobal('document', { visibilityState: 'visible', documentElement: {} });
  await speak('en');
  const sent: WorkerMessage[] = [];
  const listeners: Listener[] = [];
  const lab = {
    send: (message: WorkerMessage) => sent.push(message),
    listen: (_: string, listener: Listener) => (listeners.push(listener), () => undefined),
    watch: () => undefined,
    expectAnswer: () => undefined,
    calm: () => undefined,
  };
  const notebook = opened(
    '```lab sweep\nprefill=8\n```\n\n```lab roofline\n```\n\n```lab tune\nbudget=180\n```\n',
    false,
    lab as unknown as Lab,
  );
  const [first, second] = notebook.cells;
  notebook.runAll();
  expect(sent).toMatchObject([{ type: 'run', kind: 'sweep', text: 'prefill=8\n', variants: [] }]);
  // A search of three minutes is not part of it.
  expect(notebook.cells.map((cell) => notebook.stateOf(cell))).toEqual(['running', 'queued', 'never']);
  expect(notebook.leftOut).toBe(1);
  listeners[0].receive({ type: 'finished' } as WorkerEvent);
  expect(notebook.running).toBe(second.id);
  listeners[1].lost('It crashed');
  expect(notebook.outcomes.get(second.id)).toMatchObject({
    state: 'failed',
    problem: expect.stringContaining('It crashed.'),
  });
  expect(notebook.stateOf(first)).toBe('done');
  notebook.setBody(first.id, 'prefill=16\n');
  expect(notebook.stateOf(notebook.cells[0])).toBe('stale');
});
