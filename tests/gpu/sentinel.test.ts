// The sentinel and the timestamps of this machine's GPU.
import { afterAll, describe, expect, test } from 'vitest';
import { gpu, openFile } from '../../cli/node';
import { believed } from '../../src/lib/engine/timer';
import { parseExperiment } from '../../src/lib/lab/experiment/experiment';
import { expand } from '../../src/lib/lab/experiment/expand';
import { measure } from '../../src/lib/lab/measure/measure';
import { Sentinel, testTimestamps } from '../../src/lib/lab/measure/sentinel';
import { Session } from '../../src/lib/lab/measure/session';

const TINY = 'tests/fixtures/tiny-q4km.gguf';
const session = new Session({ gpu, agent: 'a test', open: openFile });
const never = new AbortController().signal;
afterAll(() => session.close());

describe('the sentinel', () => {
  test('is made once for a device and lasts some milliseconds', async () => {
    const gpu = await session.open();
    const sentinel = await Sentinel.of(gpu);
    expect(await Sentinel.of(gpu)).toBe(sentinel);
    expect(await sentinel.seconds()).toBeGreaterThan(0);
  });

  test('is timed by timestamps that the wall clock confirms', () => {
    expect(believed(0.01, 0.011, 1e-4)).toBe(true);
    expect(believed(0.013, 0.01, 1e-4)).toBe(false); // longer than the wall seconds
    expect(believed(0.01205, 0.01, 1e-4)).toBe(true); // by no more than a fifth and a tick
    expect(believed(0.004, 0.01, 1e-4)).toBe(false);
    expect(believed(0.004, 0.01, 1e-4, 0.006)).toBe(true); // most of the wall seconds were waiting
    expect(believed(0, 0.01, 1e-4)).toBe(false); // clocks that stand still
    expect(believed(undefined, 0.01, 1e-4)).toBe(false);
  });
});

test('timestamps have a tick', async ({ skip }) => {
  const facts = await testTimestamps(await session.open());
  if (!facts) return skip('this GPU has no timestamps');
  expect(facts.tick).toBeGreaterThan(0);
  expect(facts.tick).toBeLessThan(1e-3);
  expect(facts.doubled).toBeGreaterThan(0);
});

test('a sweep on a GPU times it before, amid and after the samples', async () => {
  const model = await session.load(TINY, 1, () => undefined, never);
  const context = await session.context(never);
  // A software adapter that passes for a GPU: sweeps on software adapters leave the sentinel out.
  const hardware = { ...context.gpu, adapter: { ...context.gpu.adapter, software: false } };
  const [run] = expand(parseExperiment(`model=${TINY}&prefill=3&samples=2&warmup=0&matmul=naive`));
  const record = await measure(run, model, { ...context, gpu: hardware });
  expect(record.sentinelSeconds).toHaveLength(3);
  for (const seconds of record.sentinelSeconds!) expect(seconds).toBeGreaterThan(0);
});
