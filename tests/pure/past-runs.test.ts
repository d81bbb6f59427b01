// The history: what live mode measures of a cell in one sitting is one run, which grows, and whose text asks for its points.
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { placeOf } from '../../src/lib/lab/cells/points';
import { REGISTRY } from '../../src/lib/lab/experiment/catalogue';
import type { RunRecord } from '../../src/lib/lab/records/record';
import type { WorkerEvent, WorkerMessage } from '../../src/lib/lab/worker';
import { Notebook } from '../../src/lib/ui/notebook/notebook.svelte';
import { type Outcome, recordsIn, recordsOf, type ResultEvent } from '../../src/lib/ui/notebook/outcome';
import { liveRun } from '../../src/lib/ui/notebook/liveRun';
import { presentSession } from '../../src/lib/ui/notebook/pastRuns';
import { type Bench, wantedPoints } from '../../src/lib/ui/notebook/points';
import type { PastRun, Store } from '../../src/lib/ui/notebook/store';
import type { Lab, Listener } from '../../src/lib/ui/session/lab.svelte';
import { speak } from '../../src/lib/ui/words/words.svelte';

const BENCH: Bench = { adapter: 'a GPU', version: '1.2.3', defaults: {}, catalogue: REGISTRY, own: [] };
const BEGUN = '2026-01-01T10:00:00.000Z';

function record(settings: string, bench: Bench, startedAt: string): RunRecord {
  const [{ run }] = wantedPoints(settings, bench);
  return {
    ...{ settings: run.settings, model: run.model, prefill: run.prefill, chunk: run.chunk, startedAt },
    ...{ prefillSeconds: [0.05, 0.05], decodeSeconds: [], kernelHash: '0a0b0c0d', software: false },
    ...{ adapter: bench.adapter, labVersion: bench.version },
  } as unknown as RunRecord;
}
const at = (settings: string, startedAt = BEGUN): ResultEvent => ({
  type: 'record',
  record: record(settings, BENCH, startedAt),
});
const outcome = (events: ResultEvent[], kept: ResultEvent[] = []): Outcome => ({
  ...{ state: 'done', ran: '', planned: 0, previous: [], startedAt: '' },
  ...{ events, kept, session: { id: 'x', since: BEGUN } },
});
const kept = (text: string, of: Outcome) => liveRun(text, wantedPoints(text, BENCH), of, BENCH);
const places = (records: RunRecord[]) => records.map(({ settings }) => placeOf(settings));

beforeEach(() => void vi.useFakeTimers({ now: new Date(BEGUN) }));
afterEach(() => void vi.useRealTimers());

test('its text asks for what was measured, and what was measured before the session is no part of it', () => {
  const before = at('prefill=64&chunk=8', '2026-01-01T09:59:59.999Z');
  const run = kept(
    'prefill=64\nchunk=128\nsamples=4\nx=chunk\n',
    outcome([at('prefill=64&chunk=prefill')], [before, at('prefill=64&chunk=32'), at('prefill=64&chunk=4')]),
  )!;
  expect(run.body).toBe('prefill=64\nchunk=4,32,prefill\nsamples=4\nx=chunk\n');
  expect(places(recordsIn(run.outcome.events))).toEqual([
    'prefill=64&chunk=32',
    'prefill=64&chunk=4',
    'prefill=64',
  ]);
  expect(run.outcome.kept).toEqual([]);
  expect(kept('prefill=64\n', outcome([before])), 'nothing was measured').toBeUndefined();
});

test('where a text would ask for far more, it stays, and the other points are kept', () => {
  const far = [1, 2, 3, 4, 5].map((step) => at(`prefill=${64 * step}&chunk=${8 * step}`));
  const run = kept('prefill=320\nchunk=40\n', outcome(far.slice(4), far.slice(0, 4)))!;
  expect(run.body).toBe('prefill=320\nchunk=40\n');
  expect(run.outcome.events).toHaveLength(1);
  expect(recordsOf({ ...run, live: true })).toHaveLength(5);
});

test('points of a former text of a shader are shown where those of the present one were not measured', () => {
  const edited = (settings: string, own: string): ResultEvent => ({ ...at(settings), own }) as ResultEvent;
  const points = [edited('prefill=64&chunk=8', 'f0'), edited('prefill=64&chunk=8', 'f1')];
  const run = kept('prefill=64\nchunk=8\n', outcome([], points))!;
  expect(run.outcome.events, 'the newest').toEqual([points[1]]);
  expect(run.outcome.kept).toEqual([points[0]]);
  expect(run.former).toBe(true);

  const present = kept('prefill=64\nchunk=8\n', outcome([at('prefill=64&chunk=8')], points))!;
  expect(present.outcome.events).toEqual([at('prefill=64&chunk=8')]);
  expect(present.former).toBe(false);

  const broken = kept('prefill=64\nwkv=unreadable\n', outcome([], points))!;
  expect(broken.outcome.events, 'a text that asks for nothing').toEqual([points[1]]);
  expect(broken.former).toBe(true);
});

