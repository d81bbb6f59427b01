// `node scripts/verdicts.js --model synthetic-0.1b --prefill 64 --steps 1` measures in a real Chromium how often the page tells
// identical settings apart, and how often it finds a true difference of 2 %. The difference is idle work: a loop in `argmax`. With a small
// model the GPU waits for the page, which would hide a short loop. So both sides run a loop that makes the sample 30 % longer, and the
// loop of one side adds another 2 %; how long a turn of the loop takes is measured first. Rows of CSV go to stdout, rows for the tables
// of docs/results.md to stderr.
import { spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ENVIRONMENT, say } from './built-page.js';
import { needNode, root, stop } from './setup.js';

const USAGE = `Usage: node scripts/verdicts.js [--model NAME] [--prefill N] [--steps N] [--times N] [--power N] …
  --model NAME     the model; by default synthetic-0.1b
  --prefill N      tokens of the prompt; by default 64
  --steps N        steps_per_submit; by default 0
  --settings TEXT  further settings of both sides, such as 'matmul=naive&matvec=naive'
  --times N        comparisons of identical settings; by default 40
  --power N        comparisons with 2 % of idle work; by default 10
  --budget N       seconds that the blocks of identical settings may take; by default 4
  --power-budget N seconds that all other blocks may take; by default 20
  --build FOLDER   the built page; by default build/
  --out FILE       writes the rows there too, as they come
${ENVIRONMENT}`;

/** The share of idle work that is to be found. */
const IDLE = 0.02;
/** The share of idle work on both sides, with which the page waits for the GPU, so that no further work of the GPU is hidden. */
const COMMON = 0.3;
/** Turns of the loop in a millisecond, about 2 ns each on an H100: the length at which the search for the right one begins. */
const TURNS_PER_MS = 500_000;
/** Lengths of the loop that are tried, as shares of the sample at that speed. */
const SHARES = [0.2, 0.4, 0.8, 1.6, 3.2, 6.4];

const COLUMNS = [
  ...[
    'name',
    'client',
    'value_of_a_half',
    'session',
    'cell',
    'first',
    'second',
    'verdict',
    'ratio',
    'low',
    'high',
  ],
  ...['blocks', 'deviation', 'floor', 'sample_ms', 'repetitions', 'seconds', 'answer_error', 'check_seconds'],
  ...['warnings', 'adapter'],
];

/**
 * Argmax of which one thread runs a loop as well; its result is used, so that no compiler leaves it out.
 * @param {number[]} turns of the loop, from which the settings choose
 */
function shader(turns) {
  return `\`\`\`wgsl argmax/spin
//! pass all: rows

struct Sizes { vocabulary: u32, rows: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> logits: array<f32>;     // rows × vocabulary
@group(0) @binding(2) var<storage, read_write> best: array<u32>; // rows

const spin = 0u; // knob: ${turns.join(' ')}

struct Best { token: u32, logit: f32 }
var<workgroup> found: array<Best, 256>;

@compute @workgroup_size(256)
fn all(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let row = group.x * sizes.vocabulary;
  var own = Best(0u, logits[row]);
  for (var token = thread; token < sizes.vocabulary; token += 256u) { own = better(own, Best(token, logits[row + token])); }
  found[thread] = own;
  workgroupBarrier();
  if (thread > 0u) { return; }
  for (var i = 1u; i < 256u; i++) { own = better(own, found[i]); }
  best[group.x] = own.token + idle();
}

// 0 after so many turns: the product stays between 1 and 2.
fn idle() -> u32 {
  var product = 1.0 + 1.0 / f32(sizes.vocabulary);
  for (var i = 0u; i < spin; i++) { product = fma(product, 0.5, 0.75); }
  return select(0u, 1u, product > 3.0);
}

fn better(a: Best, b: Best) -> Best {
  if (b.logit > a.logit || (b.logit == a.logit && b.token < a.token)) { return b; }
  return a;
}
\`\`\`
`;
}

/**
 * @typedef {object} Compared of records/comparison.ts, what is read here
 * @property {{ settings: string, tokens: number, tokensPerSecond: number, checks?: { answerError?: number, seconds?: number } }[]} runs
 * @property {{ verdict: string, ratio: number, low: number, high: number, values: number[] }[]} against
 * @property {number} [floor]
 * @property {number} [repetitions]
 * @property {string[]} [warnings]
 * @property {string} adapter
 * @property {string} agent
 */

needNode();
const options = readOptions();
const temporary = mkdtempSync(join(tmpdir(), 'verdicts-'));
/** True once a signal has come: the browser ends its comparison, and nothing else begins. */
let stopping = false;
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM']))
  process.on(signal, () => (stopping = true));
