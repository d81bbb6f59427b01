/** Waiting for the GPU without the delay with which a browser notices that it has finished. */
import { isSoftware } from './device';

/** After so many milliseconds the browser's own delay is about 1 % of the wait, and asking would only cost power. */
const ASKING_MS = 100;

/** After so many milliseconds Firefox is asked only when another hundredth of the wait has passed, or PAUSE_MS. */
const ASKING_FIREFOX_MS = 400;

/** Browsers round the pauses of timers that follow one another up to this. */
const PAUSE_MS = 4;

/**
 * The same for a CPU that emulates a GPU: each question takes the CPU from the work that is waited for, and its times say nothing about
 * a GPU. Chrome's first look of its own is within this time.
 */
const ASKING_SOFTWARE_MS = 4;

/** Node's binding to Dawn looks for finished work all the time; only browsers need to be asked. */
const inBrowser = 'window' in globalThis || 'WorkerGlobalScope' in globalThis;

/** Chrome and Safari say "like Gecko", without a version. */
const inFirefox = inBrowser && /Gecko\/\d/.test(globalThis.navigator.userAgent);

/**
 * Waits for `work`, a promise that the browser keeps when the GPU has finished. Chrome 156 looks for finished work about once a
 * millisecond, and for the first time after 2.6 ms: on an H200 a kernel of 0.3 ms was noticed after 2.7 ms. It also looks whenever a
 * command comes, so empty error scopes are opened and closed until the work is done, each as soon as the last was answered, for
 * at most 100 ms: the same kernel is then noticed after 0.8 ms. Firefox 153 looks every 100 ms (bug 1870699 of Mozilla's) and whenever
 * something is submitted, so it is asked by empty submissions for as long as the work takes. A CPU that emulates a GPU is asked less. Errors
 * are those of `work`.
 */
export async function promptly<T>(device: GPUDevice, work: Promise<T>): Promise<T> {
  if (!inBrowser) return work;
  let waiting = true;
  const from = performance.now();
  const atOnce = isSoftware(device) ? ASKING_SOFTWARE_MS : inFirefox ? ASKING_FIREFOX_MS : ASKING_MS;
  const ask = async () => {
    while (waiting && (inFirefox || performance.now() - from < atOnce)) {
      if (inFirefox) device.queue.submit([]);
      // Nothing comes between the two calls, so no error of others is caught.
      device.pushErrorScope('validation');
      await device.popErrorScope();
      const waited = performance.now() - from;
      if (inFirefox && waited > atOnce)
        await new Promise((resolve) => setTimeout(resolve, Math.max(PAUSE_MS, waited / 100)));
    }
  };
  // A lost device refuses to answer; `work` tells of the loss.
  ask().catch(() => undefined);
  try {
    return await work;
  } finally {
    waiting = false;
  }
}

/** The same for work behind which more is queued: a delay of a millisecond costs nothing there, Firefox's would stop the queue. */
export const whileQueued = <T>(device: GPUDevice, work: Promise<T>): Promise<T> =>
  inFirefox ? promptly(device, work) : work;

/** Resolves when the GPU has finished all that was submitted. */
export const finished = (device: GPUDevice): Promise<undefined> =>
  promptly(device, device.queue.onSubmittedWorkDone());

const waitings = new WeakMap<GPUDevice, Promise<number>>();

/**
 * Seconds from the submission of an empty command buffer until the page hears of its end, measured once per device: the least of
 * three. A time by the wall clock contains about as much that is not work.
 */
export function waitingOf(device: GPUDevice): Promise<number> {
  const known = waitings.get(device) ?? measureWaiting(device);
  waitings.set(device, known);
  return known;
}

async function measureWaiting(device: GPUDevice): Promise<number> {
  const taken: number[] = [];
  for (let turn = 0; turn < 3; turn++) {
    await finished(device);
    const commands = device.createCommandEncoder().finish();
    const from = performance.now();
    device.queue.submit([commands]);
    await finished(device);
    taken.push((performance.now() - from) / 1e3);
  }
  return Math.min(...taken);
}
