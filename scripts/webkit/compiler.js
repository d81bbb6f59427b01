// Finds or builds the WGSL compiler that Safari uses. Debian serves WebKit's sources; they are fetched through apt with lists of
// our own, so that the machine's sources stay as they are. The program is kept in the lab's cache folder, under the version of
// the sources and a hash of the recipe. Node's own modules only: this runs before the packages are needed.
// As a program, `compiler.js FILE`, it writes what it found to the file, as JSON.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { canInstall } from '../machine.js';
import { cacheFolder } from '../testing/cache.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const PACKAGES = [
  'clang-19',
  'ninja-build',
  'ruby',
  'libicu-dev',
  'libatomic1',
  'xz-utils',
  'ca-certificates',
];
const PROGRAMS = ['clang++-19', 'ninja', 'ruby', 'xz'];
const SOURCE = 'webkit2gtk';
const SUITES = { bookworm: 'bookworm', trixie: 'trixie' };
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Seconds after which apt, or the build, is given up. A machine with two cores needs 20 and 150. */
const APT_SECONDS = 240;
const BUILD_SECONDS = 1500;
/** Seconds of the build and of four calls of apt: lists and packages of the tools, lists and sources of WebKit. */
export const LONGEST_SECONDS = 4 * APT_SECONDS + BUILD_SECONDS;

/** @typedef {{ program: string, lacks?: undefined } | { program?: undefined, lacks: string }} Found `lacks`: what is missing for it */

/** The compiler cannot be had on this machine. Nothing is wrong with the lab then: the tests that need it are skipped, and the message says why. */
class Lacking extends Error {}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(process.argv[2], JSON.stringify(findOrBuildCompiler()));

/**
 * The compiler's program, built now if it is not cached and can be.
 * @returns {Found}
 */
export function findOrBuildCompiler() {
  const folder = cacheFolder('webkit');
  try {
    const cached = existsSync(folder) && readdirSync(folder).find((name) => name.endsWith(`-${recipe()}`));
    return { program: cached ? join(folder, cached) : build(folder) };
  } catch (error) {
    if (error instanceof Lacking) return { lacks: error.message };
    throw error;
  }
}

/** A hash of what the program is made by, beside the sources. */
function recipe() {
  const hash = createHash('sha256');
  for (const name of ['build.sh', 'driver.cpp']) hash.update(readFileSync(join(here, name)));
  return hash.digest('hex').slice(0, 12);
}

/** @param {string} folder */
function build(folder) {
  if (process.platform !== 'linux') throw new Lacking('Debian or Ubuntu, on which it builds');
  needPrograms();
  const tarball = fetchSources(join(folder, 'apt'));
  const version = /_([^_]*)\.orig\.tar\.xz$/.exec(tarball)?.[1] ?? '';
  const place = join(folder, `build-${process.pid}`);
  console.log(
    `Building Safari's WGSL compiler from WebKit ${version} (two and a half minutes of two cores) …`,
  );
  try {
    const { status, signal } = spawnSync('nice', ['bash', join(here, 'build.sh'), tarball, place], {
      stdio: ['ignore', 'inherit', 'inherit'],
      timeout: 1e3 * BUILD_SECONDS,
    });
    if (signal) throw new Lacking(`time: its build was ended after ${BUILD_SECONDS} seconds`);
    if (status !== 0) throw new Lacking(`a build of WebKit ${version}, which failed with the messages above`);
    const program = join(folder, `wgsl-webkit-${version}-${recipe()}`);
    renameSync(join(place, 'wgsl-webkit'), program);
    return program;
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

/** Installs the tools of the build as root on Debian; says what to install elsewhere. */
function needPrograms() {
  const missing = () =>
    PROGRAMS.filter((program) => spawnSync('which', [program], { stdio: 'ignore' }).status !== 0);
  const icu = () => existsSync('/usr/include/unicode/utypes.h');
  if (missing().length === 0 && icu()) return;
  const wanted = `the packages ${PACKAGES.join(' ')}`;
  if (!canInstall()) throw new Lacking(`${wanted}: apt install them`);
  console.log(`Installing ${PACKAGES.join(' ')} …`);
  const options = ['-y', '-q', '-o', 'Dpkg::Use-Pty=0', '--no-install-recommends'];
  if (apt(['update', '-q']) !== 0 || apt(['install', ...options, ...PACKAGES]) !== 0 || missing().length)
    throw new Lacking(`${wanted}, which apt did not install`);
}

/**
 * Downloads WebKit's sources as Debian serves them; returns the path of the tarball.
 * @param {string} folder
 */
function fetchSources(folder) {
  const tarball = () => readdirSync(folder).find((name) => name.endsWith('.orig.tar.xz'));
  const suite = SUITES[/** @type {keyof typeof SUITES} */ (codename())] ?? SUITES.bookworm;
  if (!existsSync(KEYRING)) throw new Lacking(`Debian's keyring, ${KEYRING}`);
  mkdirSync(join(folder, 'lists/partial'), { recursive: true });
  mkdirSync(join(folder, 'archives/partial'), { recursive: true });
  if (tarball()) return join(folder, /** @type {string} */ (tarball()));
  const list = join(folder, 'sources.list');
  writeFileSync(list, `deb-src [signed-by=${KEYRING}] http://deb.debian.org/debian ${suite} main\n`);
  const own = [`Dir::Etc::SourceList=${list}`, 'Dir::Etc::SourceParts=/dev/null', 'Acquire::Retries=2'];
  own.push(`Dir::State::Lists=${join(folder, 'lists')}`, `Dir::Cache=${folder}`);
  const options = own.flatMap((option) => ['-o', option]);
  console.log(`Fetching the sources of ${SOURCE} through apt (44 MB) …`);
  const words = ['source', '--only-source', '--download-only', SOURCE];
  if (apt(['-qq', ...options, 'update'], folder) !== 0 || apt(['-qq', ...options, ...words], folder) !== 0)
    throw new Lacking(`the sources of ${SOURCE}, which could not be fetched from deb.debian.org`);
  const found = tarball();
  if (!found) throw new Lacking(`a tarball among the sources of ${SOURCE}`);
  return join(folder, found);
}

function codename() {
  const text = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  return /^VERSION_CODENAME=(\w+)/m.exec(text)?.[1] ?? '';
}

/**
 * Runs apt-get for a limited time; returns its exit code.
 * @param {string[]} words
 * @param {string} [folder]
 */
function apt(words, folder) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const stdio = /** @type {const} */ (['ignore', 'inherit', 'inherit']);
  const options = { stdio: [...stdio], env, cwd: folder, timeout: 1e3 * APT_SECONDS };
  return spawnSync('apt-get', words, options).status ?? 1;
}
