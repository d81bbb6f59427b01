// Reads how much memory a page, its worker and the browser's processes hold, for soak.js.
import { readdirSync, readFileSync } from 'node:fs';
import { countNodes, readSizes } from './inside.js';
import { within } from './within.js';

/** @typedef {import('playwright-core').Page} Page */

const MEGABYTE = 2 ** 20;
const megabytes = (/** @type {number} */ bytes) => (bytes / MEGABYTE).toFixed(2);

/**
 * Resolves to a function that collects garbage and reads heaps, nodes, listeners, GPU buffers, storage, and on Linux the resident memory
 * of the browser's processes.
 * @param {Page} page
 */
export async function chromiumMeters(page) {
  const own = await page.context().newCDPSession(page);
  await own.send('Performance.enable');
  const browser = page.context().browser();
  if (!browser) throw new Error('The page has no browser');
  const whole = await browser.newBrowserCDPSession();
  return async () => {
    await own.send('HeapProfiler.collectGarbage');
    const { metrics } = await own.send('Performance.getMetrics');
    const metric = (/** @type {string} */ name) => metrics.find((each) => each.name === name)?.value ?? 0;
    const { gpu, usage } = await page.evaluate(readSizes);
    const { processInfo } = await whole.send('SystemInfo.getProcessInfo');
    const resident = (/** @type {string} */ type) =>
      megabytes(
        processInfo.filter((each) => each.type === type).reduce((sum, { id }) => sum + residentBytes(id), 0),
      );
    return {
      page_heap_mb: megabytes(metric('JSHeapUsedSize')),
      // A worker that has just been ended may never answer.
      worker_heap_mb: await within(workerHeap(whole), 'the worker', 20).then(megabytes, () => ''),
      nodes: metric('Nodes'),
      listeners: metric('JSEventListeners'),
      gpu_mb: megabytes(gpu),
      gpu_process_mb: resident('GPU'),
      renderer_mb: resident('renderer'),
      indexeddb_kb: Math.round(usage / 1024),
    };
  };
}

/**
 * The same columns of a page in Firefox, which tells no heap and no listeners. Its tabs, of which only one is open, are processes whose
 * command line ends in `tab`; WebGPU runs in the others.
 * @param {<R>(use: () => R) => Promise<Awaited<R>>} ask
 * @param {number} browser the process that was started
 */
export async function firefoxMeters(ask, browser) {
  const [nodes, { gpu, usage }] = [await ask(countNodes), await ask(readSizes)];
  let [tabs, others] = [0, 0];
  for (const id of descendants(browser))
    if (/\0tab\0*$/.test(textOf(`/proc/${id}/cmdline`))) tabs += residentBytes(id);
    else others += residentBytes(id);
  return {
    ...{ page_heap_mb: '', worker_heap_mb: '', nodes, listeners: '', gpu_mb: megabytes(gpu) },
    gpu_process_mb: megabytes(others),
    renderer_mb: megabytes(tabs),
    indexeddb_kb: Math.round(usage / 1024),
  };
}

/** A process and all that it has started, on Linux. */
function descendants(/** @type {number} */ root) {
  /** @type {Map<number, number>} */
  const parents = new Map();
  try {
    for (const name of readdirSync('/proc').filter((each) => /^\d+$/.test(each)))
      parents.set(Number(name), Number(/\) \w (\d+)/.exec(textOf(`/proc/${name}/stat`))?.[1]));
  } catch {
    return [];
  }
  const found = [root];
  for (const parent of found) for (const [id, of] of parents) if (of === parent) found.push(id);
  return found;
}

/** The text of a file; empty if it cannot be read, as that of a process that has ended. */
function textOf(/** @type {string} */ path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
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
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(textOf(`/proc/${id}/status`)) ?? [];
  return 1024 * Number(kilobytes ?? 0);
}
