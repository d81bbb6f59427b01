// The built page in a real Chromium, for the scripts that measure it: the build, the server, the browser, and what the page shows.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { findBrowser } from './browsers.js';
import { serve } from './serve.js';
import { buildIsOld, root, run, stop, tool } from './setup.js';

/** The environment variables that these scripts read, for their usage. */
export const ENVIRONMENT = `Environment:
  CHROME           the browser's program, when it is not the Chrome or Chromium on the PATH
  CHROME_FLAGS     its flags for WebGPU, separated by spaces, when not the usual ones of this system
  PLAYWRIGHT_CORE  the folder of playwright-core, when it is not installed here`;

/** Flags with which Chromium offers WebGPU to a headless page. On Linux it falls back to a software adapter. */
const GPU_FLAGS =
  process.platform === 'linux'
    ? '--enable-unsafe-webgpu --ignore-gpu-blocklist --enable-features=Vulkan --use-vulkan=native --use-angle=vulkan --disable-vulkan-surface'
    : '';

/**
 * @typedef {import('playwright-core').Page} Page
 * @typedef {object} Shown the text that the page shows
 * @property {string[]} adapter the GPU's name, then its features; empty until it is known
 * @property {string} phase idle, running or finished
 * @property {string} status progress in words
 * @property {string[]} problems no GPU, impossible settings, runs that ended early, runs and variants that failed
 */

/** Writes a line to stderr, because stdout is the result. */
export const say = (/** @type {string} */ text) => void process.stderr.write(`${text}\n`);

/**
 * The folder of a finished build: the given one, or build/, rebuilt when a source is newer; otherwise an old build would be
 * measured unnoticed. Ends the process when there is none.
 * @param {string | undefined} given
 */
export function buildFolder(given) {
  if (!given && buildIsOld()) {
    say('Building the lab …');
    if (run(tool('vite/bin/vite.js', 'build', '--logLevel', 'warn'), 'errors') !== 0)
      stop('The build failed: see its message above.');
  }
  const folder = given ? resolve(given) : join(root, 'build');
  if (!existsSync(join(folder, 'index.html')))
    stop(`There is no index.html in ${folder}: \`npm run build\` makes it.`);
  return folder;
}

/**
 * Serves a build, opens a page in Chromium, and resolves to what `use` makes of it. The page's errors go to stderr.
 * @template Result
 * @param {{ folder: string, window: boolean, view?: import('playwright-core').BrowserContextOptions }} where `window`: with a window on the
 *   screen; `view`: the size of the page, if it is not the usual one
 * @param {(page: Page, address: string) => Promise<Result>} use `address`: of the site's root, with a slash at its end
 */
export async function withPage({ folder, window, view = {} }, use) {
  const browser = await launch(window);
  const server = await serve({ folder });
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  try {
    say(`browser: ${browser.version()}`);
    // A service worker would fetch every file of the build beside what is measured.
    const page = await browser.newPage({ serviceWorkers: 'block', ...view });
    page.on('console', (message) => message.type() === 'error' && say(`console: ${message.text()}`));
    page.on('pageerror', (error) => say(`console: ${error}`));
    return await use(page, `http://127.0.0.1:${port}/`);
  } finally {
    await browser.close();
    server.close();
    server.closeAllConnections();
  }
}

/** @param {boolean} window */
async function launch(window) {
  const { chromium, program, flags } = await chromiumToDrive();
  return chromium.launch({
    executablePath: program,
    headless: !window,
    handleSIGINT: false,
    handleSIGTERM: false,
    args: flags,
  });
}

/** Playwright's driver of Chromium, the browser's program and its flags for WebGPU. Throws an Error when there is none. */
export async function chromiumToDrive() {
  const { PLAYWRIGHT_CORE, CHROME, CHROME_FLAGS = GPU_FLAGS } = process.env;
  const module = PLAYWRIGHT_CORE ? pathToFileURL(join(PLAYWRIGHT_CORE, 'index.mjs')).href : 'playwright-core';
  /** @type {typeof import('playwright-core')} */
  const { chromium } = await import(module);
  const program = CHROME || findBrowser('chromium');
  if (!program) throw new Error('No Chrome or Chromium found: install one, or set CHROME to its program');
  return { chromium, program, flags: CHROME_FLAGS.split(' ').filter(Boolean) };
}

/**
 * Runs in the page: reads the notebook page.
 * @returns {Shown}
 */
export function readLab() {
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
