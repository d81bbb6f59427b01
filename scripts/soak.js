// `npm run --silent soak -- --runs 2000 --losses 200 --kills 200 --out soak.csv` keeps one page of the built lab busy for hours. A notebook
// with cells of each kind that computes runs again and again; then the GPU is lost, and then the worker is ended, at moments chosen by
// chance. After each round a row of CSV says what the page, its worker and the browser's processes hold. The summary compares the end of
// each part with its first half. The exit code is 0 if nothing failed and nothing grew. Ctrl-C ends after the round in progress.
import { appendFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { buildFolder, ENVIRONMENT, readLab, say, withPage } from './built-page.js';
import { needNode, stop } from './setup.js';
import { countMessages, openMeters, workerPrelude } from './soak/meters.js';

const USAGE = `Usage: npm run --silent soak -- [--runs N] [--losses N] [--kills N] [--models A,B] [--seed N] [--out FILE] [--build FOLDER]
  --runs N        runs of sweeps and other cells, by default 100
  --losses N      losses of the GPU, by default 10
  --kills N       ends of the worker, by default 10
  --models A,B    by default demo and synthetic-0.1b; another model a cell is a load and an unload
  --seed N        of the moments at which something is lost, by default 1
  --out FILE      the CSV, which also goes to stdout
  --build FOLDER  a finished build; by default build/, rebuilt when a source is newer
${ENVIRONMENT}`;

/**
 * @typedef {import('playwright-core').Page} Page
 * @typedef {Awaited<ReturnType<typeof openMeters>>} Meters
 * @typedef {Record<string, number | string>} Row
 */

/** Share by which a figure may be larger at the end of a part than in its first half, and not count as growth. */
const NOISE = 0.05;
/** The figures that must not grow, each with the amount that is never growth. */
const STEADY = {
  page_heap_mb: 1,
  worker_heap_mb: 1,
  nodes: 50,
  listeners: 20,
  gpu_mb: 0,
  gpu_process_mb: 20,
  renderer_mb: 20,
  indexeddb_kb: 64,
};
/** The longest that a round may take, in milliseconds, before the page counts as hung. */
const HUNG = 600_000;

let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void (interrupted = true));

function readOptions() {
  try {
    const text = /** @type {const} */ ({ type: 'string' });
    const { values } = parseArgs({
      options: { runs: text, losses: text, kills: text, models: text, seed: text, out: text, build: text },
    });
    const { runs = '100', losses = '10', kills = '10', models = 'demo,synthetic-0.1b', seed = '1' } = values;
    const numbers = { runs: Number(runs), losses: Number(losses), kills: Number(kills), seed: Number(seed) };
    for (const [name, value] of Object.entries(numbers))
      if (!Number.isInteger(value) || value < 0 || value > 1e6)
        throw new Error(`--${name} takes a whole number from 0 to 1000000`);
    return { ...values, ...numbers, models: models.split(',') };
  } catch (error) {
    return stop(`${error instanceof Error ? error.message : error}\n${USAGE}`);
  }
}

/**
 * @param {Page} page
 * @param {string} address
 */
async function soak(page, address) {
  await page.context().route('**/workers/*.js', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `(${workerPrelude})();\n${await response.text()}` });
  });
  await page.addInitScript(countMessages);
  await page.goto(address);
  await page.locator('[data-adapter]').waitFor({ timeout: 120_000 });
  say(`adapter: ${(await page.evaluate(readLab)).adapter.join(' · ')}`);
  const meters = await openMeters(page);
  await openNotebook(page, 'Many runs', manyRuns(options.models));
  await runUntil(page, meters, 'runs', (done) => done >= options.runs);
  await openNotebook(page, 'Every kind', everyKind(options.models[0]));
  await runUntil(page, meters, 'every kind', (done) => done > 0);
  await runUntil(page, meters, 'every kind', (done) => done > 0);
  const calm = Number(rows.at(-1)?.seconds);
  await disturb(page, meters, { part: 'losses', times: options.losses, message: 'lose', seconds: calm });
  await disturb(page, meters, { part: 'kills', times: options.kills, message: 'end', seconds: calm });
  return summary();
}

const cell = (/** @type {string} */ kind, /** @type {string[]} */ ...lines) =>
  `\`\`\`lab ${kind}\n${lines.join('\n')}\n\`\`\``;
const QUICK = 'warmup=0\nsamples=2';

/** Many short runs: models in turn, chunks, variants. */
const manyRuns = (/** @type {string[]} */ models) => [
  ...models.map((model) =>
    cell(
      'sweep',
      `model=${model}`,
      'prefill=48',
      'chunk=16,48',
      'matmul=naive,tiled',
      'wkv=sequential,chunked',
      QUICK,
    ),
  ),
  cell('generate', `model=${models[0]}`, 'tokens=8', '---', 'Once'),
];

/** A cell of every kind that computes. */
const everyKind = (/** @type {string} */ model) => [
  cell('sweep', `model=${model}`, 'prefill=48', 'chunk=16,48', 'decode=4', QUICK),
  cell('compare', `model=${model}`, 'prefill=32', 'chunk=16', 'budget=1', '---', 'prefill=32', 'chunk=32'),
  cell('profile', `model=${model}`, 'prefill=32'),
  cell('generate', `model=${model}`, 'tokens=8', '---', 'Once'),
  cell('evaluate', `model=${model}`, 'prefill=32', 'matmul=tiled', 'evaluate=32', QUICK),
  cell('tune', `model=${model}`, 'prefill=16', 'budget=2'),
];

