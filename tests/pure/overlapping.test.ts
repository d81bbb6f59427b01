// Work on the GPU that begins before what came before it has ended.
import { expect, test } from 'vitest';
import { overlapping, type Piece } from '../../src/lib/lab/measure/overlapping';

const never = new AbortController().signal;

/** Pieces that are submitted at once and end when they are told to. */
function pieces(count: number, bytes = 1) {
  const begun: number[] = [];
  const ends: { resolve: (result: number) => void; reject: (error: Error) => void }[] = [];
  const all = Array.from({ length: count }, (_, index): Piece<number> => ({
    bytes,
    start(submitted) {
      begun.push(index);
      submitted();
      return new Promise((resolve, reject) => (ends[index] = { resolve, reject }));
    },
  }));
  return { all, begun, ends };
}
const soon = () => new Promise((resolve) => setTimeout(resolve));

test('pieces begin before the results of those before are there, eight at once, and results keep their order', async () => {
  const { all, begun, ends } = pieces(10);
  const started: number[] = [];
  const results = overlapping(all, never, (index) => started.push(index));
  await soon();
  expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  for (const at of [3, 7]) ends[at].resolve(at);
  await soon();
  expect(begun).toHaveLength(8); // the first is still in progress
  ends[0].resolve(0);
  await soon();
  expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  for (const at of [1, 2, 4, 5, 6, 8]) ends[at].resolve(at);
  await soon();
  ends[9].resolve(9);
  expect(await results).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(started).toEqual(begun);
});

test('large ones begin one after another', async () => {
  const { all, begun, ends } = pieces(2, 2 ** 27);
  const results = overlapping(all, never, () => undefined);
  await soon();
  expect(begun).toEqual([0]);
  ends[0].resolve(0);
  await soon();
  ends[1].resolve(1);
  expect(await results).toEqual([0, 1]);
});

test('no piece begins before the one before it is submitted', async () => {
  let submit = () => {};
  const begun: number[] = [];
  const slow: Piece<number> = {
    bytes: 1,
    start: (submitted) => (
      begun.push(0),
      (submit = submitted),
      Promise.resolve()
        .then(soon)
        .then(() => 0)
    ),
  };
  const fast: Piece<number> = { bytes: 1, start: () => (begun.push(1), Promise.resolve(1)) };
  const results = overlapping([slow, fast], never, () => undefined);
  await Promise.resolve();
  expect(begun).toEqual([0]);
  submit();
  expect(await results).toEqual([0, 1]);
});

test('the first failure in their order is thrown, after all that had begun have ended', async () => {
  const { all, begun, ends } = pieces(3);
  let settled = false;
  const results = overlapping(all, never, () => undefined).finally(() => (settled = true));
  results.catch(() => undefined);
  await soon();
  expect(begun).toEqual([0, 1, 2]);
  ends[2].reject(new Error('third'));
  ends[1].reject(new Error('second'));
  await soon();
  expect(settled).toBe(false);
  ends[0].resolve(0);
  await expect(results).rejects.toThrow('second');
});

test('a stop ends it between two pieces', async () => {
  const stop = new AbortController();
  const { all, begun, ends } = pieces(9);
  const results = overlapping(all, stop.signal, () => undefined);
  results.catch(() => undefined);
  await soon();
  stop.abort(new Error('Stopped'));
  for (const { resolve } of ends) resolve(0);
  await expect(results).rejects.toThrow('Stopped');
  expect(begun).toHaveLength(8);
});
