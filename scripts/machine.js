// Makes sure that the machine can run the tests. They need a WebGPU adapter with f16 for Node, Chromium (its headless shell, or the whole
// browser), and Firefox. As root on Debian or Ubuntu it installs what is missing; elsewhere it says what to install.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findBrowser } from './browsers.js';
import { root, stop } from './setup.js';
import { ALLOCATOR_PACKAGE } from './testing/allocator.js';

/** The first versions known to offer WebGPU on Linux to a headless page: Firefox 140, the ESR before, does not. */
const OLDEST = { headless: 140, firefox: 153 };

const LISTS = '/etc/apt/sources.list.d';

/**
 * Installs, or says what to install and ends the process.
 * @param {{ adapter: boolean, browsers: boolean }} needs
 */
export function needMachine({ adapter, browsers }) {
  if (adapter || browsers) needDriver();
  if (browsers) for (const browser of /** @type {const} */ (['headless', 'firefox'])) needBrowser(browser);
}

/** A driver through which Dawn in Node gets an adapter; Firefox uses the same one. */
function needDriver() {
  let found = probeAdapter();
  const software = /software|swiftshader|llvmpipe/i.test(found.name);
  // A real GPU is accepted with or without f16.
  if ((found.problem || (software && !found.features.includes('shader-f16'))) && canInstall()) {
    console.log(`Installing a Vulkan software driver (${found.name || found.problem}) …`);
    installDriver();
    found = probeAdapter();
  }
  if (found.problem)
    stop(
      `Node finds no WebGPU adapter (${found.problem}). The tests compute on one, a software driver will do:\n` +
        '  Debian 12: mesa-vulkan-drivers and libvulkan1 from bookworm-backports\n' +
        '  Debian 13, Ubuntu 24.04 and newer: apt install mesa-vulkan-drivers libvulkan1\n' +
        '  Fedora: dnf install mesa-vulkan-drivers vulkan-loader',
    );
  const half = found.features.includes('shader-f16');
  console.log(`GPU in Node: ${found.name}${half ? '' : ' (no shader-f16: those variants are skipped)'}`);
}

