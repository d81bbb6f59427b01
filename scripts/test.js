// `npm test`: makes the machine ready, runs every check, and ends with one line: "N passed, N failed, N skipped".
//   npm test                             everything
//   npm test -- pure | webkit | gpu | browser     one project of tests (also lint, format, check, unused, build)
//   npm test -- WORD …                   the test files whose path contains a word; `pure WORD`: of those only
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { needMachine } from './machine.js';
import { needNode, needPackages, root, run, tool } from './setup.js';
import { withAllocator } from './testing/allocator.js';
import { cacheShaders } from './testing/cache.js';
import { execute } from './testing/execute.js';
import { countResults, outcomeOf } from './testing/results.js';
import { measureSlowness } from './testing/slowness.js';
import { chooseSteps, REPORTS } from './testing/steps.js';
import { LONGEST_SECONDS } from './webkit/compiler.js';

/** @typedef {import('./testing/steps.js').Step} Step */
/** @typedef {ReturnType<typeof outcomeOf> & { name: string, seconds: number }} Outcome */

/** The file in which `webkit/compiler.js` says where Safari's compiler is, or what it lacks. */
const COMPILER = join(REPORTS, 'compiler.json');

// A set-up that fails counts as well.
let summarised = false;
process.once('exit', (code) => summarised || code === 130 || console.log('\n0 passed, 1 failed'));

needNode();
const steps = chooseSteps(process.argv.slice(2));
needPackages();
// The generated part of tsconfig.json, which lint and check read.
run(tool('@sveltejs/kit/svelte-kit.js', 'sync'));
needMachine({
  adapter: steps.some(({ gpu }) => gpu),
  browsers: steps.some(({ browsers }) => browsers),
});
cacheShaders();
rmSync(REPORTS, { recursive: true, force: true });
mkdirSync(REPORTS, { recursive: true });
// The build takes minutes of two cores, and begins with what the steps before its tests leave of them.
const compiler = steps.some(({ webkit }) => webkit) ? findCompiler() : undefined;
/** @type {Outcome[]} */
const outcomes = [];
await performChecks(steps.filter(({ results }) => !results));
for (const step of steps.filter(({ results }) => results))
  outcomes.push(await performTests(step, step.results ?? ''));
summarise();

/**
 * Performs the steps that pass or fail as a whole, two at a time because each uses one core; each prints when it has ended.
 * @param {Step[]} checks
 */
async function performChecks(checks) {
  const waiting = [...checks];
  /** @type {Map<string, Promise<void>>} */
  const running = new Map();
  const mayBegin = (/** @type {Step} */ { after = [] }) =>
    ![...running.keys(), ...waiting.map(({ name }) => name)].some((name) => after.includes(name));
  while (waiting.length || running.size) {
    const next = running.size < 2 ? waiting.findIndex(mayBegin) : -1;
    if (next < 0) await Promise.race(running.values());
    for (const step of next < 0 ? [] : waiting.splice(next, 1))
      running.set(
        step.name,
        performCheck(step).finally(() => running.delete(step.name)),
      );
  }
}

/** @param {Step} step */
async function performCheck(step) {
  const start = performance.now();
  const { problem, output } = await execute({
    ...step,
    slowness: await measureSlowness(false),
    quiet: true,
  });
  head(step);
  process.stdout.write(output);
  const [passed, failed] = problem ? [0, 1] : [1, 0];
  outcomes.push({ ...nothing(step), passed, failed, note: problem, seconds: secondsSince(start) });
}

/**
 * @param {Step} step
 * @param {string} results
 * @returns {Promise<Outcome>}
 */
async function performTests(step, results) {
  head(step);
  if (step.browsers && outcomes.some(({ name, failed }) => name === 'build' && failed > 0))
    return { ...nothing(step), failed: 1, note: 'not run: the build failed' };
  const start = performance.now();
  const looked = step.webkit ? await compiler : undefined;
  if (looked?.output) console.log(looked.output.trim());
  if (looked?.problem)
    return { ...nothing(step), failed: 1, note: `not run: looking for Safari's compiler: ${looked.problem}` };
  return { ...nothing(step), ...(await runTests(step, results)), seconds: secondsSince(start) };
}

/** @param {Step} step */
function head({ name }) {
  console.log(`\n── ${name} ${'─'.repeat(60 - name.length)}`);
}

/** @param {number} start of performance.now() */
function secondsSince(start) {
  return (performance.now() - start) / 1e3;
}

/**
 * @param {Step} step
 * @returns {Outcome}
 */
function nothing({ name }) {
  return { name, passed: 0, failed: 0, skipped: 0, skips: new Map(), failures: [], seconds: 0, note: '' };
}

/**
 * A project of tests, whose limits are those of the machine as it is now.
 * @param {Step} step
 * @param {string} results
 */
async function runTests(step, results) {
  const slowness = await measureSlowness(step.gpu ?? false);
  console.log(`Limits × ${slowness.toFixed(1)}: this machine, now, beside an idle one with two cores.`);
  writeFileSync(results, '');
  const limits = { LAB_SLOWNESS: slowness.toFixed(2), LAB_TEST_RESULTS: results };
  // Browsers have allocators of their own.
  const allocator = step.gpu && !step.browsers ? withAllocator() : {};
  const env = { ...limits, ...allocator, ...compilerFor(step) };
  const ended = await execute({ ...step, env, slowness });
  return outcomeOf(countResults(readFileSync(results, 'utf8')), ended);
}

/** Finds or builds Safari's compiler in a process of its own. The build has a low priority. */
async function findCompiler() {
  const command = [process.execPath, join(root, 'scripts/webkit/compiler.js'), COMPILER];
  return execute({ command, silence: LONGEST_SECONDS, slowness: 1, quiet: true });
}

/**
 * The compiler, or what it lacks, for the step that uses it.
 * @param {Step} step
 * @returns {Record<string, string>}
 */
function compilerFor({ webkit }) {
  if (!webkit) return {};
  /** @type {import('./webkit/compiler.js').Found} */
  const { program, lacks } = JSON.parse(readFileSync(COMPILER, 'utf8'));
  return program ? { LAB_WEBKIT: program } : { LAB_WEBKIT_LACKS: lacks ?? '' };
}

/** Prints one line a step, what failed, what was skipped and why, and the count; sets the exit code. */
function summarise() {
  console.log(`\n── summary ${'─'.repeat(53)}`);
  for (const { name, passed, failed, skipped, skips, failures, seconds, note } of outcomes) {
    const rest = [skipped ? `${skipped} skipped` : '', failed ? note : ''].filter(Boolean).join(', ');
    console.log(
      `${failed ? '✗' : '✓'} ${name.padEnd(8)} ${String(passed).padStart(5)} passed ${String(failed).padStart(4)} failed` +
        `  ${seconds.toFixed(0).padStart(4)} s  ${rest}`.trimEnd(),
    );
    for (const failure of failures) console.log(`    failed: ${failure}`);
    for (const [reason, times] of skips)
      console.log(`    skipped: ${reason}${times > 1 ? ` (${times} tests)` : ''}`);
  }
  const sum = (/** @type {'passed' | 'failed' | 'skipped'} */ key) =>
    outcomes.reduce((total, outcome) => total + outcome[key], 0);
  summarised = true;
  process.exitCode = sum('failed') > 0 ? 1 : 0;
  const skipped = sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : '';
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed${skipped}`);
}
