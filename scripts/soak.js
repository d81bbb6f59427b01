// `npm run --silent soak -- --runs 2000 --losses 200 --kills 200 --cycles 50 --out soak.csv` keeps one page of the built lab busy for hours.
// A notebook of many short runs is run again and again, then one that does little but load models; then the GPU is lost, and then the
// worker is ended, at moments chosen by chance, while cells of every kind compute. After each round a row of CSV says what the page, its
// worker and the browser's processes hold, and is written at once, so that nothing is lost with the process. A page that hangs is named
// and counted, and the rounds go on in a new one. The summary compares the end of each part with its first half. The exit code is 0 if
// nothing failed and nothing grew. Ctrl-C, or the end of --seconds, ends it after the round in progress.
import { appendFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { buildFolder, ENVIRONMENT, readLab, say } from './built-page.js';
import { needNode, stop } from './setup.js';
import { withBrowser } from './soak/browsers.js';
import { importText, press, readStatus, storedRecords } from './soak/inside.js';
import { everyKind, loads, manyRuns } from './soak/notebooks.js';
import { summary } from './soak/summary.js';
import { Hung, within } from './soak/within.js';

const USAGE = `Usage: npm run --silent soak -- [--runs N] [--cycles N] [--losses N] [--kills N] [--models A,B]
       [--kinds A,B] [--seed N] [--seconds N] [--hung N] [--small] [--firefox] [--out FILE] [--build FOLDER]
  --runs N        runs of sweeps and texts, by default 0
  --cycles N      loads of a model in place of another, by default 0
  --losses N      losses of the GPU, by default 0
  --kills N       ends of the worker, by default 0
  --models A,B    by default demo and synthetic-0.1b; another model a cell is a load and an unload
  --kinds A,B     of the cells that are disturbed, each as often as it is named, by default one of each
  --seed N        of the moments at which something is lost, by default 1
  --seconds N     begins no round after this time, by default without end
  --hung N        seconds without a message of the worker after which a page counts as hung, by default 150; 900 on a software GPU
  --small         shorter runs with few variants, for a software GPU
  --firefox       in Firefox, which tells less about its memory
  --out FILE      the CSV, which also goes to stdout
  --build FOLDER  a finished build; by default build/, rebuilt when a source is newer
${ENVIRONMENT}`;

/**
 * @typedef {import('./soak/browsers.js').SoakPage} SoakPage
 * @typedef {import('./soak/summary.js').Row} Row
 * @typedef {{ message: string, moments: number[] }} Disturbance sent to the worker, at moments in milliseconds
 */

/** Disturbances of one round. */
const PER_ROUND = 3;
/** After so many disturbances a round has to pass undisturbed. */
const THEN_CALM = 10;
/** Milliseconds between two looks at the page. */
const LOOK = 200;

let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void (interrupted = true));
/** Whether no further round may begin. */
const over = () => interrupted || performance.now() > 1000 * (options.seconds || Infinity);

function readOptions() {
  const NUMBERS = { runs: 0, cycles: 0, losses: 0, kills: 0, stalls: 0, seed: 1, seconds: 0, hung: 0 };
  try {
    const text = /** @type {const} */ ({ type: 'string' });
    const flag = /** @type {const} */ ({ type: 'boolean', default: false });
    const names = Object.keys(NUMBERS).map((name) => [name, text]);
    /** @type {{ values: any }} */
    const { values } = parseArgs({
      options: {
        ...Object.fromEntries(names),
        small: flag,
        firefox: flag,
        models: text,
        kinds: text,
        out: text,
        build: text,
      },
    });
    const numbers = { ...NUMBERS };
    for (const [name, standard] of Object.entries(NUMBERS)) {
      const value = Number(values[name] ?? standard);
      if (!Number.isInteger(value) || value < 0 || value > 1e6)
        throw new Error(`--${name} takes a whole number from 0 to 1000000`);
      numbers[/** @type {keyof typeof NUMBERS} */ (name)] = value;
    }
    const { small, firefox, models = 'demo,synthetic-0.1b', kinds = '', out, build } = values;
    const list = (/** @type {string} */ names) => names.split(',').filter(Boolean);
    return { small, firefox, out, build, ...numbers, models: list(models), kinds: list(kinds) };
  } catch (error) {
    return stop(`${error instanceof Error ? error.message : error}\n${USAGE}`);
  }
}

/** The notebook that a page shows, and the page; another page takes its place when it hangs. */
class Soak {
  /** @type {SoakPage | undefined} */
  #page;
  #open;
  #title = '';
  #text = '';
  /** Starting times of all records that a worker has sent. */
  #seen = new Set();
  pages = 0;

