// `npm run --silent bench:page -- 'model=demo&prefill=128'` drives the built page in a real Chromium, as a user would. It opens the
// page with the settings in the address, presses Run, waits, and saves the page's own CSV. The CSV goes to stdout, everything
// else to stderr; the exit code is 0 only when every run was measured. It waits as long as the page is working. Ctrl-C presses
// Stop and keeps the runs measured so far.
import { existsSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { findBrowser } from './browsers.js';
import { serve } from './serve.js';
import { buildIsOld, needNode, root, run, stop, tool } from './setup.js';

const USAGE = `Usage: npm run --silent bench:page -- '<settings>' [--out FILE] [--build FOLDER] [--window]
       npm run --silent bench:page -- --selftest [knobs=defaults] [--out FILE] …
       npm run --silent bench:page -- --repeat NOTEBOOK.md [--times N] [--out FILE] …
  --selftest      the self-test page and its report, instead of a sweep and its CSV
  --repeat FILE   runs the compare cells of a notebook and prints each comparison as a line of JSON
  --times N       how often; by default once
  --out FILE      writes the result there too
  --build FOLDER  a finished build; by default build/, rebuilt when a source is newer
  --window        with a window on the screen
Environment:
  CHROME           the browser's program, when it is not the Chrome or Chromium on the PATH
  CHROME_FLAGS     its flags for WebGPU, separated by spaces, when not the usual ones of this system
  PLAYWRIGHT_CORE  the folder of playwright-core, when it is not installed here`;

/** Flags with which Chromium offers WebGPU to a headless page. On Linux it falls back to a software adapter. */
const GPU_FLAGS =
  process.platform === 'linux'
    ? '--enable-unsafe-webgpu --ignore-gpu-blocklist --enable-features=Vulkan --use-vulkan=native --use-angle=vulkan --disable-vulkan-surface'
    : '';
/** Interval between looks at the page, long enough not to disturb the measurement. */
const POLL_MILLISECONDS = 1000;

/**
 * @typedef {import('playwright-core').Page} Page
 * @typedef {object} Shown the text that the page shows
 * @property {string[]} adapter the GPU's name, then its features; empty until it is known
 * @property {string} phase idle, running or finished
 * @property {string} status progress in words
 * @property {string[]} problems no GPU, impossible settings, runs that ended early, runs and variants that failed
 */

/** Set by Ctrl-C or by a time limit around this script. */
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => {
    say('Stopping; once more to end at once');
    interrupted = true;
  });

const say = (/** @type {string} */ text) => void process.stderr.write(`${text}\n`);

needNode();
const options = readOptions();
const folder = options.build ? resolve(options.build) : freshBuild();
if (!existsSync(join(folder, 'index.html')))
  stop(`There is no index.html in ${folder}: \`npm run build\` makes it.`);
process.exitCode = await main().catch((error) => {
  say(`bench-page: ${error instanceof Error ? error.message : error}`);
  return 1;
});

function readOptions() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        selftest: { type: 'boolean', default: false },
        window: { type: 'boolean', default: false },
        repeat: { type: 'string' },
        times: { type: 'string', default: '1' },
        out: { type: 'string' },
        build: { type: 'string' },
      },
    });
    if (positionals.length === 0 && !values.selftest && !values.repeat) throw new Error('No settings given');
    const times = Number(values.times);
    if (!(Number.isInteger(times) && times >= 1 && times <= 1000))
      throw new Error(`--times takes a whole number from 1 to 1000, not ${values.times}`);
    return { ...values, times, settings: positionals.join('&') };
  } catch (error) {
    return stop(`${error instanceof Error ? error.message : error}\n${USAGE}`);
  }
}

/** Builds when a source is newer than the build: otherwise an old build would be measured unnoticed. */
function freshBuild() {
  if (buildIsOld()) {
    say('Building the lab …');
    if (run(tool('vite/bin/vite.js', 'build', '--logLevel', 'warn'), 'errors') !== 0)
      stop('The build failed: see its message above.');
  }
  return join(root, 'build');
}

