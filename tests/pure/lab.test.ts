/** The page's connection to its worker: a worker that was ended no longer counts, and one that dies is replaced. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Lab } from '../../src/lib/ui/session/lab.svelte';
import { speak } from '../../src/lib/ui/words/words.svelte';

/** A worker that does nothing by itself: its events are made by the test. */
class Worker {
  static all: Worker[] = [];
  onmessage?: (event: unknown) => void;
  onerror?: (event: unknown) => void;
  ended = false;
  constructor() {
    Worker.all.push(this);
  }
  postMessage() {}
  terminate() {
    this.ended = true;
  }
  say(data: object) {
    this.onmessage?.({ data });
  }
  die() {
    this.onerror?.({ message: 'It died', preventDefault() {} });
  }
}

beforeEach(async () => {
  Worker.all = [];
  vi.stubGlobal('document', { visibilityState: 'visible', documentElement: {} });
  await speak('en');
  vi.stubGlobal('location', { origin: 'http://localhost', href: 'http://localhost/' });
  vi.stubGlobal('navigator', { gpu: {} });
  vi.stubGlobal('Worker', Worker);
});
afterEach(() => void vi.unstubAllGlobals());

test('the second error of a worker that was ended does not end the one in its place', () => {
  const lab = new Lab();
  lab.open();
  const lost = vi.fn();
  lab.listen('cell', { receive: () => undefined, lost });
  const [first] = Worker.all;
  first.die();
  first.die(); // browsers report what a terminated worker had thrown
  first.say({ type: 'memory', memory: { model: 'demo', bytes: 7 } });
  expect(Worker.all.map(({ ended }) => ended)).toEqual([true, false]);
  expect(lost).toHaveBeenCalledTimes(1);
  expect(lab.memory.bytes).toBe(0);
  lab.close();
});

test('workers are replaced for as long as they reach a cell, and given up when they never do', () => {
  const lab = new Lab();
  lab.open();
  for (let times = 0; times < 20; times++) {
    Worker.all.at(-1)!.say({ type: 'finished', cell: 'cell' });
    Worker.all.at(-1)!.die();
  }
  expect(lab.unavailable).toBeUndefined();
  expect(Worker.all).toHaveLength(21);
  for (let times = 0; times < 20; times++) Worker.all.at(-1)!.die();
  expect(lab.unavailable).toContain('keeps stopping');
  expect(Worker.all.length).toBeLessThan(30);
  lab.close();
});
