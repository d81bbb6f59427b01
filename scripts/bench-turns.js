// Turns knobs of a live sweep, as a user does, and takes the time from each turn to the new point on the chart.
import { setTimeout as sleep } from 'node:timers/promises';
import { readLab, say } from './built-page.js';

/**
 * @typedef {import('playwright-core').Page} Page
 * @typedef {{ legend: string, choices: string[], chosen: string[] }} Knob
 * @typedef {{ kernel: string, knobs: Knob[] }} Open a kernel whose controls are open, with its knobs
 * @typedef {{ kernel: number, knob: number, choice: string, former: string, place: string, part: string, far: boolean }} Turn
 * @typedef {{ kind: 'ready' | 'new', control: string, from: string, to: string, times: Record<string, number> }} Taken
 * @typedef {{ settings: string, at: number, points: Record<string, number>, fresh: boolean, problem: string }} Seen
 */

/** Seconds that the user looks at a point before the next turn, in turn: refining and compiling ahead are then at any stage. */
const LOOKS = [0.4, 1.5, 3, 0.8, 2.2, 5];
/** Turns that are tried for each one wanted: some settings do not exist, and some are of the kind that is complete. */
const MOST_TRIED = 6;
/** Goals in milliseconds, on an H100 with the 2.9B model at 512 tokens. */
const GOALS = { ready: 1000, new: 3000 };
/** The moments of a turn, in their order; each is the milliseconds since the turn. */
const MOMENTS = ['sent', 'compiling', 'checking', 'warming up', 'measuring', 'answer', 'record', 'shown'];

/**
 * Takes `turns` turns to settings whose kernels are compiled and checked, and as many to others. The settings should name two
 * kernels with knobs: combinations of what was seen of each are ready without having been measured.
 * @param {Page} page
 * @param {{ address: string, turns: number }} asked `address`: of the page, with the settings
 * @param {() => boolean} interrupted
 */
export async function benchTurns(page, { address, turns }, interrupted) {
  await page.addInitScript(watchTurns);
  await page.goto(address);
  await page.locator('[data-adapter]').waitFor({ timeout: 120_000 });
  const { adapter, problems: wrong } = await page.evaluate(readLab);
  if (wrong.length) return { result: '', problems: wrong };
  say(`adapter: ${adapter.join(' · ')}`);
  say('The first point …');
  await page.getByRole('switch', { name: 'Live' }).check();
  const first = await pointAfter(page, '', interrupted);
  if (first.problem) return { result: '', problems: [first.problem] };
  /** @type {Taken[]} */
  const taken = [];
  const problems = await turnMany(page, { turns, settings: first.settings, taken }, interrupted);
  for (const line of summary(taken)) say(line);
  return { result: csv(taken), problems };
}

/**
 * Turns until there are enough of both kinds. Resolves to what went wrong.
 * @param {Page} page
 * @param {{ turns: number, settings: string, taken: Taken[] }} asked `taken` is filled
 * @param {() => boolean} interrupted
 */
async function turnMany(page, { turns, settings, taken }, interrupted) {
  const left = (/** @type {string} */ kind) => turns - taken.filter((each) => each.kind === kind).length;
  const known = { /** @type {Set<string>} */ places: new Set(), /** @type {Set<string>} */ parts: new Set() };
  note(known, await page.evaluate(readKnobs));
  let last = -1;
  for (let tried = 0; left('ready') > 0 || left('new') > 0; tried++) {
    if (interrupted()) return ['Stopped'];
    const open = await page.evaluate(readKnobs);
    const turn = nextTurn(open, known, { ready: left('ready') > 0, last, seed: tried });
    if (!turn || tried >= MOST_TRIED * (turns + 2))
      return [`${left('ready')} turns to ready settings and ${left('new')} to new ones are lacking`];
    await sleep(1e3 * LOOKS[tried % LOOKS.length]);
    known.places.add(turn.place);
    last = turn.kernel;
    const seen = await press(page, turn, settings, interrupted);
    if (seen.problem) {
      say(`${nameOf(open, turn)}: ${seen.problem}; turned back`);
      await press(page, { ...turn, choice: turn.former }, '', interrupted, true);
      continue;
    }
    settings = seen.settings;
    note(known, await page.evaluate(readKnobs));
    const kind = seen.fresh ? 'new' : 'ready';
    const times = { ...seen.points, shown: seen.at };
    if (left(kind) > 0)
      taken.push({ kind, control: nameOf(open, turn), from: turn.former, to: turn.choice, times });
    say(`${kind}: ${nameOf(open, turn)} ${turn.former} → ${turn.choice}: ${Math.round(seen.at)} ms`);
  }
  return [];
}