/** Resolves to the exit code. */
async function main() {
  const browser = await launch();
  const server = await serve({ folder });
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  try {
    say(`browser: ${browser.version()}`);
    const page = await browser.newPage();
    page.on('console', (message) => message.type() === 'error' && say(`console: ${message.text()}`));
    page.on('pageerror', (error) => say(`console: ${error}`));
    const use = options.selftest ? selfTest : options.repeat ? repeat : sweep;
    const { result, problems } = await use(page, `http://127.0.0.1:${port}/`);
    if (options.out) writeFileSync(options.out, result);
    process.stdout.write(result);
    for (const problem of problems) say(`problem: ${problem}`);
    return problems.length > 0 ? 1 : 0;
  } finally {
    await browser.close();
    server.close();
    server.closeAllConnections();
  }
}

async function launch() {
  const { PLAYWRIGHT_CORE, CHROME, CHROME_FLAGS = GPU_FLAGS } = process.env;
  const module = PLAYWRIGHT_CORE ? pathToFileURL(join(PLAYWRIGHT_CORE, 'index.mjs')).href : 'playwright-core';
  /** @type {typeof import('playwright-core')} */
  const { chromium } = await import(module);
  const executablePath = CHROME || findBrowser('chromium');
  if (!executablePath)
    throw new Error('No Chrome or Chromium found: install one, or set CHROME to its program');
  return chromium.launch({
    executablePath,
    headless: !options.window,
    handleSIGINT: false,
    handleSIGTERM: false,
    args: CHROME_FLAGS.split(' ').filter(Boolean),
  });
}

/**
 * @param {Page} page
 * @param {string} address
 */
async function sweep(page, address) {
  await page.goto(`${address}?${encodeURI(options.settings)}`);
  const { adapter, problems } = await watch(page, readLab, (shown) => shown.adapter.length > 0);
  if (problems.length > 0) return { result: '', problems };
  say(`adapter: ${adapter.join(' · ')}`);
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  const shown = await watch(page, readLab, ({ phase }) => phase === 'finished');
  const csv = page.getByRole('button', { name: 'Download CSV' });
  const measured = (await csv.count()) > 0 && (await csv.isEnabled());
  const result = measured ? await download(page, 'Download CSV') : '';
  return { result, problems: measured ? shown.problems : [...shown.problems, 'Nothing was measured'] };
}

/**
 * Opens a notebook from a file, as a drop does, presses *Run all* several times, and reads what the worker tells the page.
 * @param {Page} page
 * @param {string} address
 */
async function repeat(page, address) {
  const path = /** @type {string} */ (options.repeat);
  const notebook = { name: 'repeat.md', mimeType: 'text/markdown', buffer: await readFile(path) };
  await page.addInitScript(recordComparisons);
  await page.goto(address);
  const { adapter } = await watch(page, readLab, (shown) => shown.adapter.length > 0);
  say(`adapter: ${adapter.join(' · ')}`);
  await page.locator('[data-import]').setInputFiles(notebook);
  const cells = page.locator('[data-cell=compare]');
  await cells.first().waitFor();
  // Whoever names the file on the command line trusts its shaders, as with `lab repeat`.
  const consent = page.getByRole('button', { name: /^Allow this shader/ });
  while ((await consent.count()) > 0) await consent.first().click();
  let result = '';
  /** @type {string[]} */
  let problems = [];
  for (let time = 0; time < options.times && problems.length === 0 && !interrupted; time++) {
    await page.getByRole('button', { name: 'Run all' }).click();
    await page.locator('[data-phase=running]').waitFor();
    const wanted = await cells.count();
    const { problems: found } = await watch(page, readLab, ({ phase }) => phase === 'finished');
    const lines = await page.evaluate(() => /** @type {any} */ (window).takeComparisons());
    result += lines.map((/** @type {string} */ line) => `${line}\n`).join('');
    problems = lines.length === wanted ? found : [...found, `${lines.length} of ${wanted} comparisons ended`];
  }
  return { result, problems };
}

