// `promptly` asks the GPU process of a browser until the work is done, in the way that the browser answers, and leaves the work's own
// result and errors alone.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

/** A device that answers an empty error scope after `delay` ms, or refuses to; `architecture`: of its adapter. */
function deviceAnswering(delay: number, refuse = false, architecture = 'ampere') {
  const calls: string[] = [];
  const device = {
    adapterInfo: { architecture },
    queue: { submit: (commands: unknown[]) => void calls.push(`submit ${commands.length}`) },
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

const CHROME =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36';
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0';

/** The module as the worker of a browser of this name loads it, or as Node does. */
async function load(userAgent?: string) {
  vi.resetModules();
  if (userAgent) {
    vi.stubGlobal('WorkerGlobalScope', class {});
    vi.stubGlobal('navigator', { userAgent });
  }
  return import('../../src/lib/engine/finished');
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] }));
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('asks one question after the other until the work is done, and no more', async () => {
  const { promptly } = await load(CHROME);
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
  const { promptly } = await load(CHROME);
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
  const { promptly } = await load(CHROME);
  const failing = promptly(deviceAnswering(1).device, Promise.reject(new Error('out of memory')));
  await expect(failing).rejects.toThrow('out of memory');
  const { device, calls } = deviceAnswering(1, true);
  const result = promptly(device, after(10, 'token'));
  await vi.advanceTimersByTimeAsync(10);
  expect(await result).toBe('token');
  expect(calls).toEqual(['push', 'pop']);
});

test('asks nothing in Node, whose Dawn looks for finished work by itself', async () => {
  const { promptly } = await load();
  const { device, calls } = deviceAnswering(1);
  const result = promptly(device, after(10, 'token'));
  await vi.advanceTimersByTimeAsync(10);
  expect(await result).toBe('token');
  expect(calls).toEqual([]);
});

test('asks Firefox by empty submissions, for as long as the work takes', async () => {
  const { promptly } = await load(FIREFOX);
  const { device, calls } = deviceAnswering(1);
  const result = promptly(device, after(5000, 'token'));
  await vi.advanceTimersByTimeAsync(10);
  expect(calls.slice(0, 6)).toEqual(['submit 0', 'push', 'pop', 'submit 0', 'push', 'pop']);
  await vi.advanceTimersByTimeAsync(3990);
  const asked = calls.length;
  await vi.advanceTimersByTimeAsync(1000);
  expect(await result).toBe('token');
  // After four seconds it is asked about every 40 ms.
  expect((calls.length - asked) / 3).toBeGreaterThan(15);
  expect((calls.length - asked) / 3).toBeLessThan(30);
});

test('asks a CPU that emulates a GPU for 4 ms, and then Firefox about every 4 ms', async () => {
  for (const [userAgent, most] of [
    [CHROME, 2 * 5],
    [FIREFOX, 3 * (5 + 100 / 4)],
  ] as const) {
    const { promptly } = await load(userAgent);
    const { device, calls } = deviceAnswering(1, false, 'swiftshader');
    const result = promptly(device, after(100, 'token'));
    await vi.advanceTimersByTimeAsync(4);
    expect(calls.length).toBeGreaterThanOrEqual(2 * 4);
    await vi.advanceTimersByTimeAsync(96);
    expect(await result).toBe('token');
    expect(calls.length).toBeLessThanOrEqual(most);
  }
});

test('asks only Firefox for work behind which more is queued', async () => {
  for (const [userAgent, asks] of [
    [CHROME, false],
    [FIREFOX, true],
  ] as const) {
    const { whileQueued } = await load(userAgent);
    const { device, calls } = deviceAnswering(1);
    const result = whileQueued(device, after(10, 'chunk'));
    await vi.advanceTimersByTimeAsync(10);
    expect(await result).toBe('chunk');
    expect(calls.length > 0).toBe(asks);
  }
});

test('measures once how long the news of an end takes', async () => {
  const { waitingOf } = await load();
  let submitted = 0;
  const delays = [9, 4, 6];
  const device = {
    createCommandEncoder: () => ({ finish: () => ({}) }),
    queue: {
      submit: () => void submitted++,
      onSubmittedWorkDone: () => after(submitted ? delays[submitted - 1] : 0, undefined),
    },
  } as unknown as GPUDevice;
  const both = Promise.all([waitingOf(device), waitingOf(device)]);
  await vi.advanceTimersByTimeAsync(100);
  expect(await both).toEqual([0.004, 0.004]);
  expect(submitted).toBe(3);
});