/** The adapter that Dawn finds in Node. `problem` is empty when there is one. */
function probeAdapter() {
  const { stdout, status, signal } = spawnSync(process.execPath, [join(root, 'scripts/adapter.js')], {
    encoding: 'utf8',
    timeout: 60_000,
    env: { ...process.env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  if (status !== 0)
    return { name: '', features: [], problem: `the probe ended with ${signal ?? `code ${status}`}` };
  /** @type {{ name: string, features: string[] } | null} */
  const found = JSON.parse(stdout);
  return found ? { ...found, problem: '' } : { name: '', features: [], problem: 'no Vulkan driver' };
}

/** @param {'headless' | 'firefox'} browser */
function needBrowser(browser) {
  const packageName = { headless: 'chromium-headless-shell', firefox: 'firefox-esr' }[browser];
  const name = { headless: 'chromium', firefox: 'firefox' }[browser];
  const oldest = OLDEST[browser];
  let found = installedBrowser(browser);
  // Ubuntu has the browsers as snaps only, which are of no use to root in a container.
  if (!(found.version >= oldest) && canInstall() && release().id === 'debian') {
    console.log(`Installing ${packageName} …`);
    apt(['install', '-y', '--no-install-recommends', packageName, 'fonts-dejavu-core']);
    found = installedBrowser(browser);
  }
  if (!(found.version >= oldest))
    stop(
      `The browser tests need ${name} ${oldest} or newer${found.program ? `; ${found.program} is ${found.version}` : ''}.\n` +
        `Install it (Debian: apt install ${packageName}, with the security updates among apt's sources), ` +
        `or set LAB_${name.toUpperCase()} to its program.`,
    );
  console.log(`${name}: ${found.program} (${found.version})`);
}

/**
 * The browser's program and its major version; NaN when it is not installed.
 * @param {'headless' | 'firefox'} browser
 */
function installedBrowser(browser) {
  const program = findOrStop(browser);
  if (!program) return { program: '', version: NaN };
  // On Windows neither browser prints its version.
  if (process.platform === 'win32') return { program, version: OLDEST[browser] };
  const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8', timeout: 60_000 });
  return { program, version: Number(/(\d+)\./.exec(stdout ?? '')?.[1] ?? NaN) };
}

/** @param {'headless' | 'firefox'} browser */
function findOrStop(browser) {
  try {
    return findBrowser(browser);
  } catch (error) {
    return stop(/** @type {Error} */ (error).message);
  }
}

/** Whether this process may install packages: root, on Debian or Ubuntu. */
export function canInstall() {
  return (
    process.getuid?.() === 0 && existsSync('/usr/bin/apt-get') && ['debian', 'ubuntu'].includes(release().id)
  );
}

/** The distribution's id and code name, as in "debian", "bookworm". */
function release() {
  const text = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  const value = (/** @type {string} */ key) => new RegExp(`^${key}="?([^"\n]*)`, 'm').exec(text)?.[1] ?? '';
  return { id: value('ID'), codename: value('VERSION_CODENAME') };
}

function installDriver() {
  const { codename } = release();
  // Debian 12's own Mesa 22 gives Dawn no adapter; later releases' does.
  const backports = codename === 'bookworm' ? ['-t', 'bookworm-backports'] : [];
  if (codename === 'bookworm') addSuite('bookworm', 'bookworm-backports');
  const packages = ['mesa-vulkan-drivers', 'libvulkan1', ALLOCATOR_PACKAGE];
  apt(['install', '-y', '--no-install-recommends', ...backports, ...packages]);
}

let listsAreFresh = false;

/** @param {string[]} words */
function apt(words) {
  const apt = (/** @type {string[]} */ rest) => {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const { status } = spawnSync('apt-get', rest, { stdio: ['ignore', 'inherit', 'inherit'], env });
    if (status !== 0) stop(`apt-get ${rest.join(' ')} failed: see its message above.`);
  };
  if (!listsAreFresh) apt(['update', '-q']);
  listsAreFresh = true;
  apt(['-q', '-o', 'Dpkg::Use-Pty=0', ...words]);
}

/**
 * Adds a suite to apt's sources by copying the machine's own entry for another suite, so that a mirror stays in use.
 * @param {string} from
 * @param {string} suite
 */
function addSuite(from, suite) {
  const names = existsSync(LISTS) ? readdirSync(LISTS).map((name) => join(LISTS, name)) : [];
  const files = ['/etc/apt/sources.list', ...names].filter(
    (file) => /\.(list|sources)$/.test(file) && existsSync(file),
  );
  const texts = files.map((file) => ({ file, text: readFileSync(file, 'utf8') }));
  const entries = texts.flatMap(({ file, text }) =>
    file.endsWith('.list') ? text.split('\n').map(parseLine) : text.split(/\n\s*\n/).map(parseStanza),
  );
  if (entries.some((entry) => entry?.suites.includes(suite))) return;
  const own = entries.find((entry) => entry?.suites.includes(from));
  if (!own)
    return stop(`No entry for ${from} in apt's sources (${files.join(', ')}), so ${suite} cannot be added.`);
  const file = join(LISTS, `rwkv-lab-${suite}.${own.extension}`);
  writeFileSync(file, own.withSuite(suite));
  console.log(`Added ${suite} to apt's sources: ${file}`);
  listsAreFresh = false;
}

/**
 * @typedef {{ suites: string[], extension: string, withSuite(suite: string): string }} Source
 */

/**
 * `deb [options] address suite component …`, the one-line format.
 * @param {string} line
 * @returns {Source | undefined}
 */
function parseLine(line) {
  const match = /^deb\s+(\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+(.+)$/.exec(line.trim());
  if (!match) return undefined;
  const [, options = '', address, suite] = match;
  return {
    suites: [suite],
    extension: 'list',
    withSuite: (other) => `deb ${options}${address} ${other} main\n`,
  };
}

/**
 * `Types: deb`, `URIs: …`, `Suites: …`: a paragraph of the deb822 format.
 * @param {string} stanza
 * @returns {Source | undefined}
 */
function parseStanza(stanza) {
  const lines = stanza.split('\n').filter((line) => line.trim() && !line.startsWith('#'));
  const value = (/** @type {string} */ key) =>
    lines
      .find((line) => line.toLowerCase().startsWith(`${key}:`))
      ?.slice(key.length + 1)
      .trim() ?? '';
  if (!value('types').split(/\s+/).includes('deb') || /^no$/i.test(value('enabled'))) return undefined;
  return {
    suites: value('suites').split(/\s+/),
    extension: 'sources',
    withSuite: (other) =>
      `${lines.map((line) => (/^suites:/i.test(line) ? `Suites: ${other}` : /^components:/i.test(line) ? 'Components: main' : line)).join('\n')}\n`,
  };
}
