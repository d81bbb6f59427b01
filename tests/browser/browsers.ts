// The two browsers of the tests: Chromium on SwiftShader, and Firefox (Gecko's own WGSL compiler) on the machine's Vulkan
// driver. Each call starts a browser with an empty profile, opens one page of the built site, and ends it again.
import { chromium, type BrowserContextOptions, type Page } from 'playwright-core';
import { launch as launchFirefox, type Page as FirefoxPage } from 'puppeteer-core';
import { findBrowser } from '../../scripts/browsers.js';
import { serveBuild } from './serve';

/** What the page said while it was open. */
export interface Opened {
  /** Address of the site, ending in /lab/. */
  address: string;
  /** Errors on the console, exceptions nobody caught, and requests that failed, in order. */
  errors: string[];
}

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

/**
 * Opens `path` of the built site (`''`, `'selftest?run=1'`) in Chromium and hands the page on.
 * `options` are Playwright's for a context: colour scheme, viewport, downloads, permissions.
 */
export async function withChromium<T>(
  use: (page: Page, opened: Opened) => Promise<T>,
  path = '',
  { flags = [], ...options }: BrowserContextOptions & { flags?: string[] } = {},
): Promise<T> {
  const site = await serveBuild();
  const browser = await chromium.launch({
    executablePath: program('chromium'),
    headless: true,
    args: [...CHROMIUM_FLAGS, ...flags],
  });
  try {
    const page = await (await browser.newContext(options)).newPage();
    const errors: string[] = [];
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('response', (response) => {
      if (response.status() >= 400) errors.push(`${response.status()} ${response.url()}`);
    });
    await page.goto(site.address + path);
    return await use(page, { address: site.address, errors });
  } finally {
    await browser.close();
    await site.close();
  }
}

/** Opens `path` of the built site in Firefox and hands the page (Puppeteer's) on. */
export async function withFirefox<T>(
  use: (page: FirefoxPage, opened: Opened) => Promise<T>,
  path = '',
  preferences: Record<string, boolean | number | string> = {},
): Promise<T> {
  const site = await serveBuild();
  const browser = await launchFirefox({
    browser: 'firefox',
    executablePath: program('firefox'),
    headless: true,
    // Mesa's software GPU compiles for four lanes in much less time than it takes for eight.
    env: { LP_NATIVE_VECTOR_WIDTH: '128', ...process.env },
    extraPrefsFirefox: { ...FIREFOX_PREFERENCES, ...preferences },
    // Minutes pass between two messages while a kernel runs on the processor.
    protocolTimeout: 600_000,
  });
  try {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('response', (response) => {
      if (response.status() >= 400) errors.push(`${response.status()} ${response.url()}`);
    });
    await page.goto(site.address + path);
    return await use(page, { address: site.address, errors });
  } finally {
    await browser.close();
    await site.close();
  }
}

function program(browser: 'chromium' | 'firefox'): string {
  const found = findBrowser(browser);
  if (!found)
    throw new Error(`No ${browser} found: install it, or set LAB_${browser.toUpperCase()} to its program`);
  return found;
}
