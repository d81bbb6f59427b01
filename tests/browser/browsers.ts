// Test helper: the two browsers, Chromium on SwiftShader and Firefox (Gecko's own WGSL compiler) on the machine's
// Vulkan driver. Pages of Chromium are opened in fresh profiles. Chromium is started once per test worker; Firefox, which
// takes longer to end than a worker waits for it, by the file of its tests, which ends it.
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { launch as launchFirefox, type Browser as Firefox, type Page as FirefoxPage } from 'puppeteer-core';
import { findBrowser } from '../../scripts/browsers.js';
import { COMPUTING_LIMIT, WAIT_LIMIT } from '../limits';
import { serveBuild, type Site } from './serve';

/** State of an opened page. */
export interface Opened {
  /** Address of the site, ending in /lab/. */
  address: string;
  /** Console errors, uncaught exceptions and failed requests, in order. */
  errors: string[];
}

/** Options for waiting on results that a page computes on a software GPU. */
export const COMPUTING = { timeout: COMPUTING_LIMIT };

const CHROMIUM_FLAGS = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Run timers and workers of background pages at full speed.
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
  '--enable-unsafe-webgpu',
  // Headless browsers have a real GPU on macOS and Windows, but usually none on Linux.
  ...(process.platform === 'linux' ? ['--use-webgpu-adapter=swiftshader'] : []),
];

const FIREFOX_PREFERENCES = {
  'dom.webgpu.enabled': true,
  'gfx.webgpu.ignore-blocklist': true,
  'gfx.webrender.software': true,
  'datareporting.policy.dataSubmissionEnabled': false,
  'app.update.disabledForTesting': true,
};

let site: Promise<Site> | undefined;
let chromiumBrowser: Promise<Browser> | undefined;

/**
 * Opens `path` of the built site (`''`, `'selftest?run=1'`) in Chromium and passes the page to `use`.
 * `options` are Playwright's for a context: colour scheme, viewport, downloads, permissions. Unless they allow it, no service
 * worker starts, which would fetch every file of the build for every page.
 */
export async function withChromium<T>(
  use: (page: Page, opened: Opened) => Promise<T>,
  path = '',
  options: BrowserContextOptions = {},
): Promise<T> {
  site ??= serveBuild();
  if (!(await chromiumBrowser)?.isConnected()) chromiumBrowser = startChromium();
  const { address } = await site;
  const context = await (await chromiumBrowser!).newContext({ serviceWorkers: 'block', ...options });
  context.setDefaultTimeout(WAIT_LIMIT);
  try {
    const page = await context.newPage();
    const errors = errorsOf(page);
    await page.goto(address + path);
    return await use(page, { address, errors });
  } finally {
    await context.close();
  }
}

/**
 * Starts a Firefox, which the tests of a file share: its start costs seconds, and Mesa keeps what it compiles for the next page.
 * `open` passes a page at `path` to `use`; `close` ends it.
 */
export async function openFirefox() {
  site ??= serveBuild();
  const { address } = await site;
  const firefox = await startFirefox();
  return {
    close: () => firefox.close(),
    async open<T>(use: (page: FirefoxPage, opened: Opened) => Promise<T>, path = ''): Promise<T> {
      const page = await firefox.newPage();
      try {
        page.setDefaultTimeout(WAIT_LIMIT);
        const errors = errorsOf(page);
        await page.goto(address + path);
        return await use(page, { address, errors });
      } finally {
        await page.close();
      }
    },
  };
}

/** A list to which a page's errors are added as they come: those of `Opened`. */
function errorsOf(page: Page | FirefoxPage): string[] {
  const errors: string[] = [];
  // Playwright's and Puppeteer's pages have these events alike, and types that do not allow to name both.
  const playwright = page as Page;
  playwright.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  playwright.on('pageerror', (error) => errors.push(String(error)));
  playwright.on('response', (response) => {
    if (response.status() >= 400) errors.push(`${response.status()} ${response.url()}`);
  });
  return errors;
}

function startChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: testBrowser('headless'),
    headless: true,
    args: CHROMIUM_FLAGS,
    timeout: WAIT_LIMIT,
  });
}

function startFirefox(): Promise<Firefox> {
  return launchFirefox({
    browser: 'firefox',
    executablePath: testBrowser('firefox'),
    headless: true,
    // Mesa's software GPU compiles for four lanes much faster than for eight, and faster still without optimising: a test runs most
    // shaders for a moment only.
    env: { LP_NATIVE_VECTOR_WIDTH: '128', GALLIVM_PERF: 'nopt', ...process.env },
    extraPrefsFirefox: FIREFOX_PREFERENCES,
    timeout: WAIT_LIMIT,
    // A kernel on the CPU can take minutes between two protocol messages.
    protocolTimeout: COMPUTING_LIMIT,
  });
}

/** Path of the browser's program. Throws when there is none. */
export function testBrowser(browser: 'headless' | 'firefox'): string {
  const found = findBrowser(browser);
  if (!found)
    throw new Error('No Chromium or no Firefox found: `npm test` says what to install, or installs it');
  return found;
}