process.exitCode = await main()
  .catch((error) => {
    say(`verdicts: ${error instanceof Error ? error.message : error}`);
    return 1;
  })
  .finally(() => rmSync(temporary, { recursive: true, force: true }));

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        model: { type: 'string', default: 'synthetic-0.1b' },
        prefill: { type: 'string', default: '64' },
        steps: { type: 'string', default: '0' },
        settings: { type: 'string', default: '' },
        times: { type: 'string', default: '40' },
        power: { type: 'string', default: '10' },
        budget: { type: 'string', default: '4' },
        'power-budget': { type: 'string', default: '20' },
        build: { type: 'string', default: join(root, 'build') },
        out: { type: 'string' },
      },
    });
    for (const name of /** @type {const} */ ([
      'prefill',
      'steps',
      'times',
      'power',
      'budget',
      'power-budget',
    ]))
      if (!/^\d+$/.test(values[name])) throw new Error(`--${name} takes a whole number, not ${values[name]}`);
    return { ...values, times: Number(values.times), power: Number(values.power) };
  } catch (error) {
    return stop(`${error instanceof Error ? error.message : error}\n${USAGE}`);
  }
}

async function main() {
  const { model, prefill, steps, times, power, budget } = options;
  const name = [model.replace('synthetic-', ''), prefill, steps].join('-');
  print(COLUMNS);
  const same = times ? await comparisons(`aa-${name}`, [0, 0], times, budget) : [];
  if (same.length > 0) tell(same, ['faster', 'slower', 'same', 'cannot tell']);
  if (power === 0 || stopping) return same.length === times ? 0 : 1;
  const loops = await calibrate(name, same.length > 0 ? sampleMs(same[0]) : undefined);
  const idle = await comparisons(`power-${name}`, loops, power, options['power-budget']);
  tell(idle, ['slower', 'faster', 'same', 'cannot tell']);
  return same.length === times && idle.length === power ? 0 : 1;
}

/**
 * Turns of the two sides' loops: the first makes the page's time longer by COMMON, the second makes it longer than with the first by
 * IDLE. Both lie on the straight line through the lengths tried with which the page waits for the GPU.
 * @param {string} name
 * @param {number | undefined} ms length of a sample, if it is known
 */
async function calibrate(name, ms) {
  const seconds = options['power-budget'];
  const known = ms ?? sampleMs((await comparisons(`length-${name}`, [0, 0], 1, seconds))[0]);
  const tried = [0, ...SHARES.map((share) => Math.ceil(share * known * TURNS_PER_MS))];
  const [compared] = await comparisons(`calibration-${name}`, tried, 1, seconds);
  const { slope, zero } = lineThrough(tried, longer(compared));
  const at = (/** @type {number} */ share) => Math.ceil((share - zero) / slope);
  const loops = [at(COMMON), at((1 + COMMON) * (1 + IDLE) - 1)];
  say(`idle work: ${loops[1]} turns of the loop take ${100 * IDLE} % longer than ${loops[0]}`);
  return loops;
}

/**
 * How much longer each side of a comparison takes than the first side, as a share; the first entry is that of the first side.
 * @param {Compared} compared
 */
function longer({ against }) {
  return [0, ...against.map(({ ratio }) => 1 / ratio - 1)];
}

/**
 * The straight line (least squares, weighted so that each counts by its relative error) through the points of at least COMMON.
 * @param {number[]} turns
 * @param {number[]} shares
 */
function lineThrough(turns, shares) {
  const seen = turns.map((x, at) => ({ x, y: shares[at], weight: 1 / (1 + shares[at]) ** 2 }));
  const used = seen.filter(({ y }) => y >= COMMON);
  if (used.length < 2)
    throw new Error(
      `No two loops made the page's time ${100 * COMMON} % longer: ${shares.map((each) => each.toFixed(4)).join(' ')}`,
    );
  const total = used.reduce((sum, { weight }) => sum + weight, 0);
  const meanOf = (/** @type {'x' | 'y'} */ key) =>
    used.reduce((sum, each) => sum + each.weight * each[key], 0) / total;
  const [x, y] = [meanOf('x'), meanOf('y')];
  const slope =
    used.reduce((sum, each) => sum + each.weight * (each.x - x) * (each.y - y), 0) /
    used.reduce((sum, each) => sum + each.weight * (each.x - x) ** 2, 0);
  if (slope > 0) return { slope, zero: y - slope * x };
  throw new Error(
    `The lengths of the loop and of the samples have no clear relation: ${shares.map((each) => each.toFixed(4)).join(' ')}`,
  );
}

/**
 * Comparisons of sides that differ in the turns of their loop, each printed as rows. Throws when none was measured.
 * @param {string} name
 * @param {number[]} turns of each side
 * @param {number} times
 * @param {string} budget in seconds
 */
