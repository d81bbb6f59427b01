// `npm run --silent bench:page -- 'model=demo&prefill=128'` drives the built page in a real Chromium, as a user would. It opens the
// page with the settings in the address, presses Run, waits, and saves the page's own CSV. The CSV goes to stdout, everything
// else to stderr; the exit code is 0 only when every run was measured. It waits as long as the page is working. Ctrl-C presses
// Stop and keeps the runs measured so far.
import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { benchTurns } from './bench-turns.js';
import { buildFolder, ENVIRONMENT, readLab, say, withPage } from './built-page.js';
import { needNode, stop } from './setup.js';

const USAGE = `Usage: npm run --silent bench:page -- '<settings>' [--out FILE] [--build FOLDER] [--window]
       npm run --silent bench:page -- --selftest [knobs=defaults] [--out FILE] …
       npm run --silent bench:page -- '<settings with two kernels>' --turns N [--out FILE] …
       npm run --silent bench:page -- --repeat NOTEBOOK.md [--times N] [--out FILE] …
  --selftest      the self-test page and its report, instead of a sweep and its CSV
  --repeat FILE   runs the compare cells of a notebook and prints each comparison as a line of JSON
  --times N       how often; by default once
  --turns N       turns knobs of a live sweep of these settings: N to what is compiled and checked, and N to what is not; prints
                  the milliseconds from each turn to its point as CSV, and their quantiles
  --picture FILE  a picture of the page after the sweep (PNG, 1080 × 750 at twice the size), as in the README
  --out FILE      writes the result there too
  --build FOLDER  a finished build; by default build/, rebuilt when a source is newer
  --window        with a window on the screen
${ENVIRONMENT}`;

/** Interval between looks at the page, long enough not to disturb the measurement. */
const POLL_MILLISECONDS = 1000;

/** Time in which the results are shown after a run has ended. */
const SHOWN_MILLISECONDS = 5000;

/** So many times in a row a notebook may fail with --repeat before the script gives up. */
const MOST_FAILURES = 3;

/** The page as `--picture` shows it. */
const PICTURED = { viewport: { width: 1080, height: 750 }, deviceScaleFactor: 2 };

/**
 * @typedef {import('playwright-core').Page} Page
 * @typedef {import('./built-page.js').Shown} Shown
 */

/** Set by Ctrl-C or by a time limit around this script. */
let interrupted = false;

/** The text that was written so far. */
let printed = '';
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => {
    say('Stopping; once more to end at once');
    interrupted = true;
  });

needNode();
const options = readOptions();
const folder = buildFolder(options.build);
process.exitCode = await main().catch((error) => {
  say(`bench-page: ${error instanceof Error ? error.message : error}`);
  return 1;
});

function readOptions() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        selftest: { type: 'boolean', default: false },
        window: { type: 'boolean', default: false },
        repeat: { type: 'string' },
        times: { type: 'string', default: '1' },
        turns: { type: 'string' },
        picture: { type: 'string' },
        out: { type: 'string' },
        build: { type: 'string' },
      },
    });
    if (positionals.length === 0 && !values.selftest && !values.repeat) throw new Error('No settings given');
    const [times, turns] = [count('times', values.times), count('turns', values.turns)];
    return { ...values, times: times ?? 1, turns, settings: positionals.join('&') };
  } catch (error) {
    return stop(`${error instanceof Error ? error.message : error}\n${USAGE}`);
  }
}

/**
 * @param {string} name of an option
 * @param {string | undefined} value
 */
function count(name, value) {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (Number.isInteger(number) && number >= 1 && number <= 1000) return number;
  throw new Error(`--${name} takes a whole number from 1 to 1000, not ${value}`);
}

/**
 * Writes a part of the result to stdout, and all of it so far to the file.
 * @param {string} text
 */
function print(text) {
  printed += text;
  process.stdout.write(text);
  if (options.out) writeFileSync(options.out, printed);
}

/** Resolves to the exit code. */
async function main() {
  const { selftest, repeat: notebook, turns, picture } = options;
  const use = selftest ? selfTest : notebook ? repeat : turns ? turn : sweep;
  const { result, problems } = await withPage(
    { folder, window: options.window, view: picture ? PICTURED : {} },
    use,
  );
  print(result);
  for (const problem of problems) say(`problem: ${problem}`);
  return problems.length > 0 ? 1 : 0;
}

/**
 * @param {Page} page
 * @param {string} address
 */
async function sweep(page, address) {
  await page.goto(`${address}?${encodeURI(options.settings)}`);
  const { adapter, problems } = await watch(page, readLab, (shown) => shown.adapter.length > 0);
  if (problems.length > 0) return { result: '', problems };
  say(`adapter: ${adapter.join(' · ')}`);
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  const shown = await watch(page, readLab, ({ phase }) => phase === 'finished');
  // The table, its buttons and the reasons of failed runs come a moment after the end.
  const csv = page.locator('button:enabled', { hasText: 'Download CSV' }).first();
  const measured = await csv.waitFor({ timeout: SHOWN_MILLISECONDS }).then(
    () => true,
    () => false,
  );
  const result = measured ? await download(page, 'Download CSV') : '';
  if (options.picture) await takePicture(page, options.picture);
  const later = await page.evaluate(readLab);
  const found = [...new Set([...shown.problems, ...later.problems])];
  return { result, problems: measured ? found : [...found, 'Nothing was measured'] };
}

