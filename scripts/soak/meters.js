// Reads how much memory a page, its worker and the browser's processes hold, for soak.js; and holds the code that soak.js runs inside the
// page and the worker.
import { readFileSync } from 'node:fs';

/** @typedef {import('playwright-core').Page} Page */

const MEGABYTE = 2 ** 20;
const megabytes = (/** @type {number} */ bytes) => (bytes / MEGABYTE).toFixed(2);

/** Runs in the worker before its own code: loses the GPU, or ends the worker by an error, when told to. */
export function workerPrelude() {
  /** @type {Set<{ destroy(): void, lost: Promise<unknown> }>} */
  const devices = new Set();
  const { GPUAdapter } = /** @type {any} */ (globalThis);
  if (!GPUAdapter) return;
  const request = GPUAdapter.prototype.requestDevice;
  GPUAdapter.prototype.requestDevice = async function (/** @type {unknown[]} */ ...words) {
    const device = await request.apply(this, words);
    devices.add(device);
    device.lost.then(() => devices.delete(device));
    return device;
  };
  new BroadcastChannel('soak').onmessage = ({ data }) => {
    if (data === 'lose') for (const device of devices) device.destroy();
    if (data === 'end')
      setTimeout(() => {
        throw new Error('The worker was ended by the soak test');
      });
  };
}

/** Runs in the page before its own scripts: counts what the worker sends; `take` returns the counts since the last call. */
export function countMessages() {
  let [records, others, gpu] = [0, 0, 0];
  const take = () => {
    const counts = { records, others };
    [records, others] = [0, 0];
    return counts;
  };
  Object.assign(window, { soak: { take, gpu: () => gpu } });
  window.Worker = class extends Worker {
    /** @param {ConstructorParameters<typeof Worker>} words */
    constructor(...words) {
      super(...words);
      this.addEventListener('message', ({ data }) => {
        if (data.type === 'record') records++;
        if (['compared', 'profiled', 'generated', 'tuned'].includes(data.type)) others++;
        if (data.type === 'memory') gpu = data.memory.bytes;
      });
    }
  };
}

/**
 * Resolves to a function that collects garbage and reads heaps, nodes, listeners, GPU buffers, storage, and on Linux the resident memory
 * of the browser's processes.
 * @param {Page} page
 */
export async function openMeters(page) {
  const own = await page.context().newCDPSession(page);
  await own.send('Performance.enable');
  const browser = page.context().browser();
  if (!browser) throw new Error('The page has no browser');
  const whole = await browser.newBrowserCDPSession();
  return async () => {
    await own.send('HeapProfiler.collectGarbage');
    const { metrics } = await own.send('Performance.getMetrics');
    const metric = (/** @type {string} */ name) => metrics.find((each) => each.name === name)?.value ?? 0;
    const { usage = 0 } = await page.evaluate(() => navigator.storage.estimate());
    const { processInfo } = await whole.send('SystemInfo.getProcessInfo');
    const resident = (/** @type {string} */ type) =>
      megabytes(
        processInfo.filter((each) => each.type === type).reduce((sum, { id }) => sum + residentBytes(id), 0),
      );
    return {
      page_heap_mb: megabytes(metric('JSHeapUsedSize')),
      worker_heap_mb: megabytes(await workerHeap(whole)),
      nodes: metric('Nodes'),
      listeners: metric('JSEventListeners'),
      gpu_mb: megabytes(await page.evaluate(() => /** @type {any} */ (window).soak.gpu())),
      gpu_process_mb: resident('GPU'),
      renderer_mb: resident('renderer'),
      indexeddb_kb: Math.round(usage / 1024),
    };
  };
}

/**
 * The used bytes of the heap of the worker with the title `lab`, after a garbage collection; 0 while there is none.
 * @param {import('playwright-core').CDPSession} browser
 */
async function workerHeap(browser) {
  const { targetInfos } = await browser.send('Target.getTargets');
  const worker = targetInfos.find(({ type, title }) => type === 'worker' && title === 'lab');
  if (!worker) return 0;
  const { sessionId } = await browser.send('Target.attachToTarget', {
    targetId: worker.targetId,
    flatten: false,
  });
  /** @type {Promise<{ usedSize: number }>} */
  const usage = new Promise((resolve) => {
    const hear = (/** @type {{ sessionId: string, message: string }} */ event) => {
      const { id, result } = JSON.parse(event.message);
      if (event.sessionId !== sessionId || id !== 2) return;
      browser.off('Target.receivedMessageFromTarget', hear);
      resolve(result);
    };
    browser.on('Target.receivedMessageFromTarget', hear);
  });
  for (const [id, method] of [
    [1, 'HeapProfiler.collectGarbage'],
    [2, 'Runtime.getHeapUsage'],
  ])
    await browser.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method }) });
  const { usedSize } = await usage;
  await browser.send('Target.detachFromTarget', { sessionId });
  return usedSize;
}

/** The resident memory of a process on Linux; 0 elsewhere. */
function residentBytes(/** @type {number} */ id) {
  try {
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${id}/status`, 'utf8')) ?? [];
    return 1024 * Number(kilobytes ?? 0);
  } catch {
    return 0;
  }
}
