// The two browsers of the tests: Chromium on SwiftShader, and Firefox (Gecko's own WGSL compiler) on the machine's Vulkan
// driver. Each is started once in a worker and serves all its tests; each call opens one page of the built site in a profile
// of its own, empty, which is thrown away afterwards.
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { launch as launchFirefox, type Browser as Firefox, type Page as FirefoxPage } from 'puppeteer-core';
import { findBrowser } from '../../scripts/browsers.js';
import { COMPUTING_LIMIT, WAIT_LIMIT } from '../limits';
import { serveBuild, type Site } from './serve';

/** What the page said while it was open. */
export interface Opened {
  /** Address of the site, ending in /lab/. */
  address: string;
  /** Errors on the console, exceptions nobody caught, and requests that failed, in order. */
  errors: string[];
}

/** To wait for what a page computes on a software GPU. */
export const COMPUTING = { timeout: COMPUTING_LIMIT };

/** Plain variants: a software GPU takes long to compile the others, and the self-test runs those. */
export const QUICK = 'matmul=naive&matvec=naive&wkv=sequential&token_shift=fused';

const CHROMIUM_FLAGS = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Timers and workers of a page that nobody looks at run at full speed.
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
  '--enable-unsafe-webgpu',
  // Macs and Windows machines have a real GPU behind a headless browser; Linux machines mostly have none.
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
let firefoxBrowser: Promise<Firefox> | undefined;

/**
 * Opens `path` of the built site (`''`, `'selftest?run=1'`) in Chromium and hands the page on.
 * `options` are Playwright's for a context: colour scheme, viewport, downloads, permissions.
 */
export async function withChromium<T>(
  use: (page: Page, opened: Opened) => Promise<T>,
  path = '',
  options: BrowserContextOptions = {},
): Promise<T> {
  site ??= serveBuild();
  if (!(await chromiumBrowser)?.isConnected()) chromiumBrowser = startChromium();
  const { address } = await site;
  const context = await (await chromiumBrowser!).newContext(options);
  context.setDefaultTimeout(WAIT_LIMIT);
  try {
    const page = await context.newPage();
    const errors: string[] = [];
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('response', (response) => {
      if (response.status() >= 400) errors.push(`${response.status()} ${response.url()}`);
    });
    await page.goto(address + path);
    return await use(page, { address, errors });
  } finally {
    await context.close();
  }
}

/** Opens `path` of the built site in Firefox and hands the page (Puppeteer's) on. */
export async function withFirefox<T>(
  use: (page: FirefoxPage, opened: Opened) => Promise<T>,
  path = '',
): Promise<T> {
  site ??= serveBuild();
  if (!(await firefoxBrowser)?.connected) firefoxBrowser = startFirefox();
  const { address } = await site;
  const context = await (await firefoxBrowser!).createBrowserContext();
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(WAIT_LIMIT);
    const errors: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('response', (response) => {
      if (response.status() >= 400) errors.push(`${response.status()} ${response.url()}`);
    });
    await page.goto(address + path);
    return await use(page, { address, errors });
  } finally {
    await context.close();
  }
}

function startChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: program('chromium'),
    headless: true,
    args: CHROMIUM_FLAGS,
    timeout: WAIT_LIMIT,
  });
}

function startFirefox(): Promise<Firefox> {
  return launchFirefox({
    browser: 'firefox',
    executablePath: program('firefox'),
    headless: true,
    // Mesa's software GPU compiles for four lanes in much less time than it takes for eight.
    env: { LP_NATIVE_VECTOR_WIDTH: '128', ...process.env },
    extraPrefsFirefox: FIREFOX_PREFERENCES,
    timeout: WAIT_LIMIT,
    // Minutes pass between two messages while a kernel runs on the processor.
    protocolTimeout: COMPUTING_LIMIT,
  });
}

function program(browser: 'chromium' | 'firefox'): string {
  const found = findBrowser(browser);
  if (!found)
    throw new Error(`No ${browser} found: install it, or set LAB_${browser.toUpperCase()} to its program`);
  return found;
}
