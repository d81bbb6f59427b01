// `node scripts/loading.js MODEL.gguf` measures how a model file of any size is loaded and downloaded, in a real Chromium and in the
// terminal program: from a file, from loopback with the program killed in the middle, from what was stored, and while it is
// downloaded. Rows of CSV go to stdout; the exit code is 0 only if every byte came once and the hash is that of the file.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ENVIRONMENT } from './built-page.js';
import { startChrome } from './loading/chrome.js';
import { downloadInPage, runModel, runWhileDownloading, storedIn } from './loading/inPage.js';
import { serve } from './serve.js';
import { needNode, root, stop } from './setup.js';

const USAGE = `Usage: node scripts/loading.js MODEL.gguf [--lab FILE] [--make synthetic-2.9b] [--build FOLDER] [--times N] [--kills N] [--only page|terminal] [--out FILE]
  --lab FILE      the terminal program in one file; by default dist/lab.mjs (\`npm run bundle\`)
  --make NAME     writes the file first if it does not exist, with random weights of this geometry
  --build FOLDER  the built page; by default build/ (\`npm run build\`)
  --times N       how often a file is loaded; by default 3
  --kills N       how often a download is killed, at random shares of the file; by default once, at 40 %
  --only PART     only the page, or only the terminal
  --out FILE      writes the rows there too
${ENVIRONMENT}`;

/** The share at which a download is killed. */
const KILL_AT = 0.4;
/** Bytes that may come twice for each kill: those that were not yet durable, and those on their way. */
const TWICE = 160e6;

/** @typedef {import('./loading/inPage.js').Row} Row */

needNode();
const options = readOptions();
const temporary = mkdtempSync(join(tmpdir(), 'loading-'));
/** @type {string[]} */
const lines = [];
/** @type {string[]} */
const problems = [];
process.exitCode = await main()
  .catch((error) => void problems.push(error instanceof Error ? error.message : String(error)))
  .then(() => {
    rmSync(temporary, { recursive: true, force: true });
    for (const problem of problems) process.stderr.write(`problem: ${problem}\n`);
    if (options.out) writeFileSync(options.out, lines.join(''));
    return problems.length > 0 ? 1 : 0;
  });

function readOptions() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        lab: { type: 'string', default: join(root, 'dist/lab.mjs') },
        build: { type: 'string', default: join(root, 'build') },
        make: { type: 'string' },
        times: { type: 'string', default: '3' },
        kills: { type: 'string', default: '1' },
        only: { type: 'string' },
        out: { type: 'string' },
      },
    });
    if (positionals.length !== 1) throw new Error('It takes one model file');
    if (values.only && !['page', 'terminal'].includes(values.only))
      throw new Error(`--only takes page or terminal, not ${values.only}`);
    const count = (/** @type {'times' | 'kills'} */ name) => {
      const number = Number(values[name]);
      if (Number.isInteger(number) && number >= 1 && number <= 100) return number;
      throw new Error(`--${name} takes a whole number from 1 to 100, not ${values[name]}`);
    };
    return { ...values, times: count('times'), kills: count('kills'), file: resolve(positionals[0]) };
  } catch (error) {
    return stop(`${error instanceof Error ? error.message : error}\n${USAGE}`);
  }
}

async function main() {
  const { file, only, make } = options;
  if (!existsSync(file) && !make) throw new Error(`There is no ${file}; --make synthetic-2.9b writes it`);
  print('place,what,seconds,bytes,gb_per_s,first_token_s,memory_mb,script_mb\n');
  if (!existsSync(file) || only !== 'page') await fromFile();
  const wanted = { hash: await hashOf(file), bytes: statSync(file).size };
  const server = await modelServer(file);
  try {
    if (only !== 'page') await inTerminal(server, wanted);
    if (only !== 'terminal') await inPage(server, wanted);
  } finally {
    server.close();
  }
}

/**
 * @typedef {object} Wanted
 * @property {string} hash
 * @property {number} bytes
 * @typedef {Awaited<ReturnType<typeof modelServer>>} Server
 */

/** The terminal program with a file of this computer; makes the file if it is asked for. */
async function fromFile() {
  const words = ['load', '--model', options.file, '--times', `${options.times}`];
  const { stdout } = await lab(options.make ? [...words, '--make', options.make] : words);
  terminalRows('from a file', stdout);
}

/**
 * @param {Server} server
 * @param {Wanted} wanted
 */
async function inTerminal(server, wanted) {
  const { address } = server;
  const before = server.sent();
  for (const share of killShares())
    await lab(['download', address], () => server.sent() - before > share * wanted.bytes);
  const killed = server.sent();
  const from = performance.now();
  const { stdout, stderr } = await lab(['download', address]);
  const seconds = (performance.now() - from) / 1e3;
  row('terminal', { what: 'download, the rest after a kill', seconds, bytes: server.sent() - killed });
  const found = /SHA-256 ([0-9a-f]{64})/.exec(stderr)?.[1];
  judge(
    'terminal',
    wanted,
    server.sent() - before,
    found,
    statSync(stdout.trim().split('\n').at(-1) ?? '').size,
  );
  terminalRows('stored', (await lab(['load', '--model', address, '--times', `${options.times}`])).stdout);
  await lab(['delete', address]);
  terminalRows(
    'load while it is downloaded',
    (await lab(['load', '--model', address, '--download', 'yes', '--times', '1'])).stdout,
  );
}

/**
 * @param {Server} server
 * @param {Wanted} wanted
 */
