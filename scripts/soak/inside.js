// Code that soak.js runs inside the page and inside its worker. Each function is sent as text, so that it uses nothing of this module.

/**
 * Runs in the worker before its own code, and obeys what is posted to the channel `soak`: loses the GPU, ends the worker by an error, or
 * keeps it busy for ever. Each act is answered.
 */
export function workerPrelude() {
  /** @type {Set<{ destroy(): void, lost: Promise<unknown> }>} */
  const devices = new Set();
  const { GPUAdapter } = /** @type {any} */ (globalThis);
  if (!GPUAdapter || self.name !== 'lab') return;
  const request = GPUAdapter.prototype.requestDevice;
  GPUAdapter.prototype.requestDevice = async function (/** @type {unknown[]} */ ...words) {
    const device = await request.apply(this, words);
    devices.add(device);
    device.lost.then(() => devices.delete(device));
    return device;
  };
  const channel = new BroadcastChannel('soak');
  channel.onmessage = ({ data }) => {
    if (data === 'lose' && devices.size > 0) channel.postMessage('done');
    if (data === 'lose') for (const device of devices) device.destroy();
    if (data === 'end') {
      channel.postMessage('done');
      setTimeout(() => {
        throw new Error('The worker was ended by the soak test');
      });
    }
    if (data === 'stall') {
      channel.postMessage('done');
      setTimeout(() => {
        for (;;);
      });
    }
  };
}

/**
 * Runs in the page before its own scripts. `soak.take` returns what the worker has sent since the last call: the starting times of
 * records, the number of other results and of models loaded, and how often it was disturbed.
 */
export function countMessages() {
  const none = () => ({ records: /** @type {string[]} */ ([]), others: 0, loads: 0, hits: 0, workers: 0 });
  let counts = none();
  let [gpu, heard, last] = [0, 0, ''];
  /** @type {string | undefined} */
  let model;
  const take = () => {
    const taken = counts;
    counts = none();
    return taken;
  };
  const channel = new BroadcastChannel('soak');
  channel.onmessage = ({ data }) => data === 'done' && counts.hits++;
  const disturb = (/** @type {string} */ what) => channel.postMessage(what);
  Object.assign(window, { soak: { take, disturb, gpu: () => gpu, heard: () => ({ heard, last }) } });
  window.Worker = class extends Worker {
    /** @param {ConstructorParameters<typeof Worker>} words */
    constructor(...words) {
      super(...words);
      if (words[1]?.name !== 'lab') return;
      counts.workers++;
      this.addEventListener('message', ({ data }) => {
        heard++;
        last = [data.type, data.progress?.phase, data.progress?.what].filter(Boolean).join(' ');
        if (data.type === 'record') counts.records.push(data.record.startedAt);
        if (['compared', 'profiled', 'generated', 'evaluated', 'tuned'].includes(data.type)) counts.others++;
        if (data.type !== 'memory') return;
        gpu = data.memory.bytes;
        if (data.memory.model && data.memory.model !== model) counts.loads++;
        model = data.memory.model;
      });
    }
  };
}

/** The state of the page, and the number of messages that it has had from the worker. */
export function readStatus() {
  const { heard, last } = /** @type {any} */ (window).soak.heard();
  const line = document.querySelector('[data-phase]');
  const status = (line?.textContent ?? '').replace(/\s+/g, ' ').trim();
  const phase = line?.getAttribute('data-phase') ?? 'none';
  const ready = document.querySelector('[data-adapter]') !== null;
  return {
    phase,
    status,
    heard,
    last,
    ready,
    title: document.querySelector('[data-title]')?.textContent?.trim(),
  };
}

/** Opens a text as a notebook, as a drop of the file does. */
export function importText(/** @type {string} */ text) {
  const data = new DataTransfer();
  data.items.add(new File([text], 'soak.md', { type: 'text/markdown' }));
  const field = /** @type {HTMLInputElement} */ (document.querySelector('[data-import]'));
  field.files = data.files;
  field.dispatchEvent(new Event('change', { bubbles: true }));
}

/** Presses all buttons with this text. Returns their number. */
export function press(/** @type {string} */ text) {
  const buttons = [...document.querySelectorAll('button')].filter(
    (button) => button.textContent?.trim() === text && !button.disabled,
  );
  for (const button of buttons) button.click();
  return buttons.length;
}

/** The starting times of the records that the browser's storage holds for the notebook with this title. */
export async function storedRecords(/** @type {string} */ title) {
  const done = (/** @type {IDBRequest} */ request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const own = (await indexedDB.databases()).find(({ name }) => /^rwkv-lab( |$)/.test(name ?? ''));
  if (!own?.name) return [];
  const database = await done(indexedDB.open(own.name));
  const all = await done(database.transaction('notebooks').objectStore('notebooks').getAll());
  database.close();
  const notebook = all
    .filter((/** @type {any} */ each) => JSON.stringify(each.cells?.[0] ?? '').includes(title))
    .sort((/** @type {any} */ a, /** @type {any} */ b) => b.changedAt.localeCompare(a.changedAt))[0];
  return Object.values(notebook?.outcomes ?? {}).flatMap((/** @type {any} */ { events, kept = [] }) =>
    [...events, ...kept].flatMap((event) => (event.type === 'record' ? [event.record.startedAt] : [])),
  );
}

/** Bytes on the GPU and in the page's storage. */
export async function readSizes() {
  const { usage = 0 } = await navigator.storage.estimate();
  return { gpu: /** @type {any} */ (window).soak.gpu(), usage };
}

/** The number of the page's elements, texts and comments. */
export function countNodes() {
  const walker = document.createTreeWalker(document);
  let nodes = 1;
  while (walker.nextNode()) nodes++;
  return nodes;
}
