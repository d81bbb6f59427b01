// "How fast is this GPU?": which model is measured, what follows, and what happens when one does not fit.
import { afterEach, expect, test, vi } from 'vitest';
import type { WorkerEvent, WorkerMessage } from '../../src/lib/lab/worker';
import type { Lab, Listener } from '../../src/lib/ui/session/lab.svelte';
import { Score } from '../../src/lib/ui/session/score.svelte';

afterEach(() => void vi.unstubAllGlobals());

/** The measurement on a GPU, whose worker is played by the test. */
function scoreOn(software: boolean, deviceMemory?: number, handheld = false) {
  vi.stubGlobal('navigator', { deviceMemory });
  vi.stubGlobal('matchMedia', () => ({ matches: handheld }));
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
      'text' in message
        ? [message.kind, message.text.split('\n')[0], ...('effort' in message ? [message.effort] : [])].join(
            ' ',
          )
        : message.type,
    );
  return {
    score,
    asked,
    tell,
    lose: (reason: string) => listener?.lost(reason),
    listens: () => listener !== undefined,
  };
}

/** The record of a model whose prefill took so many seconds. */
const took = (seconds: number, more = {}) => ({
  type: 'record',
  record: { model: 'synthetic-2.9b', prefillSeconds: [seconds], ...more },
});
const FINISHED = { type: 'finished', stopped: false };

test('the model of the target is measured quickly, then with all samples, then profiled', () => {
  const { score, asked, tell, listens } = scoreOn(false);
  score.start();
  expect(asked()).toEqual(['sweep model=synthetic-2.9b quick']);
  tell(took(0.5));
  tell(FINISHED);
  expect(score).toMatchObject({ state: 'refining', busy: true, record: took(0.5).record });
  expect(asked()[1]).toBe('sweep model=synthetic-2.9b');
  tell(took(0.6));
  tell(FINISHED);
  expect(score).toMatchObject({ state: 'profiling', record: took(0.6).record });
  expect(asked()[2]).toBe('profile model=synthetic-2.9b');
  tell({ type: 'profiled', profile: { rows: [] } });
  tell({ type: 'finished', stopped: false });
  expect(score).toMatchObject({ state: 'done', problem: undefined, profile: { rows: [] } });
  expect(listens()).toBe(false);
});

test.each([3, 8])(
  'more samples are taken last where each takes long, and none where they take too long: %s s',
  (seconds) => {
    const { score, asked, tell } = scoreOn(false);
    score.start();
    tell(took(seconds));
    tell(FINISHED);
    expect(score).toMatchObject({ state: 'profiling', quick: true });
    expect(asked()[1]).toBe('profile model=synthetic-2.9b');
    tell({ type: 'profiled', profile: { rows: [] } });
    tell(FINISHED);
    if (seconds > 4) return expect(score).toMatchObject({ state: 'done', quick: true });
    expect(asked()[2]).toBe('sweep model=synthetic-2.9b');
    tell(took(seconds, { prefillSeconds: Array.from({ length: 5 }, () => seconds) }));
    tell(FINISHED);
    expect(score).toMatchObject({ state: 'done', quick: false, profile: { rows: [] } });
    expect(asked()).toHaveLength(3);
  },
);

test('a result stays when what follows it is stopped or fails', () => {
  for (const end of [
    { type: 'finished', stopped: true },
    { type: 'failed', settings: '', reason: 'lost' },
  ]) {
    const { score, tell } = scoreOn(false);
    score.start();
    tell(took(0.5));
    tell(FINISHED);
    tell(end);
    if (end.type === 'failed') for (let left = 2; left > 0; left--) tell(FINISHED);
    expect(score).toMatchObject({ state: 'done', record: took(0.5).record });
  }
});

test('what limits a CPU that emulates a GPU is not asked', () => {
  const { score, asked, tell } = scoreOn(true);
  score.start();
  for (let samples = 2; samples > 0; samples--) {
    tell(took(0.5, { software: true }));
    tell(FINISHED);
  }
  expect(score.state).toBe('done');
  expect(asked()).toEqual(['sweep model=demo quick', 'sweep model=demo']);
});

test('a model that does not fit is followed by the next smaller one, and said', () => {
  const { score, asked, tell } = scoreOn(false);
  score.start();
  tell({ type: 'failed', settings: '', reason: 'no room' });
  tell({ type: 'finished', stopped: false });
  expect(asked()).toEqual(['sweep model=synthetic-2.9b quick', 'sweep model=synthetic-1.5b quick']);
  expect(score).toMatchObject({
    ...{ state: 'measuring', model: 'synthetic-1.5b', problem: undefined },
    skipped: { model: 'synthetic-2.9b', reason: 'no room' },
  });
});

test('a computer with little memory, or a phone that does not tell it, begins with a smaller model, a CPU that emulates a GPU with the demo', () => {
  const models = (software: boolean, memory?: number, handheld?: boolean) => {
    const { score, asked } = scoreOn(software, memory, handheld);
    score.start();
    return asked();
  };
  expect(models(false, 8)).toEqual(['sweep model=synthetic-2.9b quick']);
  expect(models(false, 4)).toEqual(['sweep model=synthetic-1.5b quick']);
  expect(models(false, 0.25)).toEqual(['sweep model=synthetic-0.1b quick']);
  expect(models(false, undefined, true)).toEqual(['sweep model=synthetic-0.4b quick']);
  expect(models(false, 8, true)).toEqual(['sweep model=synthetic-2.9b quick']);
  expect(models(true)).toEqual(['sweep model=demo quick']);
});

test('Stop ends it without a smaller model, and a crash is a reason', () => {
  const { score, asked, tell, lose } = scoreOn(false);
  score.start();
  score.stop();
  expect(asked()).toEqual(['sweep model=synthetic-2.9b quick', 'supersede']);
  tell({ type: 'finished', stopped: true });
  expect(score.state).toBe('idle');
  score.start();
  lose('The worker is gone');
  expect(score).toMatchObject({ state: 'done', problem: 'The worker is gone' });
});
