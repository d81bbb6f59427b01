// The sentinel and the timestamps of this machine's GPU.
import { describe, expect, test } from 'vitest';
import { describeAdapter } from '../../src/lib/engine/device';
import { believed, Sentinel, testTimestamps } from '../../src/lib/lab/measure/sentinel';
import type { OpenGpu } from '../../src/lib/lab/measure/session';
import { sharedKernels } from './engines';

async function openGpu(): Promise<OpenGpu> {
  const kernels = await sharedKernels();
  const { device } = kernels;
  const checked = new Map<string, number>();
  return {
    device,
    adapter: describeAdapter(device),
    kernels,
    checked,
    throwPendingErrors: () => undefined,
    unlessLost: (work) => work,
  };
}

describe('the sentinel', () => {
  test('is made once for a device and lasts some milliseconds', async () => {
    const gpu = await openGpu();
    const sentinel = await Sentinel.of(gpu);
    expect(await Sentinel.of(gpu)).toBe(sentinel);
    expect(await sentinel.seconds()).toBeGreaterThan(0.002);
  });

  test('is timed by timestamps that the wall clock confirms', () => {
    expect(believed(0.01, 0.011)).toBe(true);
    expect(believed(0.0102, 0.01, 1e-4)).toBe(false);
    expect(believed(0.00009 + 0.01, 0.01, 1e-4)).toBe(true);
    expect(believed(0.001, 0.01)).toBe(false);
    expect(believed(undefined, 0.01)).toBe(false);
  });
});

test('timestamps have a tick', async ({ skip }) => {
  const facts = await testTimestamps(await openGpu());
  if (!facts) return skip('this GPU has no timestamps');
  console.log(facts);
  expect(facts.tick).toBeGreaterThan(0);
  expect(facts.tick).toBeLessThan(1e-3);
  expect(facts.doubled).toBeGreaterThan(1);
});
