// Steps that `npm start` and `npm test` share: checks the Node version, installs packages, tells whether the build is old.
// It imports only Node's own modules, because it runs before anything is installed.
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's root folder, with a trailing slash. */
export const root = fileURLToPath(new URL('../', import.meta.url));

/**
 * Ends the process with exit code 1.
 * @param {string} message what is wrong and what to do
 * @returns {never}
 */
export function stop(message) {
  console.error(`\n${message}`);
  process.exit(1);
}

/** Ends the process when this Node is too old for the tools, with the version that is needed. */
export function needNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19)) return;
  stop(
    `The lab needs Node 20.19, 22.12 or newer; this is Node ${process.versions.node}. See https://nodejs.org/`,
  );
}

/**
 * Runs a program in the project's root with its output visible; returns its exit code.
 * @param {string[]} command
 * @param {'everything' | 'errors'} output what is seen of it: all, or only what it writes to stderr
 */
export function run(command, output = 'everything') {
  const [program, ...rest] = command;
  const stdout = output === 'everything' ? 'inherit' : 'ignore';
  return spawnSync(program, rest, { cwd: root, stdio: ['ignore', stdout, 'inherit'] }).status ?? 1;
}

/**
 * The npm that started this script, else the one on the PATH.
 * @param {string[]} words
 */
function npm(words) {
  const cli = process.env.npm_execpath;
  if (cli && /npm-cli\.c?js$/.test(cli)) return run([process.execPath, cli, ...words]);
  return run(process.platform === 'win32' ? ['cmd', '/c', 'npm', ...words] : ['npm', ...words]);
}

/** Installs the packages of package-lock.json when they are missing or differ. */
export function needPackages() {
  const reason = packagesDiffer();
  if (!reason) return;
  console.log(`Installing packages (${reason}) …`);
  // Everything is needed to build, also where NODE_ENV says production.
  if (npm(['ci', '--include=dev', '--no-audit', '--no-fund']) !== 0)
    stop('npm ci failed: see its message above. Is the network reachable?');
}

/** Why the packages have to be installed, or undefined when node_modules holds what package-lock.json asks for. */
function packagesDiffer() {
  const wanted = lockedPackages('package-lock.json');
  if (!wanted) return stop(`package-lock.json is missing in ${root}`);
  const installed = lockedPackages('node_modules/.package-lock.json');
  if (!installed) return 'there are none yet';
  for (const [path, { version, optional }] of Object.entries(wanted)) {
    if (path === '') continue;
    const found = installed[path];
    const name = path.replace(/^.*node_modules\//, '');
    // Optional packages are mostly binaries for other platforms.
    if (!found && !optional) return `${name} is missing`;
    if (found && found.version !== version) return `${name} is ${found.version}, not ${version}`;
  }
}

/**
 * @param {string} file
 * @returns {Record<string, { version?: string, optional?: boolean }> | undefined}
 */
function lockedPackages(file) {
  try {
    return JSON.parse(readFileSync(join(root, file), 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** The sources of build/. */
const SOURCES = ['src', 'static', 'package-lock.json', 'svelte.config.js', 'vite.config.ts', 'tsconfig.json'];

/** Whether build/ is missing or older than a source. */
export function buildIsOld() {
  const page = statSync(join(root, 'build/index.html'), { throwIfNoEntry: false });
  return !page || SOURCES.some((source) => newest(join(root, source)) > page.mtimeMs);
}

/**
 * Time of the last change below a path, in milliseconds. Folders count too: they change when a file is removed.
 * @param {string} path
 * @returns {number}
 */
function newest(path) {
  const status = statSync(path, { throwIfNoEntry: false });
  if (!status) return 0;
  if (!status.isDirectory()) return status.mtimeMs;
  return Math.max(status.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

/**
 * A program from node_modules, to be run by this Node whatever the platform.
 * @param {string} script its path below node_modules
 * @param {string[]} words
 */
export function tool(script, ...words) {
  return [process.execPath, join(root, 'node_modules', script), ...words];
}
