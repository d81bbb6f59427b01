// Loads and downloads a model in the built page, as a user would, and measures it.

/**
 * @typedef {import('./chrome.js').Chrome} Chrome
 * @typedef {import('playwright-core').Page} Page
 * @typedef {object} Row a line of the result; figures that a row has not are left out
 * @property {string} what
 * @property {number} [seconds]
 * @property {number} [bytes]
 * @property {number} [firstTokenSeconds] from the click to the first token
 * @property {number} [memoryMegabytes] the most that the page's process used, until the file was loaded or stored, above what it used before the click
 * @property {number} [scriptMegabytes] likewise of the scripts of the page and its workers
 * @typedef {object} Told an event of a worker
 * @property {number} at milliseconds since 1970
 * @property {string} type
 * @property {string} [phase]
 * @property {number} [done]
 * @property {number} [total]
 * @property {string} [reason]
 */

/** A name on a hub, for which the script answers: only models by name are offered for download in a notebook. */
const HUB_NAME = 'hf:loading/loopback/model.gguf';

let notebooks = 0;

/**
 * Imports a notebook that generates two tokens. It has a title of its own, because the page opens the one before again, which has a cell
 * of the same kind.
 * @param {Page} page
 * @param {string} model
 */
async function importNotebook(page, model) {
  const title = `Loading ${++notebooks}`;
  const text = `# ${title}\n\n\`\`\`lab generate\nmodel=${model}\ntokens=2\n---\n\`\`\`\n`;
  const file = { name: 'loading.md', mimeType: 'text/markdown', buffer: Buffer.from(text) };
  await page.locator('[data-import]').setInputFiles(file);
  await page.locator('[data-title]', { hasText: title }).waitFor();
}

/** Runs in the page before its own scripts: keeps what its workers tell about loading, with the time. */
function recordWorkers() {
  /** @type {Told[]} */
  const told = [];
  Object.assign(window, { told });
  window.Worker = class extends Worker {
    /** @param {ConstructorParameters<typeof Worker>} words */
    constructor(...words) {
      super(...words);
      this.addEventListener('message', ({ data: { type, progress, reason } }) => {
        const { phase, done, total, have, bytes } = progress ?? {};
        const at = performance.timeOrigin + performance.now();
        if (['progress', 'ended', 'failed', 'finished'].includes(type))
          told.push({ at, type, phase, done: done ?? have, total: total ?? bytes, reason });
      });
    }
  };
}

/**
 * Opens a page whose workers are listened to.
 * @param {Chrome} chrome
 * @param {string} address
 */
async function open({ page }, address) {
  await page.addInitScript(recordWorkers);
  await page.goto(address);
}

/**
 * Clicks a button and resolves to the page's time of it.
 * @param {import('playwright-core').Locator} button
 */
const clickAt = (button) =>
  button.evaluate((/** @type {HTMLElement} */ element) => {
    const at = performance.timeOrigin + performance.now();
    element.click();
    return at;
  });

/**
 * The events of the workers so far.
 * @param {Page} page
 * @returns {Promise<Told[]>}
 */
const toldIn = (page) => page.evaluate(() => /** @type {any} */ (window).told);

/**
 * Waits until the models worker has ended a download or the lab's worker has made a token, and returns all that they told.
 * Throws when one of them failed.
 * @param {Page} page
 * @param {'ended' | 'generating'} wanted
 */
async function until(page, wanted) {
  await page.waitForFunction((name) => {
    /** @type {Told[]} */
    const all = /** @type {any} */ (window).told;
    return all.some(
      ({ type, phase, done }) =>
        type === name || ['failed', 'finished'].includes(type) || (phase === name && Number(done) > 0),
    );
  }, wanted);
  const told = await toldIn(page);
  const failed = told.find((each) => each.type === 'failed' || (each.type === 'ended' && each.reason));
  if (failed) throw new Error(failed.reason);
  return told;
}

/**
 * Runs a model in a notebook and measures from the click on Run to the first token, and the loading in between.
 * @param {Chrome} chrome
 * @param {string} site
 * @param {string} what
 * @param {{ name: string, file?: string }} model file: a file of this computer that is chosen in the page
 * @returns {Promise<Row>}
 */
