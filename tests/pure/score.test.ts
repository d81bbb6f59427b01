// "How fast is this GPU?": which model is measured, what follows, and what happens when one does not fit.
import { afterEach, expect, test, vi } from 'vitest';
import type { WorkerEvent, WorkerMessage } from '../../src/lib/lab/worker';
import type { Lab, Listener } from '../../src/lib/ui/session/lab.svelte';
import { Score } from '../../src/lib/ui/session/score.svelte';

afterEach(() => void vi.unstubAllGlobals());

/** The measurement on a GPU, whose worker is played by the test. */
function scoreOn(software: boolean, deviceMemory?: number) {
  vi.stubGlobal('navigator', { deviceMemory });
  const sent: WorkerMessage[] = [];
  let listener: Listener | undefined;
  const lab = {
    adapter: { software },
    send: (message: WorkerMessage) => sent.push(message),
    listen: (_: string, each: Listener) => ((listener = each), () => (listener = undefined)),
    watch: () => undefined,
    expectAnswer: () => undefined,
    calm: () => undefined,
  };
  const tell = (event: object) => listener?.receive(event as WorkerEvent);
  const score = new Score(lab as unknown as Lab);
  const asked = () =>
    sent.map((message) =>
      'text' in message ? `${message.kind} ${message.text.split('\n')[0]}` : message.type,
    );
  return {
    score,
    asked,
    tell,
    lose: (reason: string) => listener?.lost(reason),
    listens: () => listener !== undefined,
  };
}

test('the model of the target is measured, then profiled', () => {
  const { score, asked, tell, listens } = scoreOn(false);
  score.start();
  expect(asked()).toEqual(['sweep model=synthetic-2.9b']);
  tell({ type: 'record', record: { model: 'synthetic-2.9b' } });
  tell({ type: 'finished', stopped: false });
  expect(score.state).toBe('profiling');
  expect(asked()[1]).toBe('profile model=synthetic-2.9b');
  tell({ type: 'profiled', profile: { rows: [] } });
  tell({ type: 'finished', stopped: false });
  expect(score).toMatchObject({ state: 'done', problem: undefined, profile: { rows: [] } });
  expect(listens()).toBe(false);
});

test('what limits a CPU that emulates a GPU is not asked', () => {
  const { score, asked, tell } = scoreOn(true);
  score.start();
  tell({ type: 'record', record: { model: 'demo', software: true } });
  tell({ type: 'finished', stopped: false });
  expect(score.state).toBe('done');
  expect(asked()).toEqual(['sweep model=demo']);
});

test('a model that does not fit is followed by the next smaller one, and said', () => {
  const { score, asked, tell } = scoreOn(false);
  score.start();
  tell({ type: 'failed', settings: '', reason: 'no room' });
  tell({ type: 'finished', stopped: false });
  expect(asked()).toEqual(['sweep model=synthetic-2.9b', 'sweep model=synthetic-1.5b']);
  expect(score).toMatchObject({
    ...{ state: 'measuring', model: 'synthetic-1.5b', problem: undefined },
    skipped: { model: 'synthetic-2.9b', reason: 'no room' },
  });
});

test('a computer with little memory begins with a smaller model, a CPU that emulates a GPU with the demo', () => {
  const models = (software: boolean, memory?: number) => {
    const { score, asked } = scoreOn(software, memory);
    score.start();
    return asked();
  };
  expect(models(false, 8)).toEqual(['sweep model=synthetic-2.9b']);
  expect(models(false, 4)).toEqual(['sweep model=synthetic-1.5b']);
  expect(models(false, 0.25)).toEqual(['sweep model=synthetic-0.1b']);
  expect(models(true)).toEqual(['sweep model=demo']);
});

test('Stop ends it without a smaller model, and a crash is a reason', () => {
  const { score, asked, tell, lose } = scoreOn(false);
  score.start();
  score.stop();
  expect(asked()).toEqual(['sweep model=synthetic-2.9b', 'supersede']);
  tell({ type: 'finished', stopped: true });
  expect(score.state).toBe('idle');
  score.start();
  lose('The worker is gone');
  expect(score).toMatchObject({ state: 'done', problem: 'The worker is gone' });
});
