// `promptly` asks the GPU process of a browser until the work is done, and leaves the work's own result and errors alone.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

/** A device that answers an empty error scope after `delay` ms, or refuses to. */
function deviceAnswering(delay: number, refuse = false) {
  const calls: string[] = [];
  const device = {
    pushErrorScope: () => void calls.push('push'),
    popErrorScope: () => {
      calls.push('pop');
      return new Promise((resolve, reject) =>
        setTimeout(() => (refuse ? reject(new Error('lost')) : resolve(null)), delay),
      );
    },
  };
  return { device: device as unknown as GPUDevice, calls };
}

const after = <T>(ms: number, value: T) => new Promise<T>((resolve) => setTimeout(() => resolve(value), ms));

/** The module as a browser's worker loads it, or as Node does. */
async function load(inBrowser: boolean) {
  vi.resetModules();
  if (inBrowser) vi.stubGlobal('WorkerGlobalScope', class {});
  return import('../../src/lib/engine/finished');
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] }));
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('asks one question after the other until the work is done, and no more', async () => {
  const { promptly } = await load(true);
  const { device, calls } = deviceAnswering(1);
  const result = promptly(device, after(10, 'token'));
  await vi.advanceTimersByTimeAsync(10);
  expect(await result).toBe('token');
  const asked = calls.length;
  expect(asked).toBeGreaterThanOrEqual(18);
  expect(calls.slice(0, 4)).toEqual(['push', 'pop', 'push', 'pop']);
  await vi.advanceTimersByTimeAsync(50);
  expect(calls.length).toBe(asked);
});

test('stops asking after 100 ms and still waits', async () => {
  const { promptly } = await load(true);
  const { device, calls } = deviceAnswering(1);
  const result = promptly(device, after(5000, 'token'));
  await vi.advanceTimersByTimeAsync(150);
  const asked = calls.length;
  expect(asked).toBeLessThanOrEqual(2 * 101);
  await vi.advanceTimersByTimeAsync(5000);
  expect(await result).toBe('token');
  expect(calls.length).toBe(asked);
});

test('passes on the work’s error, and waits for the work where the device answers no more', async () => {
  const { promptly } = await load(true);
  const failing = promptly(deviceAnswering(1).device, Promise.reject(new Error('out of memory')));
  await expect(failing).rejects.toThrow('out of memory');
  const { device, calls } = deviceAnswering(1, true);
  const result = promptly(device, after(10, 'token'));
  await vi.advanceTimersByTimeAsync(10);
  expect(await result).toBe('token');
  expect(calls).toEqual(['push', 'pop']);
});

test('asks nothing in Node, whose Dawn looks for finished work by itself', async () => {
  const { promptly } = await load(false);
  const { device, calls } = deviceAnswering(1);
  const result = promptly(device, after(10, 'token'));
  await vi.advanceTimersByTimeAsync(10);
  expect(await result).toBe('token');
  expect(calls).toEqual([]);
});