async function inPage(server, wanted) {
  const { address } = server;
  const site = await serve({ folder: resolve(options.build) });
  const page = addressOf(site);
  const profile = join(temporary, 'profile');
  /** @type {import('./loading/chrome.js').Chrome | undefined} */
  let chrome;
  try {
    chrome = await startChrome(profile);
    const chosen = { name: basename(options.file), file: options.file };
    for (let i = 0; i < options.times; i++)
      row('chromium', await runModel(chrome, page, 'from a chosen file', chosen));
    const before = server.sent();
    for (const share of killShares()) {
      row('chromium', await downloadInPage(chrome, page, address, share));
      chrome = await startChrome(profile);
    }
    row('chromium', await downloadInPage(chrome, page, address));
    const stored = await storedIn(chrome.page);
    judge(
      'chromium',
      wanted,
      server.sent() - before,
      stored.complete ? stored.found : undefined,
      stored.bytes,
    );
    for (let i = 0; i < options.times; i++)
      row('chromium', await runModel(chrome, page, 'stored', { name: address }));
    row('chromium', await runWhileDownloading(chrome, page, address));
  } finally {
    await chrome?.kill().catch(() => undefined);
    site.close();
    site.closeAllConnections();
  }
}

/** The shares of the file at which a download is killed, in order. */
function killShares() {
  if (options.kills === 1) return [KILL_AT];
  return Array.from({ length: options.kills }, () => 0.05 + 0.9 * Math.random()).sort((a, b) => a - b);
}

/**
 * Serves the model's folder to any site, and counts the bytes.
 * @param {string} file
 */
async function modelServer(file) {
  const server = await serve({ folder: dirname(file) });
  let ended = 0;
  /** @type {Set<import('node:net').Socket>} */
  const sockets = new Set();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => {
      ended += socket.bytesWritten;
      sockets.delete(socket);
    });
  });
  server.prependListener('request', (_request, response) => {
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('access-control-expose-headers', 'etag, content-range, content-length');
  });
  return {
    address: `${addressOf(server)}${encodeURIComponent(basename(file))}`,
    sent: () => [...sockets].reduce((sum, { bytesWritten }) => sum + bytesWritten, ended),
    close: () => (server.close(), server.closeAllConnections()),
  };
}

/** @param {import('node:http').Server} server */
function addressOf(server) {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return `http://127.0.0.1:${port}/`;
}

/**
 * Runs the terminal program; with `killWhen`, kills it as soon as that is true. Throws when it fails or ends before.
 * @param {string[]} words
 * @param {() => boolean} [killWhen]
 * @returns {Promise<{ stdout: string, stderr: string }>}
 */
function lab(words, killWhen) {
  process.stderr.write(`lab ${words.join(' ')}\n`);
  const env = { ...process.env, LAB_CACHE: join(temporary, 'cache') };
  const child = spawn(process.execPath, [resolve(options.lab), ...words], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const looking = setInterval(() => killWhen?.() && child.kill('SIGKILL'), 5);
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (text) => (stdout += text));
  child.stderr.on('data', (text) => (stderr += text));
  return new Promise((done, failed) => {
    child.once('error', failed);
    child.once('close', (code, signal) => {
      clearInterval(looking);
      if (killWhen ? signal === 'SIGKILL' : code === 0) done({ stdout, stderr });
      else
        failed(
          new Error(`lab ${words[0]}: ${killWhen ? 'it ended before it could be killed' : stderr.trim()}`),
        );
    });
  });
}

/**
 * The rows of `lab load`.
 * @param {string} what
 * @param {string} csv
 */
function terminalRows(what, csv) {
  const [head, ...rows] = csv
    .trim()
    .split('\n')
    .map((line) => line.split(','));
  for (const fields of rows) {
    const number = (/** @type {string} */ name) => Number(fields[head.indexOf(name)]);
    const [seconds, bytes] = [number('weights_s'), number('bytes')];
    row('terminal', { what, seconds, bytes, memoryMegabytes: number('most_memory_mb') });
  }
}

/**
 * @param {string} place
 * @param {Wanted} wanted
 * @param {number} sent
 * @param {string | undefined} found the hash of what was stored
 * @param {number} bytes
 */
function judge(place, wanted, sent, found, bytes) {
  process.stderr.write(
    `${place}: ${(sent / 1e6).toFixed(1)} MB were sent for ${(wanted.bytes / 1e6).toFixed(1)} MB, SHA-256 ${found}\n`,
  );
  if (found !== wanted.hash) problems.push(`${place}: the SHA-256 is ${found}, not ${wanted.hash}`);
  if (bytes !== wanted.bytes) problems.push(`${place}: ${bytes} bytes are stored, not ${wanted.bytes}`);
  if (sent > wanted.bytes + options.kills * TWICE)
    problems.push(`${place}: ${sent} bytes were sent for ${wanted.bytes}`);
}

/** @param {string} file */
async function hashOf(file) {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(file, { highWaterMark: 2 ** 22 })) hash.update(piece);
  return hash.digest('hex');
}

/**
 * @param {string} place
 * @param {Row} row
 */
function row(place, { what, seconds, bytes, firstTokenSeconds, memoryMegabytes, scriptMegabytes }) {
  const rate = (bytes ?? NaN) / (seconds ?? NaN) / 1e9;
  const numbers = [seconds, bytes, rate, firstTokenSeconds, memoryMegabytes, scriptMegabytes];
  const shown = numbers.map((value = NaN) =>
    Number.isNaN(value) ? '' : Number.isInteger(value) ? value : value.toPrecision(4),
  );
  print(`${[place, `"${what}"`, ...shown].join(',')}\n`);
}

/** @param {string} line */
function print(line) {
  lines.push(line);
  process.stdout.write(line);
}