async function comparisons(name, turns, times, budget) {
  const { model, prefill, steps, settings } = options;
  const sides = turns.map((spin) => {
    const own = [
      `model=${model}`,
      `prefill=${prefill}`,
      `steps_per_submit=${steps}`,
      ...settings.split('&'),
      'argmax=spin',
    ];
    return [...own, `argmax.spin=${spin}`].filter(Boolean).join('\n');
  });
  const cell = `\`\`\`lab compare\nbudget=${budget}\n${sides.join('\n---\n')}\n\`\`\`\n`;
  const notebook = join(temporary, 'verdicts.md');
  writeFileSync(notebook, `${shader([...new Set([0, ...turns])])}\n${cell}`);
  const lines = await benchPage(
    ['--build', options.build, '--repeat', notebook, '--times', String(times)],
    (line, session) => {
      for (const row of rowsOf(name, JSON.parse(line), session)) print(row);
    },
  );
  if (lines.length === 0) throw new Error(`${name}: nothing was measured`);
  return lines.map((line) => /** @type {Compared} */ (JSON.parse(line)));
}

/**
 * Runs bench-page.js, hands on each line that it prints as it comes, and resolves to all.
 * @param {string[]} words
 * @param {(line: string, number: number) => void} take `number`: from 1
 */
async function benchPage(words, take) {
  const child = spawn(process.execPath, [join(root, 'scripts/bench-page.js'), ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // A signal from a terminal or from `timeout` reaches the child as well; one to this process alone does not.
  const pass = () => void child.kill('SIGTERM');
  process.once('SIGTERM', pass);
  let text = '';
  /** @type {string[]} */
  const lines = [];
  for await (const part of child.stdout.setEncoding('utf8')) {
    const [rest, ...whole] = (text + part).split('\n').reverse();
    text = rest;
    for (const line of whole.reverse()) take(line, lines.push(line));
  }
  process.off('SIGTERM', pass);
  return lines;
}

/**
 * @param {string} name
 * @param {Compared} compared
 * @param {number} session
 */
function rowsOf(name, { runs, against, floor, repetitions, warnings = [], adapter, agent }, session) {
  const error = Math.max(...runs.map(({ checks }) => checks?.answerError ?? NaN));
  const checking = runs.reduce((sum, { checks }) => sum + (checks?.seconds ?? 0), 0);
  const client = `Chromium ${/Chrome\/(\d+)/.exec(agent)?.[1] ?? '?'}`;
  return against.map(({ verdict, ratio, low, high, values }, at) => [
    ...[name, client, 'low median', session, 1, runs[0].settings, runs[at + 1].settings, verdict],
    ...[ratio, low, high].map((each) => each.toPrecision(6)),
    ...[values.length, deviation(values).toPrecision(3), floor?.toPrecision(3) ?? ''],
    ...[
      sampleMs({ runs }).toPrecision(4),
      repetitions ?? '',
      '',
      error.toExponential(1),
      checking.toFixed(2),
    ],
    ...[warnings.join(' '), adapter],
  ]);
}

/** @param {Pick<Compared, 'runs'>} compared */
function sampleMs({ runs }) {
  return (1e3 * runs[0].tokens) / runs[0].tokensPerSecond;
}

/** @param {number[]} values */
function deviation(values) {
  if (values.length < 2) return 0;
  const mean = values.reduce((sum, each) => sum + each, 0) / values.length;
  return Math.sqrt(values.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (values.length - 1));
}

/**
 * Writes the comparisons as a row of a table of docs/results.md.
 * @param {Compared[]} all
 * @param {string[]} verdicts in the order of the row's columns
 */
function tell(all, verdicts) {
  const counts = verdicts.map(
    (verdict) => `${verdict}: ${all.filter(({ against }) => against[0].verdict === verdict).length}`,
  );
  const logs = all.map(({ against }) => Math.log(against[0].ratio));
  const mean = logs.reduce((sum, each) => sum + each, 0) / logs.length;
  const deviations = all.map(({ against }) => deviation(against[0].values)).sort((a, b) => a - b);
  const figures = [
    (100 * Math.expm1(mean)).toFixed(2),
    (100 * deviations[deviations.length >> 1]).toFixed(1),
  ];
  const { model, prefill, steps } = options;
  say(
    `| ${model}, ${prefill} | ${steps} | ${all.length} comparisons | ${counts.join(' | ')} | ${figures.join(' % | ')} % |`,
  );
}

/**
 * Prints a row of CSV.
 * @param {(string | number)[]} fields
 */
function print(fields) {
  const quoted = fields.map((each) =>
    /[",\n]/.test(String(each)) ? `"${String(each).replaceAll('"', '""')}"` : each,
  );
  process.stdout.write(`${quoted.join(',')}\n`);
  if (options.out) appendFileSync(options.out, `${quoted.join(',')}\n`);
}