/**
 * Notes the settings that are shown: of each kernel, and of all together.
 * @param {{ places: Set<string>, parts: Set<string> }} known
 * @param {Open[]} open
 */
function note({ places, parts }, open) {
  const now = open.map((each) => partOf(each));
  for (const part of now) parts.add(part);
  places.add(now.join('\n'));
}

/**
 * The text of a kernel's knobs, one of them turned.
 * @param {Open} open
 * @param {number} [at] @param {string} [choice]
 */
const partOf = ({ kernel, knobs }, at = -1, choice = '') =>
  `${kernel}: ${knobs.map(({ chosen }, index) => (index === at ? choice : chosen.join())).join(' · ')}`;

/**
 * A turn of one knob to settings that were not measured before. With `ready`, each kernel's settings were seen in other combinations, if
 * there are such; else those of one kernel are new, and no neighbours of the present ones, which are compiled ahead. If possible it is
 * another kernel than in the last turn, because that makes new combinations of settings that were seen.
 * @param {Open[]} open
 * @param {{ places: Set<string>, parts: Set<string> }} known
 * @param {{ ready: boolean, last: number, seed: number }} wanted
 * @returns {Turn | undefined}
 */
function nextTurn(open, { places, parts }, { ready, last, seed }) {
  const turns = open.flatMap((each, kernel) =>
    each.knobs.flatMap(({ choices, chosen }, knob) =>
      choices.flatMap((choice, at) => {
        if (chosen.length !== 1 || choice === chosen[0]) return [];
        const part = partOf(each, knob, choice);
        const place = open.map((other, index) => (index === kernel ? part : partOf(other))).join('\n');
        const far = Math.abs(at - choices.indexOf(chosen[0])) > 1;
        return places.has(place) ? [] : [{ kernel, knob, choice, former: chosen[0], place, part, far }];
      }),
    ),
  );
  const seen = turns.filter(({ part }) => parts.has(part));
  const unseen = turns.filter(({ part }) => !parts.has(part));
  const far = unseen.filter((turn) => turn.far);
  const lists = ready ? [seen, far, unseen] : [far, unseen, seen];
  const list = lists.find(({ length }) => length > 0) ?? [];
  const others = list.filter(({ kernel }) => kernel !== last);
  const choice = others.length ? others : list;
  return choice[(7 * seed) % choice.length];
}

const nameOf = (/** @type {Open[]} */ open, /** @type {Turn} */ { kernel, knob }) =>
  `${open[kernel].kernel} ${open[kernel].knobs[knob].legend}`;

/**
 * Presses a chip and waits for the point. `back`: to settings that were measured before.
 * @param {Page} page
 * @param {Turn} turn
 * @param {string} before the settings of the point that is shown
 * @param {() => boolean} interrupted
 * @returns {Promise<Seen>}
 */
async function press(page, { kernel, knob, choice }, before, interrupted, back = false) {
  await page.evaluate(() => /** @type {any} */ (window).turns.clear());
  const knobs = page.locator('[data-cell=sweep] .open').nth(kernel).locator('fieldset');
  // The first fieldset chooses among the variants.
  const chip = knobs
    .nth(knob + 1)
    .locator('label')
    .filter({ hasText: new RegExp(`^\\s*${escaped(choice)}\\s*$`) });
  await chip.click();
  if (!back) return pointAfter(page, before, interrupted);
  await page.locator('[data-cell=sweep] [data-bars] li.run').waitFor();
  return { settings: before, at: 0, points: {}, fresh: false, problem: '' };
}

const escaped = (/** @type {string} */ text) => text.replace(/[^\w\s]/g, '\\$&');

/**
 * Waits until the point of other settings than `before` is on the chart, or the page shows why there is none.
 * @param {Page} page
 * @param {string} before
 * @param {() => boolean} interrupted
 * @returns {Promise<Seen>}
 */
async function pointAfter(page, before, interrupted) {
  for (;;) {
    const waiting = page.waitForFunction(pointShown, before, { timeout: 5000, polling: 'raf' });
    const seen = await waiting.then((handle) => handle.jsonValue()).catch(() => undefined);
    if (seen) return /** @type {Seen} */ (seen);
    if (interrupted()) throw new Error('Stopped');
  }
}