/** Runs in the page before its own scripts: keeps the comparisons that its worker sends, as lines of JSON. */
function recordComparisons() {
  /** @type {string[]} */
  let lines = [];
  Object.assign(window, { takeComparisons: () => lines.splice(0) });
  window.Worker = class extends Worker {
    /** @param {ConstructorParameters<typeof Worker>} words */
    constructor(...words) {
      super(...words);
      this.addEventListener('message', ({ data }) => {
        if (data.type === 'compared') lines.push(JSON.stringify(data.compared));
      });
    }
  };
}

/**
 * @param {Page} page
 * @param {string} address
 */
async function selfTest(page, address) {
  await page.goto(`${address}selftest?${encodeURI(options.settings)}`);
  const { problems } = await watch(page, readSelfTest, () => true);
  if (problems.length > 0) return { result: '', problems };
  await page.getByRole('button', { name: 'Run the self-test' }).click();
  const shown = await watch(page, readSelfTest, ({ phase }) => phase === 'finished');
  if (shown.adapter.length > 0) say(`adapter: ${shown.adapter.join(' ')}`);
  return { result: await download(page, 'Save report'), problems: shown.problems };
}

/**
 * Polls the page and prints its status when it changes, until `arrived` is true or the page shows a problem.
 * @param {Page} page
 * @param {() => Shown} read runs in the page
 * @param {(shown: Shown) => boolean} arrived
 */
async function watch(page, read, arrived) {
  const stopButton = page.getByRole('button', { name: 'Stop' }).first();
  for (let told = ''; ; await sleep(POLL_MILLISECONDS)) {
    const shown = await page.evaluate(read);
    const ended = arrived(shown) || (shown.problems.length > 0 && shown.phase !== 'running');
    // The part after a comma holds megabytes and counts, which change with every look.
    const status = ended ? shown.status : shown.status.split(',')[0];
    if (status !== told && status !== '') say(status);
    told = status;
    if (ended && status.startsWith('Stopped')) shown.problems.push(status);
    if (ended) return shown;
    // The button disappears when the run has just ended by itself.
    if (interrupted) await stopButton.click({ timeout: POLL_MILLISECONDS }).catch(() => undefined);
  }
}

/**
 * Presses a button that saves a file, and resolves to the text of the file.
 * @param {Page} page
 * @param {string} button
 */
async function download(page, button) {
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: button }).click();
  return readFile(await (await saved).path(), 'utf8');
}

/**
 * Runs in the page: reads the notebook page.
 * @returns {Shown}
 */
function readLab() {
  const texts = (/** @type {string} */ selector) =>
    [...document.querySelectorAll(selector)].map(({ textContent }) =>
      (textContent ?? '').replace(/\s+/g, ' ').trim(),
    );
  const status = document.querySelector('[data-phase]');
  return {
    adapter: texts('[data-adapter], [data-adapter] ~ ul li'),
    phase: status?.getAttribute('data-phase') ?? 'idle',
    status: status?.getAttribute('data-phase') === 'idle' ? '' : (texts('[data-phase]')[0] ?? ''),
    problems: texts('.notice[role=status] > p:first-of-type, [role=alert], tr[data-run=failed] .reason'),
  };
}

/**
 * Runs in the page: reads the self-test page.
 * @returns {Shown}
 */
function readSelfTest() {
  const texts = (/** @type {string} */ selector) =>
    [...document.querySelectorAll(selector)].map(({ textContent }) =>
      (textContent ?? '').replace(/\s+/g, ' ').trim(),
    );
  return {
    adapter: texts('main > p'),
    phase: document.querySelector('[data-selftest]')?.getAttribute('data-selftest') ?? 'idle',
    status: texts('.bar [role=status]')[0] ?? '',
    problems: texts('.notice[role=status] > p:first-of-type, [role=alert], tr.failed'),
  };
}
