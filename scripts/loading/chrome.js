// A Chromium of its own, with a profile that outlives it: it can be killed as a crash would, and started again.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { chromiumToDrive } from '../built-page.js';
import { watchHeaps } from './heaps.js';

/**
 * @typedef {import('playwright-core').Page} Page
 * @typedef {object} Chrome
 * @property {Page} page
 * @property {() => Promise<void>} kill ends it at once, as a crash does
 * @property {() => Promise<Watch>} memory begins to look at its memory
 * @typedef {object} Watch
 * @property {(until?: number) => Promise<Memory>} end ends it; until: milliseconds since 1970, by default all that was seen
 * @typedef {object} Memory megabytes by which it grew at most
 * @property {number} memoryMegabytes of the page's process, its workers included; not a number where the system does not tell it
 * @property {number} scriptMegabytes of the scripts of the page and of its workers, which is a part of the former; see heaps.js
 */

// A signal ends this program without its event `exit`, and would leave a browser of another group behind.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

const READY = /DevTools listening on (ws:\S+)/;

/**
 * Starts Chromium with a profile in this folder.
 * @param {string} profile
 * @returns {Promise<Chrome>}
 */
export async function startChrome(profile) {
  const { chromium, program, flags } = await chromiumToDrive();
  const words = ['--headless', '--no-first-run', '--remote-debugging-port=0', `--user-data-dir=${profile}`];
  // A group of its own, so that all its processes can be ended.
  const child = spawn(program, [...flags, ...words, 'about:blank'], {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  const end = () =>
    child.exitCode ?? child.signalCode ?? process.kill(-(/** @type {number} */ (child.pid)), 'SIGKILL');
  process.once('exit', end);
  const address = await new Promise((resolve, reject) => {
    let said = '';
    child.stderr.on('data', (text) => {
      const found = READY.exec((said += text));
      if (found) resolve(found[1]);
    });
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`${program} ended: ${said.trim().split('\n').at(-1)}`)));
  });
  const browser = await chromium.connectOverCDP(address);
  const page = browser.contexts()[0].pages()[0] ?? (await browser.contexts()[0].newPage());
  page.setDefaultTimeout(0);
  page.on('pageerror', (error) => process.stderr.write(`page: ${error}\n`));
  return {
    page,
    async kill() {
      end();
      process.off('exit', end);
      await gone;
    },
    async memory() {
      const scripts = await watchHeaps(page);
      const watched = watchProcess(profile);
      return {
        end: async (until) => ({
          memoryMegabytes: watched.end(until),
          scriptMegabytes: await scripts.end(until),
        }),
      };
    },
  };
}

const LOOK_MILLISECONDS = 30;
const FIND_MILLISECONDS = 500;

/**
 * Looks at the memory of the page's process, its workers included, until `end`, which returns how many megabytes it grew at most up
 * to a time. Memory that the process shares with others is not counted. Not a number where the system does not tell it.
 * @param {string} profile
 */
function watchProcess(profile) {
  let pids = renderers(profile);
  const look = () => ({ at: Date.now(), bytes: pids.reduce((sum, pid) => sum + anonymousBytes(pid), 0) });
  const first = look();
  const looks = [first];
  const looking = setInterval(() => looks.push(look()), LOOK_MILLISECONDS);
  const finding = setInterval(() => (pids = renderers(profile)), FIND_MILLISECONDS);
  return {
    /** @param {number} [until] milliseconds since 1970 */
    end(until = Infinity) {
      clearInterval(looking);
      clearInterval(finding);
      const most = Math.max(...looks.filter(({ at }) => at <= until).map(({ bytes }) => bytes));
      return first.bytes > 0 ? (most - first.bytes) / 1e6 : NaN;
    },
  };
}

/**
 * The processes of pages of the browser with this profile.
 * @param {string} profile
 */
function renderers(profile) {
  const all = process.platform === 'linux' ? readdirSync('/proc').filter((name) => /^\d+$/.test(name)) : [];
  const named = all.map((pid) => ({ pid, command: textOf(`/proc/${pid}/cmdline`) }));
  const pages = named.filter(({ command }) => command.includes('--type=renderer'));
  const browsers = named.filter(({ command }) => command.includes(profile) && !command.includes('--type='));
  return pages.map(({ pid }) => pid).filter((pid) => browsers.some((browser) => isBelow(pid, browser.pid)));
}

/**
 * True if a process was started by another, or by one of those that it started.
 * @param {string} pid
 * @param {string} ancestor
 */
function isBelow(pid, ancestor) {
  for (let at = pid; at && at !== '0'; at = /^PPid:\s+(\d+)/m.exec(textOf(`/proc/${at}/status`))?.[1] ?? '')
    if (at === ancestor) return true;
  return false;
}

/** @param {string} pid */
const anonymousBytes = (pid) =>
  1024 * Number(/^RssAnon:\s+(\d+)/m.exec(textOf(`/proc/${pid}/status`))?.[1] ?? 0);

/** @param {string} path */
function textOf(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // the process has ended
  }
}