/**
 * Opens a notebook of these cells, as a drop does.
 * @param {Page} page
 * @param {string} title
 * @param {string[]} cells
 */
async function openNotebook(page, title, cells) {
  const buffer = Buffer.from([`# ${title}`, ...cells, ''].join('\n\n'));
  await page.locator('[data-import]').setInputFiles({ name: 'soak.md', mimeType: 'text/markdown', buffer });
  await page.getByRole('heading', { name: title }).waitFor();
}

/**
 * Rounds without a disturbance.
 * @param {Page} page
 * @param {Meters} meters
 * @param {string} part
 * @param {(runs: number) => boolean} enough
 */
async function runUntil(page, meters, part, enough) {
  for (let runs = 0; !enough(runs) && !interrupted;) {
    const found = await round(page);
    runs += found.runs;
    await note(meters, { part, ...found, runs, problem: found.problems.join(' | ') });
  }
}

/**
 * Rounds in which the worker gets a message at a moment chosen by chance, and after every tenth one that must pass undisturbed.
 * @param {Page} page
 * @param {Meters} meters
 * @param {{ part: string, times: number, message: string, seconds: number }} asked `seconds`: of an undisturbed round
 */
async function disturb(page, meters, { part, times, message, seconds }) {
  for (let time = 1; time <= times && !interrupted; time++) {
    const moment = Math.round(1000 * seconds * chance());
    const found = await round(page, { message, moment });
    // Points of an earlier round stay until the first new one.
    const missing = found.shown >= found.records ? '' : `${found.records} records, ${found.shown} shown`;
    await note(meters, {
      part,
      ...found,
      runs: time,
      moment,
      outcome: found.problems.join(' | '),
      problem: missing,
    });
    // The notice that the worker was restarted stays until then.
    for (const notice of await page.getByRole('button', { name: 'Dismiss' }).all()) await notice.click();
    if (time % 10 === 0 || time === times) await runUntil(page, meters, `after ${part}`, (done) => done > 0);
  }
}

/**
 * Runs all cells, and sends the worker a message at a moment (milliseconds) if there is one.
 * @param {Page} page
 * @param {{ message: string, moment: number }} [disturbance]
 */
async function round(page, disturbance) {
  await page.evaluate(() => /** @type {any} */ (window).soak.take());
  const from = performance.now();
  await page.getByRole('button', { name: 'Run all' }).click();
  await page.locator('[data-phase=running]').waitFor();
  if (disturbance) {
    await sleep(disturbance.moment);
    await page.evaluate((message) => new BroadcastChannel('soak').postMessage(message), disturbance.message);
  }
  await page.locator('[data-phase=finished]').waitFor({ timeout: HUNG });
  const seconds = ((performance.now() - from) / 1e3).toFixed(2);
  const { records, others } = await page.evaluate(() => /** @type {any} */ (window).soak.take());
  const { problems } = await page.evaluate(readLab);
  const shown = await page.locator('tr[data-run=done]').count();
  return { seconds, runs: records + others, records, shown, problems };
}

/**
 * @param {Meters} meters
 * @param {Record<string, unknown>} found
 */
async function note(meters, { part, runs, seconds, records, shown, moment = '', outcome = '', problem }) {
  const row = /** @type {Row} */ ({
    part,
    runs,
    seconds,
    records,
    shown,
    moment,
    ...(await meters()),
    outcome,
    problem,
  });
  rows.push(row);
  const line = (/** @type {unknown[]} */ values) =>
    `${values.map((value) => `"${String(value).replaceAll('"', '""')}"`).join(',')}\n`;
  const text = (rows.length === 1 ? line(Object.keys(row)) : '') + line(Object.values(row));
  process.stdout.write(text);
  if (options.out && rows.length === 1) writeFileSync(options.out, '');
  if (options.out) appendFileSync(options.out, text);
  if (rows.length % 10 === 0 || problem) say(`${part} ${runs}: ${seconds} s ${problem}`);
}

/** Says what grew and what failed. Returns the exit code. */
function summary() {
  const failed = rows.filter(({ problem }) => problem !== '');
  for (const { part, runs, problem } of failed) say(`failed: ${part} ${runs}: ${problem}`);
  let grown = 0;
  for (const part of new Set(rows.map((row) => row.part))) {
    const own = rows.filter((row) => row.part === part);
    if (own.length < 8) continue;
    for (const [name, least] of Object.entries(STEADY)) {
      const values = own.map((row) => Number(row[name]));
      // The first rounds compile, load and fill caches.
      const before = median(values.slice(own.length / 4, own.length / 2));
      const after = median(values.slice((own.length * 3) / 4));
      const grows = after - before > Math.max(least, NOISE * before);
      if (grows) grown++;
      say(`${part}: ${name} ${before} → ${after}${grows ? ' GROWS' : ''}`);
    }
  }
  say(`${rows.length} rounds, ${failed.length} failed, ${grown} figures grew`);
  return failed.length + grown > 0 ? 1 : 0;
}

/** @param {number[]} values */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** Numbers from 0 to 1 from the seed (xorshift32). */
function chance() {
  let x = Math.imul(options.seed, 0x9e3779b1) + 1;
  x ^= x << 13;
  x ^= x >>> 17;
  x ^= x << 5;
  options.seed = x;
  return (x >>> 0) / 2 ** 32;
}

needNode();
const options = readOptions();
const folder = buildFolder(options.build);
/** @type {Row[]} */
const rows = [];
process.exitCode = await withPage({ folder, window: false }, soak).catch((error) => {
  say(`soak: ${error instanceof Error ? error.message : error}`);
  return 1;
});
