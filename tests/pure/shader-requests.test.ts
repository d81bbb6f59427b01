// The page's requests to the worker about a shader, and which answer belongs to which request.
import { expect, test } from 'vitest';
import type { WorkerEvent, WorkerMessage } from '../../src/lib/lab/worker';
import { Shader } from '../../src/lib/ui/kernels/shader.svelte';
import type { Lab, Listener } from '../../src/lib/ui/session/lab.svelte';

type Request = Extract<WorkerMessage, { request: number }>;
type Answer = Extract<WorkerEvent, { request: number }>;
type Without<Event> = Event extends unknown ? Omit<Event, 'cell' | 'request'> : never;

const variantOf = (wgsl: string) => ({ kernel: 'argmax', name: 'mine', wgsl });
const error = { line: 1, column: 1, length: 1, severity: 'error' as const, message: 'wrong' };

/** A shader, what it sends to its worker, and the cells that are watched for a hang. */
function open() {
  const sent: Request[] = [];
  const watched = new Set<string>();
  let listener: Listener | undefined;
  const lab = {
    send: (message: Request) => sent.push(message),
    listen: (_cell: string, given: Listener) => {
      listener = given;
      return () => undefined;
    },
    watch: (cell: string) => watched.add(cell),
    calm: (cell: string) => watched.delete(cell),
  };
  const shader = new Shader('w', lab as unknown as Lab);
  const answer = (to: Request, event: Without<Answer>) =>
    listener!.receive({ ...event, cell: 'w', request: to.request } as Answer);
  return { shader, sent, watched, answer };
}

test('an answer to a text that has changed since is not taken for that of the new one', () => {
  const { shader, sent, watched, answer } = open();
  shader.compile(variantOf('one'));
  shader.compile(variantOf('two'));
  // The worker had begun to compile the first text before it heard of the second.
  answer(sent[0], { type: 'compiled', problems: [], knobs: {} });
  expect(shader.compiled).toBeUndefined();
  expect(shader.compiling).toBe(true);
  answer(sent[1], { type: 'compiled', problems: [error], knobs: {} });
  expect(shader.compiled).toEqual({ text: 'two', result: [error] });
  expect(shader.compiling).toBe(false);
  expect([...watched]).toEqual([]);
});

test('a failure belongs to the request that failed', () => {
  const { shader, sent, watched, answer } = open();
  shader.check(variantOf('one'));
  shader.compile(variantOf('two'));
  shader.compile(variantOf('three'));
  answer(sent[1], { type: 'failed', settings: '', reason: 'of a text that has changed' });
  expect([shader.doing, shader.compiling, shader.failure]).toEqual(['check', true, undefined]);
  answer(sent[2], { type: 'failed', settings: '', reason: 'The GPU was lost' });
  expect([shader.doing, shader.compiling, shader.failure]).toEqual(['check', false, 'The GPU was lost']);
  expect([...watched]).toEqual(['w']);
  answer(sent[0], { type: 'failed', settings: '', reason: 'Stopped' });
  expect([shader.doing, shader.stopped]).toEqual([undefined, true]);
  expect([...watched]).toEqual([]);
});