/**
 * Saves a picture of the window, scrolled to its top: a click has scrolled to the button.
 * @param {Page} page
 * @param {string} path
 */
async function takePicture(page, path) {
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path, animations: 'disabled' });
}

/**
 * @param {Page} page
 * @param {string} address
 */
function turn(page, address) {
  const turns = /** @type {number} */ (options.turns);
  const opened = { address: `${address}?${encodeURI(options.settings)}`, turns };
  return benchTurns(page, opened, () => interrupted);
}

/**
 * Opens a notebook from a file, as a drop does, presses *Run all* several times, and reads what the worker tells the page.
 * @param {Page} page
 * @param {string} address
 */
async function repeat(page, address) {
  const path = /** @type {string} */ (options.repeat);
  const notebook = { name: 'repeat.md', mimeType: 'text/markdown', buffer: await readFile(path) };
  await page.addInitScript(recordComparisons);
  await page.goto(address);
  const { adapter } = await watch(page, readLab, (shown) => shown.adapter.length > 0);
  say(`adapter: ${adapter.join(' · ')}`);
  await page.locator('[data-import]').setInputFiles(notebook);
  const cells = page.locator('[data-cell=compare]');
  await cells.first().waitFor();
  // Naming the file on the command line allows its shaders, as with `lab repeat`.
  const consent = page.getByRole('button', { name: /^Allow (and open|this shader)/ });
  while ((await consent.count()) > 0) await consent.first().click();
  /** @type {string[]} */
  const problems = [];
  // A failed comparison is reported, and the next one begins, up to MOST_FAILURES in a row.
  for (let time = 0, failed = 0; time < options.times && failed < MOST_FAILURES && !interrupted; time++) {
    await page.getByRole('button', { name: 'Run all' }).click();
    await page.locator('[data-phase=running]').waitFor();
    const wanted = await cells.count();
    const { problems: found } = await watch(page, readLab, ({ phase }) => phase === 'finished');
    const lines = await page.evaluate(() => /** @type {any} */ (window).takeComparisons());
    print(lines.map((/** @type {string} */ line) => `${line}\n`).join(''));
    problems.push(...found);
    failed = lines.length === wanted ? 0 : failed + 1;
    if (failed > 0) problems.push(`${lines.length} of ${wanted} comparisons ended`);
  }
  return { result: '', problems };
}

/** Runs in the page before its own scripts: keeps the comparisons that its worker sends, as lines of JSON. */
function recordComparisons() {
  /** @type {string[]} */
  let lines = [];
  Object.assign(window, { takeComparisons: () => lines.splice(0) });
  window.Worker = class extends Worker {
    /** @param {ConstructorParameters<typeof Worker>} words */
    constructor(...words) {
      super(...words);
      this.addEventListener('message', ({ data }) => {
        if (data.type === 'compared') lines.push(JSON.stringify(data.compared));
      });
    }
  };
}

/**
 * @param {Page} page
 * @param {string} address
 */
async function selfTest(page, address) {
  await page.goto(`${address}selftest?${encodeURI(options.settings)}`);
  const { problems } = await watch(page, readSelfTest, () => true);
  if (problems.length > 0) return { result: '', problems };
  await page.getByRole('button', { name: 'Run the self-test' }).click();
  const shown = await watch(page, readSelfTest, ({ phase }) => phase === 'finished');
  if (shown.adapter.length > 0) say(`adapter: ${shown.adapter.join(' ')}`);
  return { result: await download(page, 'Save report'), problems: shown.problems };
}

/**
 * Polls the page and prints its status when it changes, until `arrived` is true or the page shows a problem.
 * @param {Page} page
 * @param {() => Shown} read runs in the page
 * @param {(shown: Shown) => boolean} arrived
 */
async function watch(page, read, arrived) {
  const stopButton = page.getByRole('button', { name: 'Stop' }).first();
  for (let told = ''; ; await sleep(POLL_MILLISECONDS)) {
    const shown = await page.evaluate(read);
    const ended = arrived(shown) || (shown.problems.length > 0 && shown.phase !== 'running');
    // The part after a comma holds megabytes and counts, which change with every look.
    const status = ended ? shown.status : shown.status.split(',')[0];
    if (status !== told && status !== '') say(status);
    told = status;
    if (ended && status.startsWith('Stopped')) shown.problems.push(status);
    if (ended) return shown;
    // The button disappears when the run has just ended by itself.
    if (interrupted) await stopButton.click({ timeout: POLL_MILLISECONDS }).catch(() => undefined);
  }
}

/**
 * Presses a button that saves a file, and resolves to the text of the file.
 * @param {Page} page
 * @param {string} button
 */
async function download(page, button) {
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: button }).click();
  return readFile(await (await saved).path(), 'utf8');
}

/**
 * Runs in the page: reads the self-test page.
 * @returns {Shown}
 */
function readSelfTest() {
  const texts = (/** @type {string} */ selector) =>
    [...document.querySelectorAll(selector)].map(({ textContent }) =>
      (textContent ?? '').replace(/\s+/g, ' ').trim(),
    );
  return {
    adapter: texts('main > p'),
    phase: document.querySelector('[data-selftest]')?.getAttribute('data-selftest') ?? 'idle',
    status: texts('.bar [role=status]')[0] ?? '',
    problems: texts('.notice[role=status] > p:first-of-type, [role=alert], tr.failed'),
  };
}