  /** @param {() => Promise<SoakPage>} open */
  constructor(open) {
    this.#open = open;
  }

  get page() {
    if (!this.#page) throw new Error('No page is open');
    return this.#page;
  }

  /** Shows a notebook of these cells, in a new page if there is none. */
  async show(/** @type {string} */ title, /** @type {string[]} */ cells) {
    [this.#title, this.#text] = [title, [`# ${title}`, ...cells, ''].join('\n\n')];
    if (this.#page) await this.#import();
    else await this.renew();
  }

  /** Opens another page with the same notebook. */
  async renew() {
    await this.#page?.close();
    this.#page = await within(this.#open(), 'a new page', 300);
    this.pages++;
    await this.until(({ ready }) => ready, 'the GPU');
    if (this.pages === 1) say(`adapter: ${(await this.page.ask(readLab)).adapter.join(' · ')}`);
    await this.#import();
  }

  async #import() {
    await this.page.ask(importText, this.#text);
    await this.until(({ title }) => title === this.#title, 'the notebook');
  }

  /**
   * Waits until `reached` is true of the page's status; throws `Hung` when its worker says nothing for too long before that.
   * @param {(status: ReturnType<typeof readStatus>) => boolean} reached
   * @param {string} what
   */
  async until(reached, what) {
    let said = performance.now();
    for (let [heard, since] = [-1, said]; ; await sleep(LOOK)) {
      const status = await this.page.ask(readStatus);
      if (reached(status)) return;
      if (performance.now() - said > 60_000) {
        say(`waiting for ${what}: ${status.status} (${status.last})`);
        said = performance.now();
      }
      if (status.heard !== heard) [heard, since] = [status.heard, performance.now()];
      const quiet = (performance.now() - since) / 1000;
      if (quiet > options.hung)
        throw new Hung(
          `${what}: no message for ${quiet.toFixed()} s after "${status.last}": ${status.status}`,
        );
    }
  }

  /**
   * Runs all cells, disturbs the worker while they run, and reads what came of it.
   * @param {Disturbance} [disturbance]
   */
  async round({ message, moments } = { message: '', moments: [] }) {
    const { page } = this;
    await page.ask(() => /** @type {any} */ (window).soak.take());
    const from = performance.now();
    if ((await page.ask(press, 'Run all')) !== 1) throw new Hung('"Run all" cannot be pressed');
    await this.until(({ phase }) => phase === 'running', 'the first cell');
    const ended = this.until(({ phase }) => phase !== 'running', 'the last cell');
    let running = true;
    const settled = ended.finally(() => (running = false));
    settled.catch(() => undefined);
    for (const moment of moments) {
      await Promise.race([sleep(Math.max(0, from + moment - performance.now())), settled]);
      if (running) await page.ask((what) => /** @type {any} */ (window).soak.disturb(what), message);
    }
    await settled;
    const seconds = ((performance.now() - from) / 1e3).toFixed(2);
    const taken = await page.ask(() => /** @type {any} */ (window).soak.take());
    const { problems } = await page.ask(readLab);
    const shown = await page.ask(() => document.querySelectorAll('tr[data-run=done]').length);
    // The notice that a worker was restarted stays until it is dismissed.
    await page.ask(press, 'Dismiss');
    return { ...taken, seconds, problems, shown, wrong: await this.#wrongRecords(taken.records) };
  }

  /**
   * Faults of the stored records: soon after a round all records that the worker sent must be stored, and none that it never sent.
   * @param {string[]} sent
   */
  async #wrongRecords(sent) {
    for (const time of sent) this.#seen.add(time);
    for (let tries = 0; ; tries++) {
      const stored = new Set(await this.page.ask(storedRecords, this.#title));
      const lost = sent.filter((time) => !stored.has(time));
      const invented = [...stored].filter((time) => !this.#seen.has(time));
      if (lost.length + invented.length === 0) return [];
      if (tries < 25) await sleep(LOOK);
      else return [`${lost.length} records lost, ${invented.length} invented`];
    }
  }
}

/**
 * Rounds of one part.
 * @param {Soak} soak
 * @param {string} part
 * @param {(found: any) => number} count how much of what is wanted a round has done
 * @param {number} wanted
 * @param {() => Disturbance | undefined} [disturbed]
 */
async function rounds(soak, part, count, wanted, disturbed) {
  let total = 0;
  for (let calmAt = THEN_CALM; total < wanted && !over();) {
    const disturbance = disturbed?.();
    const found = await oneRound(soak, disturbance);
    total += count(found);
    await note(soak, part, total, found, disturbance);
    if (!disturbance || total < calmAt) continue;
    calmAt = total + THEN_CALM;
    await note(soak, `after ${part}`, total, await oneRound(soak, undefined), undefined);
  }
}

/**
 * A round; one that hangs ends with a new page.
 * @param {Soak} soak
 * @param {Disturbance | undefined} disturbance
 */
async function oneRound(soak, disturbance) {
  const from = performance.now();
  try {
    return await soak.round(disturbance);
  } catch (error) {
    if (!(error instanceof Hung) && !/crash|closed/i.test(String(error))) throw error;
    const hung = `hung: ${error instanceof Error ? error.message : error}`;
    say(hung);
    const seconds = ((performance.now() - from) / 1e3).toFixed(2);
    await soak.renew();
    const none = { records: [], others: 0, loads: 0, hits: 0, workers: 0, shown: 0, problems: [] };
    return { ...none, seconds, wrong: [hung] };
  }
}

/**
 * Writes a row.
 * @param {Soak} soak
 * @param {string} part
 * @param {number} total
 * @param {any} found
 * @param {Disturbance | undefined} disturbance
 */
async function note(soak, part, total, found, disturbance) {
  const { seconds, records, others, loads, hits, workers, shown, problems, wrong } = found;
  const meters = await soak.page.meters().catch((error) => ({ wrong: String(error) }));
  if ('wrong' in meters) wrong.push(meters.wrong);
  const short = problems.map((/** @type {string} */ text) => text.slice(0, 90)).join(' | ');
  /** @type {Row} */
  const row = {
    ...{
      part,
      seed,
      page: soak.pages,
      total,
      seconds,
      runs: records.length + others,
      records: records.length,
    },
    ...{ shown, loads, hits, workers, moments: disturbance?.moments.join(' ') ?? '' },
    ...('wrong' in meters ? NO_METERS : meters),
    outcome: disturbance ? short : '',
    problem: [...(disturbance ? [] : problems), ...wrong].join(' | '),
  };
  rows.push(row);
  const line = (/** @type {unknown[]} */ values) =>
    `${values.map((value) => (/[",\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : value)).join()}\n`;
  const text = (rows.length === 1 ? line(Object.keys(row)) : '') + line(Object.values(row));
  process.stdout.write(text);
  if (options.out && rows.length === 1) writeFileSync(options.out, '');
  if (options.out) appendFileSync(options.out, text);
}

const NO_METERS = {
  ...{ page_heap_mb: '', worker_heap_mb: '', nodes: '', listeners: '' },
  ...{ gpu_mb: '', gpu_process_mb: '', renderer_mb: '', indexeddb_kb: '' },
};

/** @param {() => Promise<SoakPage>} open */
async function everything(open) {
  const { models, small, runs, cycles, losses, kills, stalls } = options;
  const soak = new Soak(open);
  if (runs) {
    await soak.show('Many runs', manyRuns(models, small));
    await rounds(soak, 'runs', ({ records, others }) => records.length + others, runs);
  }
  if (cycles) {
    await soak.show('Loads', loads(models, small));
    await rounds(soak, 'cycles', ({ loads }) => loads, cycles);
  }
  if (losses + kills + stalls === 0) return summary(rows);
  await soak.show('Every kind', everyKind(models[0], small, options.kinds));
  await rounds(soak, 'every kind', () => 1, 2);
  const calm = 1000 * Number(rows.at(-1)?.seconds);
  const moments = () => Array.from({ length: PER_ROUND }, () => Math.round(calm * chance()));
  const disturbed = (/** @type {string} */ message) => () => ({
    message,
    moments: moments().sort((a, b) => a - b),
  });
  const hits = (/** @type {{ hits: number }} */ found) => found.hits;
  await rounds(soak, 'losses', hits, losses, disturbed('lose'));
  await rounds(soak, 'kills', hits, kills, disturbed('end'));
  await rounds(soak, 'stalls', hits, stalls, disturbed('stall'));
  return summary(rows);
}

/** Numbers from 0 to 1 from the seed (xorshift32). */
function chance() {
  let x = state;
  x ^= x << 13;
  x ^= x >>> 17;
  x ^= x << 5;
  state = x;
  return (x >>> 0) / 2 ** 32;
}

needNode();
const options = readOptions();
options.hung ||= options.small ? 900 : 150;
const { seed } = options;
let state = Math.imul(seed, 0x9e3779b1) + 1;
const folder = buildFolder(options.build);
/** @type {Row[]} */
const rows = [];
process.exitCode = await withBrowser({ folder, firefox: options.firefox }, everything).catch((error) => {
  say(`soak: ${error instanceof Error ? error.stack : error}`);
  return Math.max(1, summary(rows));
});