export async function runModel(chrome, site, what, { name, file }) {
  const { page } = chrome;
  await open(chrome, site);
  await page.locator('[data-adapter]').waitFor();
  process.stderr.write(`${what}, ${await page.locator('[data-adapter]').first().innerText()}\n`);
  if (file) await choose(page, file);
  await importNotebook(page, name);
  const run = page.locator('[data-cell=generate]').getByRole('button', { name: 'Run', exact: true });
  await run.waitFor();
  const memory = await chrome.memory();
  const clicked = await clickAt(run);
  const told = await until(page, 'generating');
  process.stderr.write(`  seconds after the click: ${phasesOf(told, clicked)}\n`);
  await tellStages(page);
  const { loadedAt, ...figures } = loadingOf(told, clicked);
  return { what, ...figures, ...(await memory.end(loadedAt)) };
}

/**
 * Chooses a file of any size: Playwright itself refuses large ones in a browser that it has not started.
 * @param {Page} page
 * @param {string} file
 */
async function choose(page, file) {
  const session = await page.context().newCDPSession(page);
  const expression = 'document.querySelector("[data-import]")';
  const { result } = await session.send('Runtime.evaluate', { expression });
  await session.send('DOM.setFileInputFiles', { files: [file], objectId: result.objectId });
  await session.detach();
}

/**
 * Tells what the worker that loaded the weights was busy with, and what it waited for; several reads wait at once. See `Stages` in
 * src/lib/engine/upload.ts.
 * @param {Page} page
 */
async function tellStages(page) {
  const name = 'lab:upload';
  for (const worker of page.workers()) {
    const found = await worker.evaluate((measure) => {
      const [entry] = performance.getEntriesByName(measure);
      return entry && { milliseconds: entry.duration, .../** @type {any} */ (entry).detail };
    }, name);
    if (!found) continue;
    const { milliseconds, reads, bytes, work, waits } = found;
    const listed = (/** @type {Record<string, number>} */ stages) =>
      Object.entries(stages).map(([stage, ms]) => `${stage} ${ms.toFixed(0)}`);
    process.stderr.write(
      `  upload: ${reads} reads, ${(bytes / 1e6).toFixed(0)} MB in ${milliseconds.toFixed(0)} ms; the thread worked on ` +
        `${listed(work).join(', ')}; reads waited for ${listed(waits).join(', ')}\n`,
    );
  }
}

/**
 * The times at which each phase of a run was first and last reported.
 * @param {Told[]} told
 * @param {number} clicked
 */
function phasesOf(told, clicked) {
  /** @type {{ phase: string, from: number, to: number }[]} */
  const phases = [];
  for (const { phase = '', at } of told.filter((each) => each.phase)) {
    const last = phases.at(-1);
    if (last?.phase === phase) last.to = at;
    else phases.push({ phase, from: at, to: at });
  }
  const seconds = (/** @type {number} */ at) => ((at - clicked) / 1e3).toFixed(2);
  return phases.map(({ phase, from, to }) => `${phase} ${seconds(from)}–${seconds(to)}`).join(', ');
}

/**
 * @param {Told[]} told
 * @param {number} clicked
 */
function loadingOf(told, clicked) {
  const loading = told.filter(({ phase }) => phase === 'loading');
  const [from, to] = [loading[0], loading.at(-1)];
  const token = told.find(({ phase, done }) => phase === 'generating' && Number(done) > 0);
  if (!from || !to || !token) throw new Error('The page told nothing about loading');
  return {
    loadedAt: to.at,
    seconds: (to.at - from.at) / 1e3,
    bytes: to.total,
    firstTokenSeconds: (token.at - clicked) / 1e3,
  };
}

/**
 * Downloads an address on the models page. With `killAt`, the browser is killed when this share has arrived.
 * @param {Chrome} chrome
 * @param {string} site
 * @param {string} address
 * @param {number} [killAt]
 * @returns {Promise<Row>} the bytes and the seconds of this part of the download
 */
