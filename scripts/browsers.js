// Finds the installed browsers. Nothing is downloaded: the tests use installed browsers only.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const CHROMIUM_FILES = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];
const CHROMIUM_NAMES = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'microsoft-edge',
];
/** Debian's, and the one that Chrome offers for testing. */
const SHELL_NAMES = ['chromium-headless-shell', 'chrome-headless-shell'];

/** Names on the PATH first, then the places where installers put them. */
const PLACES = {
  // The browser that people use; its headless shell where a machine for tests has only that.
  chromium: {
    variable: 'LAB_CHROMIUM',
    names: [...CHROMIUM_NAMES, ...SHELL_NAMES],
    files: CHROMIUM_FILES,
  },
  // For tests: the same engine (Blink, V8, Dawn, SwiftShader) without the windows, tabs and pages of a browser around it, which cost each
  // fresh profile three times what the lab's page costs.
  headless: {
    variable: 'LAB_CHROMIUM',
    names: [...SHELL_NAMES, ...CHROMIUM_NAMES],
    files: CHROMIUM_FILES,
  },
  firefox: {
    variable: 'LAB_FIREFOX',
    names: ['firefox-esr', 'firefox'],
    files: [
      '/Applications/Firefox.app/Contents/MacOS/firefox',
      'C:\\Program Files\\Mozilla Firefox\\firefox.exe',
    ],
  },
};

/**
 * The browser's program, or undefined when there is none. LAB_CHROMIUM or LAB_FIREFOX name another.
 * @param {'chromium' | 'headless' | 'firefox'} browser
 */
export function findBrowser(browser) {
  const { variable, names, files } = PLACES[browser];
  const chosen = process.env[variable];
  if (chosen) {
    if (!canRun(chosen)) throw new Error(`${variable} is "${chosen}", which cannot be run as a program`);
    return chosen;
  }
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  const candidates = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...candidates, ...files].find(canRun);
}

/** @param {string} file */
function canRun(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