/** Runs in the page before its own scripts: notes when a chip is pressed, and what page and worker tell each other. */
function watchTurns() {
  /** @type {{ at: number, moment: string, settings?: string }[]} */
  const log = [];
  let turned = 0;
  let fresh = false;
  /** @param {string} moment @param {string} [settings] */
  const add = (moment, settings) => void log.push({ at: performance.now(), moment, settings });
  const clear = () => {
    [turned, fresh] = [0, false];
    log.length = 0;
  };
  Object.assign(window, { turns: { clear, read: () => ({ log, turned, fresh }) } });
  document.addEventListener('click', ({ timeStamp }) => void (turned ||= timeStamp), true);
  window.Worker = class extends Worker {
    /** @param {ConstructorParameters<typeof Worker>} words */
    constructor(...words) {
      super(...words);
      this.addEventListener('message', ({ data: { type, cell, progress, record } }) => {
        if (cell === 'ahead' || log.every(({ moment }) => moment !== 'sent')) return;
        if (type === 'record') add('record', record.settings);
        if (type !== 'progress') return;
        const { phase, total, what } = progress;
        // Only what was not compiled before has a total; the answer is checked after the samples.
        const begun = log.some(({ moment }) => moment === 'warming up' || moment === 'measuring');
        if (phase === 'compiling' && total > 0 && !begun) fresh = true;
        add(phase === 'checking' && what === 'the answer' ? 'answer' : phase);
      });
    }
    /**
     * @override
     * @param {any} message @param {any} [options]
     */
    postMessage(message, options) {
      if (message.type === 'run' && message.effort === 'quick') add('sent');
      super.postMessage(message, options);
    }
  };
}

/**
 * Runs in the page at each frame: the moments of the turn once its point is drawn, and undefined before.
 * @param {string} before
 */
function pointShown(before) {
  const { log, turned, fresh } = /** @type {any} */ (window).turns.read();
  const cell = document.querySelector('[data-cell=sweep]');
  const reason = cell?.querySelector('[role=alert], tr[data-run=failed] .reason')?.textContent?.trim();
  if (reason && turned) return { settings: before, at: 0, points: {}, fresh, problem: reason };
  /** @type {{ at: number, moment: string, settings?: string } | undefined} */
  const record = log.find((/** @type {any} */ each) => each.moment === 'record' && each.settings !== before);
  if (!record || !cell?.querySelector('[data-bars] li.run')) return undefined;
  const points = Object.fromEntries(
    log.toReversed().map((/** @type {any} */ { moment, at }) => [moment, at - turned]),
  );
  return { settings: record.settings, at: performance.now() - turned, points, fresh, problem: '' };
}

/**
 * Runs in the page: the kernels whose controls are open, with the knobs of the first variant that runs.
 * @returns {Open[]}
 */
function readKnobs() {
  return [...document.querySelectorAll('[data-cell=sweep] .open')].map((group) => ({
    kernel: group.getAttribute('aria-label') ?? '',
    knobs: [...group.querySelectorAll('fieldset')].slice(1).map((fieldset) => {
      const chips = [...fieldset.querySelectorAll('label')];
      const text = (/** @type {Element} */ chip) => (chip.textContent ?? '').trim();
      return {
        legend: (fieldset.querySelector('legend')?.textContent ?? '').trim(),
        choices: chips.map(text),
        chosen: chips.filter((chip) => chip.querySelector('input')?.checked).map(text),
      };
    }),
  }));
}

/** @param {Taken[]} taken */
function csv(taken) {
  const quoted = (/** @type {string} */ text) => `"${text.replaceAll('"', '""')}"`;
  const lines = taken.map(({ kind, control, from, to, times }) =>
    [
      kind,
      quoted(control),
      quoted(from),
      quoted(to),
      ...MOMENTS.map((name) => times[name]?.toFixed(0) ?? ''),
    ].join(),
  );
  const title = [
    'kind',
    'control',
    'from',
    'to',
    ...MOMENTS.map((name) => `${name.replace(' ', '_')}_ms`),
  ].join();
  return `${[title, ...lines].join('\n')}\n`;
}

/** Median, 90th percentile and maximum of both kinds, beside the goals. A percentile between two turns is the larger one. */
function summary(/** @type {Taken[]} */ taken) {
  return /** @type {const} */ (['ready', 'new']).flatMap((kind) => {
    const times = taken.flatMap((turn) => (turn.kind === kind ? turn.times.shown : [])).sort((a, b) => a - b);
    if (times.length === 0) return [];
    const at = (/** @type {number} */ share) => Math.round(times[Math.ceil(share * times.length) - 1]);
    const within = times.filter((time) => time <= GOALS[kind]).length;
    const goal = `${within} of ${times.length} within ${GOALS[kind]} ms`;
    return [`${kind}: median ${at(0.5)} ms, 90 % ${at(0.9)} ms, longest ${at(1)} ms; ${goal}`];
  });
}