export async function downloadInPage(chrome, site, address, killAt) {
  const { page } = chrome;
  await open(chrome, `${site}models`);
  await page.locator('[data-models=known]').waitFor();
  process.stderr.write(
    `download${killAt === undefined ? '' : `, killed at ${(100 * killAt).toFixed(1)} %`}\n`,
  );
  const row = page.locator(`[data-model="${address}"]`);
  const begun = (await row.count()) > 0;
  const part = begun ? 'download, after a kill' : 'download';
  if (!begun) await page.locator('#other').fill(address);
  const button = begun
    ? row.getByRole('button', { name: 'Go on' })
    : page.locator('form').getByRole('button', { name: 'Download' });
  const memory = await chrome.memory();
  const clicked = await clickAt(button);
  const what = begun ? `${part}, to its end` : part;
  if (killAt === undefined)
    return { ...partOf(await until(page, 'ended'), clicked, what), ...(await memory.end()) };
  await page.waitForFunction((share) => {
    const last = /** @type {any} */ (window).told.at(-1);
    return last?.type === 'ended' || (last?.done ?? 0) >= share * (last?.total || Infinity);
  }, killAt);
  const told = await toldIn(page);
  if (told.some(({ type }) => type === 'ended'))
    throw new Error('The download ended before it could be cut: take a larger file');
  const used = await memory.end();
  await chrome.kill();
  return { ...partOf(told, clicked, `${part}, until it was killed`), ...used };
}

/**
 * @param {Told[]} told
 * @param {number} clicked
 * @param {string} what
 */
function partOf(told, clicked, what) {
  const arrived = told.filter(({ phase, total }) => phase && total);
  const [first, last] = [arrived[0], arrived.at(-1)];
  const bytes = (last?.done ?? 0) - (first?.done ?? 0);
  return { what, bytes, seconds: ((told.at(-1)?.at ?? 0) - clicked) / 1e3 };
}

/**
 * Downloads a model by name in a notebook and presses Run at once: it is loaded while it arrives.
 * @param {Chrome} chrome
 * @param {string} site
 * @param {string} address of the file
 * @returns {Promise<Row>} seconds until the hash was known, and from the click on Download to the first token
 */
export async function runWhileDownloading(chrome, site, address) {
  const { page } = chrome;
  const headers = { 'Access-Control-Allow-Origin': '*' };
  await page.route('https://huggingface.co/**', (route) =>
    route.request().url().includes('/resolve/')
      ? route.fulfill({ status: 302, headers: { ...headers, Location: address } })
      : route.fulfill({ status: 404, headers }),
  );
  await open(chrome, site);
  await page.locator('[data-adapter]').waitFor();
  await importNotebook(page, HUB_NAME);
  const cell = page.locator('[data-cell=generate]');
  await cell.locator('summary').first().click();
  const button = page.locator(`[data-model="${HUB_NAME}"]`).getByRole('button', { name: 'Download' });
  await button.waitFor();
  const memory = await chrome.memory();
  const clicked = await clickAt(button);
  await page.locator(`[data-model="${HUB_NAME}"][data-state=active]`).waitFor();
  await clickAt(cell.getByRole('button', { name: 'Run', exact: true }));
  const told = await until(page, 'generating');
  const ended = told.find(({ type }) => type === 'ended');
  const { firstTokenSeconds, bytes, loadedAt } = loadingOf(told, clicked);
  return {
    what: 'load while it is downloaded',
    seconds: ((ended?.at ?? NaN) - clicked) / 1e3,
    ...{ bytes, firstTokenSeconds },
    ...(await memory.end(loadedAt)),
  };
}

/**
 * The manifest of the only model that the page has stored.
 * @param {Page} page
 * @returns {Promise<{ key: string, name: string, bytes: number, complete: boolean, found: string }>}
 */
export const storedIn = (page) =>
  page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const own = [];
    for await (const name of root.keys()) if (name.startsWith('models ')) own.push(name);
    const models = await root.getDirectoryHandle(own[0]);
    for await (const key of models.keys()) {
      const manifest = await (await models.getDirectoryHandle(key)).getFileHandle('manifest.json');
      return { key, ...JSON.parse(await (await manifest.getFile()).text()) };
    }
  });