test('every point is part of the run, and those in view are asked for', () => {
  const list = (most: number) =>
    fc.uniqueArray(fc.integer({ min: 1, max: most }), { minLength: 1, maxLength: 2 });
  const point = fc.record({
    chunk: list(5),
    prefill: list(3),
    variant: fc.constantFrom('', 'naive', 'lanes'),
  });
  fc.assert(
    fc.property(fc.array(point, { minLength: 1, maxLength: 4 }), ([...turns]) => {
      const text = ({ chunk, prefill, variant }: (typeof turns)[number]) =>
        `prefill=${prefill.map((each) => 32 * each).join()}\nchunk=${chunk.map((each) => 16 * each).join()}\n${variant && `wkv=${variant}\n`}`;
      const all = new Map(
        turns.flatMap((turn) =>
          wantedPoints(text(turn), BENCH).map(({ key, run }) => [key, at(run.settings)] as const),
        ),
      );
      const run = kept(text(turns.at(-1)!), outcome([], [...all.values()]))!;
      expect(new Set(places(recordsOf({ ...run, live: true })))).toEqual(
        new Set([...all.values()].flatMap((each) => places(recordsIn([each])))),
      );
      const asked = places(wantedPoints(run.body, BENCH).map(({ run }) => run as unknown as RunRecord));
      expect(asked).toEqual(expect.arrayContaining(places(recordsIn(run.outcome.events))));
      expect(run.outcome.events.length).toBeGreaterThan(0);
    }),
    { numRuns: 30 },
  );
});

test('a session ends when nothing is begun for half an hour', () => {
  const long = { ...outcome([]), startedAt: '2026-01-01T12:00:00.000Z' };
  vi.setSystemTime('2026-01-01T12:29:00.000Z');
  expect(presentSession(long)).toEqual(long.session);
  expect(presentSession(undefined).since).toBe('2026-01-01T12:29:00.000Z');
  vi.setSystemTime('2026-01-01T12:31:00.000Z');
  expect(presentSession(long).id).not.toBe('x');
});

/** A notebook with a live sweep, whose worker is played by the test; the history by run id. */
function notebookWith(text: string) {
  const history = new Map<string, PastRun>();
  const sent: WorkerMessage[] = [];
  let listener: Listener;
  const store = {
    claim: () => Promise.resolve(true),
    save: () => Promise.resolve(),
    keepRun: (run: PastRun) => Promise.resolve(history.set(run.id, run)),
    deleteRun: (id: string) => Promise.resolve(history.delete(id)),
    pin: () => undefined,
  };
  const lab = {
    ...{ adapter: { name: 'a GPU', software: true }, defaults: {} },
    send: (message: WorkerMessage) => sent.push(message),
    listen: (_: string, each: Listener) => ((listener = each), () => undefined),
    ...{ watch: () => undefined, expectAnswer: () => undefined, calm: () => undefined },
  };
  const notebook = new Notebook(lab as unknown as Lab, store as unknown as Store);
  notebook.open(`\`\`\`lab sweep\n${text}\`\`\`\n`, { trusted: true });
  const [{ id }] = notebook.cells;
  /** The worker measures what it was asked for, with all samples, and ends. */
  const answer = async () => {
    for (const { run } of notebook.standingOf(id).missing) {
      vi.advanceTimersByTime(1000);
      const point = record(run.settings, notebook.bench, new Date().toISOString());
      listener.receive({
        type: 'record',
        record: { ...point, prefillSeconds: Array(10).fill(0.05) },
      } as WorkerEvent);
    }
    listener.receive({ type: 'finished' } as WorkerEvent);
    await vi.dynamicImportSettled();
  };
  const turn = async (next: string) => {
    notebook.setBody(id, next);
    notebook.live.turned(id);
    vi.advanceTimersByTime(100);
    await answer();
  };
  return { notebook, id, history, sent, answer, turn };
}

test('each turn adds to one run; a full run, a deleted run and a baseline end it', async () => {
  vi.stubGlobal('document', { visibilityState: 'visible', documentElement: {} });
  await speak('en');
  const { notebook, id, history, sent, answer, turn } = notebookWith('prefill=64\nchunk=8\n');
  notebook.live.toggle(id);
  vi.advanceTimersByTime(100);
  await answer();
  await turn('prefill=64\nchunk=16\n');
  await turn('prefill=64\nchunk=32\n');
  expect(sent).toHaveLength(3);
  const [first, ...others] = history.values();
  expect(others).toEqual([]);
  expect(first).toMatchObject({ kind: 'sweep', live: true, body: 'prefill=64\nchunk=8,16,32\n' });
  expect(recordsOf(first)).toHaveLength(3);

  // Opened, it shows all of its points as they were measured.
  notebook.addRun(first);
  const opened = notebook.cells.at(-1)!;
  expect(notebook.stateOf(opened)).toBe('done');
  expect(notebook.standingOf(opened.id)).toMatchObject({ missing: [], records: [{}, {}, {}] });

  vi.advanceTimersByTime(1);
  notebook.pin(first);
  await turn('prefill=64\nchunk=4\n');
  const [, second] = history.values();
  expect(recordsOf(history.get(first.id)!), 'a baseline stays as it is').toHaveLength(3);
  expect(places(recordsOf(second))).toEqual(['prefill=64&chunk=4']);

  vi.advanceTimersByTime(1);
  await notebook.deleteRun(second.id);
  await turn('prefill=64\nchunk=2\n');
  expect(history.has(second.id)).toBe(false);
  expect(places(recordsOf([...history.values()].at(-1)!))).toEqual(['prefill=64&chunk=2']);

  notebook.run(id, { again: true });
  await answer();
  expect(history.size).toBe(2 + 1);
  await turn('prefill=64\nchunk=1\n');
  const last = [...history.values()].at(-1)!;
  expect(history.size).toBe(4);
  expect(places(recordsOf(last))).toEqual(['prefill=64&chunk=1']);
  expect([...history.values()].map(({ live }) => live)).toEqual([true, true, false, true]);
});
