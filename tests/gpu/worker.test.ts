// The worker as the page uses it: messages in, events out, one job at a time; in Node, with the few globals of a
// worker.
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { gpu } from '../../cli/node';
import type { WorkerEvent, WorkerMessage } from '../../src/lib/lab/worker';
import { findVariant, kernels } from '../../src/lib/shaders';

const MODEL = 'a file.gguf';
const QUICK = `model=${MODEL}\nmatmul=naive\nmatvec=naive\nwkv=naive\ntoken_shift=fused\nprefill=4\n`;
const argmax = findVariant('argmax', kernels.argmax.default).text;
const mine = { kernel: 'argmax', name: 'mine', wgsl: `${argmax}// mine\n` };

const told: WorkerEvent[] = [];
const uncaught: unknown[] = [];
let changed = () => {};
const scope: { onmessage?: (event: { data: WorkerMessage }) => void } & Record<string, unknown> = {
  location: { href: 'http://localhost/_app/immutable/worker.js' },
  postMessage(event: WorkerEvent) {
    told.push(structuredClone(event));
    changed();
  },
  reportError: (error: unknown) => uncaught.push(error),
};
// Node's structuredClone turns a File into a Blob without a name, so files are passed as they are.
const post = (message: WorkerMessage) =>
  scope.onmessage!({ data: message.type === 'file' ? message : structuredClone(message) });

/** Resolves to the new events up to and including the first that matches `last`. */
async function until(last: (event: WorkerEvent) => boolean): Promise<WorkerEvent[]> {
  for (let at = 0; ; await new Promise<void>((resolve) => (changed = resolve)))
    for (; at < told.length; at++) if (last(told[at])) return told.splice(0, at + 1);
}
const ends = (cell: string) => (event: WorkerEvent) =>
  'cell' in event &&
  event.cell === cell &&
  ['finished', 'failed', 'compiled', 'checked', 'microbenchmark'].includes(event.type);
const typesOf = (events: WorkerEvent[]) => [...new Set(events.map(({ type }) => type))];

beforeAll(async () => {
  vi.stubGlobal('self', scope);
  vi.stubGlobal('navigator', { gpu, userAgent: 'a test' });
  await import('../../src/lib/lab/worker');
  post({ type: 'file', file: new File([await readFile('tests/fixtures/tiny-q4km.gguf')], MODEL) });
});

describe('the worker', () => {
  test('says what GPU there is', async () => {
    post({ type: 'describe' });
    const [event] = await until(({ type }) => type === 'adapter' || type === 'no-adapter');
    expect(event).toMatchObject({ type: 'adapter', adapter: { name: expect.stringMatching(/\w/) } });
  });

  test('runs one cell after another, each event with its cell, and compiles only the last of what was typed', async () => {
    const variants = [mine];
    post({ type: 'run', cell: 'a', kind: 'sweep', text: `${QUICK}samples=1\nargmax=mine\n`, variants });
    post({ type: 'compile', cell: 'w', request: 1, variant: { ...mine, wgsl: 'nonsense' } });
    post({ type: 'compile', cell: 'w', request: 2, variant: mine });
    post({ type: 'run', cell: 'b', kind: 'sweep', text: 'chunks=1\n', variants: [] });
    const events = await until((event) => ends('b')(event) && event.type === 'finished');
    const cells = events.flatMap((event) => ('cell' in event ? [event.cell] : []));
    expect(cells.filter((cell, i) => cell !== cells[i - 1])).toEqual(['a', 'w', 'b']);
    const of = (cell: string) => events.filter((event) => 'cell' in event && event.cell === cell);
    expect(of('a').at(-1)).toMatchObject({ type: 'finished', stopped: false });
    expect(of('a').find(({ type }) => type === 'record')).toMatchObject({
      record: { variants: { argmax: { name: 'mine' } }, agent: 'a test' },
    });
    const compiled = { type: 'compiled', cell: 'w', request: 2, problems: [], knobs: expect.anything() };
    expect(of('w')).toEqual([compiled]);
    expect(typesOf(of('b'))).toEqual(['failed', 'finished']);
  });

  test('checks a shader and microbenchmarks it', async () => {
    post({ type: 'check', cell: 'w', request: 3, variant: mine });
    const checked = (await until(ends('w'))).at(-1);
    expect(checked).toMatchObject({ type: 'checked', cell: 'w', request: 3, outcome: { passed: true } });
    post({ type: 'microbenchmark', cell: 'w', request: 4, variant: mine, model: MODEL, tokens: [4] });
    const microbenchmark = (await until(ends('w'))).at(-1);
    expect(microbenchmark).toMatchObject({
      type: 'microbenchmark',
      cell: 'w',
      request: 4,
      rows: [{ variant: 'mine' }, { variant: kernels.argmax.default }],
    });
    post({ type: 'check', cell: 'w', request: 5, variant: { ...mine, kernel: 'nothing' } });
    expect((await until(ends('w'))).at(-1)).toMatchObject({
      type: 'failed',
      request: 5,
      reason: expect.stringMatching(/no kernel "nothing"/),
    });
  });

  test('stops what is under way and what waits, and goes on with what comes after', async () => {
    post({ type: 'run', cell: 'a', kind: 'sweep', text: `${QUICK}samples=1000\n`, variants: [] });
    post({ type: 'run', cell: 'b', kind: 'sweep', text: `${QUICK}samples=1000\n`, variants: [] });
    await until((event) => event.type === 'progress' && event.progress.phase === 'measuring');
    post({ type: 'stop' });
    post({ type: 'run', cell: 'c', kind: 'sweep', text: `${QUICK}samples=1\n`, variants: [] });
    const events = await until(ends('c'));
    const finished = events.filter(({ type }) => type === 'finished');
    expect(finished).toEqual([
      { type: 'finished', stopped: true, cell: 'a' },
      { type: 'finished', stopped: true, cell: 'b' },
      { type: 'finished', stopped: false, cell: 'c' },
    ]);
    expect(events.filter(({ type }) => type === 'record')).toHaveLength(1);
    expect(events.filter(({ type }) => type === 'failed')).toEqual([]);
    // The memory on the GPU is told after work that has changed it: a new file frees the model.
    post({ type: 'file', file: new File(['another'], 'another.gguf') });
    const told = await until((event) => event.type === 'memory' && event.memory.model === undefined);
    const memories = told.flatMap((event) => (event.type === 'memory' ? [event.memory] : []));
    expect(memories.at(-2)?.model ?? MODEL).toBe(MODEL);
    expect(memories.at(-1)!.bytes).toBeLessThan(100_000);
    expect(uncaught).toEqual([]);
  });
});
