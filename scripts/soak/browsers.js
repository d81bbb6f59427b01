// Opens Chromium or Firefox on a copy of a build whose worker can be disturbed, for soak.js.
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromiumToDrive, say } from '../built-page.js';
import { findBrowser } from '../browsers.js';
import { serve } from '../serve.js';
import { countMessages, workerPrelude } from './inside.js';
import { chromiumMeters, firefoxMeters } from './meters.js';
import { within } from './within.js';

/**
 * @typedef {object} SoakPage the page of the lab, in either browser
 * @property {<A, R>(use: (given: A) => R, given?: A) => Promise<Awaited<R>>} ask runs a function in the page
 * @property {() => Promise<Record<string, number | string>>} meters memory and storage, by column
 * @property {() => Promise<void>} close
 */

/**
 * Serves a build and starts a browser; `use` opens pages of it. The pages' errors go to stderr.
 * @template R
 * @param {{ folder: string, firefox: boolean }} what
 * @param {(open: () => Promise<SoakPage>) => Promise<R>} use
 */
export async function withBrowser({ folder, firefox }, use) {
  const copy = await disturbable(folder);
  const server = await serve({ folder: copy });
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const address = `http://127.0.0.1:${port}/`;
  const { open, close } = await (firefox ? startFirefox(address) : startChromium(address));
  try {
    return await use(open);
  } finally {
    await within(close(), 'the end of the browser').catch((error) => say(String(error)));
    server.close();
    server.closeAllConnections();
    await rm(copy, { recursive: true });
  }
}

/** Copies a build to a folder of its own, with the prelude before the code of its workers. */
async function disturbable(/** @type {string} */ folder) {
  const copy = await mkdtemp(join(tmpdir(), 'soak-'));
  await cp(folder, copy, { recursive: true });
  const workers = join(copy, '_app/immutable/workers');
  for (const name of (await readdir(workers)).filter((each) => each.endsWith('.js'))) {
    const text = await readFile(join(workers, name), 'utf8');
    await writeFile(join(workers, name), `(${workerPrelude})();\n${text}`);
  }
  return copy;
}

/** @param {string} address */
async function startChromium(address) {
  const { chromium, program, flags } = await chromiumToDrive();
  const browser = await chromium.launch({
    executablePath: program,
    handleSIGINT: false,
    handleSIGTERM: false,
    args: flags,
  });
  say(`browser: Chromium ${browser.version()}`);
  const open = async () => {
    // A service worker would fetch every file of the build beside what is measured.
    const context = await browser.newContext({ serviceWorkers: 'block' });
    const page = await context.newPage();
    page.on('console', (message) => message.type() === 'error' && say(`console: ${message.text()}`));
    page.on('pageerror', (error) => say(`console: ${error}`));
    page.on('crash', () => say('console: the page crashed'));
    await page.addInitScript(countMessages);
    await page.goto(address);
    const meters = await chromiumMeters(page);
    return soakPage(
      (use, given) => page.evaluate(use, given),
      meters,
      () => context.close(),
    );
  };
  return { open, close: () => browser.close() };
}

/** @param {string} address */
async function startFirefox(address) {
  const { launch } = await import('puppeteer-core');
  const browser = await launch({
    browser: 'firefox',
    executablePath: findBrowser('firefox'),
    headless: true,
    handleSIGINT: false,
    handleSIGTERM: false,
    env: { LP_NATIVE_VECTOR_WIDTH: '128', GALLIVM_PERF: 'nopt', ...process.env },
    extraPrefsFirefox: {
      'dom.webgpu.enabled': true,
      'gfx.webgpu.ignore-blocklist': true,
      'gfx.webrender.software': true,
      'datareporting.policy.dataSubmissionEnabled': false,
      'app.update.disabledForTesting': true,
    },
    protocolTimeout: 600_000,
  });
  say(`browser: ${await browser.version()}`);
  const pid = browser.process()?.pid ?? 0;
  const open = async () => {
    const page = await browser.newPage();
    page.on('console', (message) => message.type() === 'error' && say(`console: ${message.text()}`));
    page.on('pageerror', (error) => say(`console: ${error}`));
    await page.evaluateOnNewDocument(countMessages);
    await page.goto(address);
    const ask = (/** @type {[use: any, given?: any]} */ ...call) => page.evaluate(...call);
    return soakPage(
      ask,
      () => firefoxMeters(ask, pid),
      () => page.close(),
    );
  };
  return { open, close: () => browser.close() };
}

/**
 * @param {(use: any, given: any) => Promise<any>} evaluate
 * @param {() => Promise<Record<string, number | string>>} meters
 * @param {() => Promise<unknown>} close
 * @returns {SoakPage}
 */
const soakPage = (evaluate, meters, close) => ({
  ask: (use, given) => within(evaluate(use, given), `the page, asked for ${use.name}`),
  meters: () => within(meters(), 'the meters'),
  close: async () => void (await within(close(), 'the end of the page').catch((error) => say(String(error)))),
});
