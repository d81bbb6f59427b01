// `npm test`: makes the machine ready, runs every check, and ends with one line: "N passed, N failed".
//   npm test                      everything
//   npm test -- pure | gpu | browser   one part of the tests (also lint, format, check, build)
//   npm test -- WORD …                 the test files whose path contains a word; `pure WORD`: of those only
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { needMachine } from './machine.js';
import { buildIsOld, needNode, needPackages, root, run, stop, tool } from './setup.js';

const REPORTS = join(root, 'test-results');
/** A step that hangs must not take the count with it. */
const LIMIT_SECONDS = 12 * 60;

/** @typedef {{ name: string, command: string[], report?: string, needsBuild?: boolean }} Step */
/** @typedef {{ name: string, passed: number, failed: number, skipped: number, seconds: number, note: string }} Outcome */

// A set-up that fails counts as well.
let summarised = false;
process.once('exit', (code) => summarised || code === 130 || console.log('\n0 passed, 1 failed'));

needNode();
const steps = chooseSteps(process.argv.slice(2));
needPackages();
// The generated part of tsconfig.json, which lint and check read.
run(tool('@sveltejs/kit/svelte-kit.js', 'sync'));
needMachine({
  adapter: steps.some(({ name }) => name === 'gpu'),
  browsers: steps.some(({ name }) => name === 'browser'),
});
rmSync(REPORTS, { recursive: true, force: true });
mkdirSync(REPORTS, { recursive: true });
/** @type {Outcome[]} */
const outcomes = [];
for (const step of steps) outcomes.push(await perform(step));
summarise();

/** @param {string[]} words the words after `npm test --` */
function chooseSteps(words) {
  const build = { name: 'build', command: tool('vite/bin/vite.js', 'build', '--logLevel', 'warn') };
  /** @type {Step[]} */
  const all = [
    { name: 'lint', command: tool('eslint/bin/eslint.js', '.') },
    { name: 'format', command: tool('prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.') },
    { name: 'check', command: tool('svelte-check/bin/svelte-check', '--tsconfig', './tsconfig.json') },
    build,
    vitest('pure', []),
    vitest('gpu', []),
    vitest('browser', []),
  ];
  if (words.length === 0) return all;
  const named = all.filter(({ name }) => words.includes(name));
  const filters = words.filter((word) => !all.some(({ name }) => name === word));
  const projects = named.filter(({ report }) => report).map(({ name }) => name);
  const chosen =
    filters.length === 0 ? named : [...named.filter(({ report }) => !report), ...filtered(filters, projects)];
  const browsing = chosen.some(({ needsBuild }) => needsBuild) && !chosen.includes(build) && buildIsOld();
  return browsing ? [build, ...chosen] : chosen;
}

/**
 * The test runs that the filters leave.
 * @param {string[]} filters
 * @param {string[]} projects only these, when there are any
 */
function filtered(filters, projects) {
  const found = Object.entries({
    pure: testFiles('tests/pure', '.test.ts'),
    gpu: testFiles('tests/gpu', '.test.ts'),
    browser: testFiles('tests/browser', '.spec.ts'),
  })
    .filter(([project]) => projects.length === 0 || projects.includes(project))
    .filter(([, files]) => files.some((file) => filters.some((filter) => file.includes(filter))))
    .map(([project]) => vitest(project, filters));
  if (found.length > 0) return found;
  const files = ['pure', 'gpu', 'browser'].flatMap((project) => testFiles(`tests/${project}`, '.ts'));
  return stop(`No test file's path contains ${filters.join(' or ')}; there are: ${files.join(', ')}`);
}

/**
 * @param {string} folder
 * @param {string} ending
 */
function testFiles(folder, ending) {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith(ending))
    .map((name) => `${folder}/${name}`);
}

/**
 * @param {string} project
 * @param {string[]} filters
 * @returns {Step}
 */
function vitest(project, filters) {
  const report = join(REPORTS, `${project}.json`);
  const words = [
    'run',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ];
  return {
    name: project,
    command: tool('vitest/vitest.mjs', ...words, ...filters),
    report,
    needsBuild: project === 'browser',
  };
}

/**
 * @param {Step} step
 * @returns {Promise<Outcome>}
 */
async function perform(step) {
  console.log(`\n── ${step.name} ${'─'.repeat(60 - step.name.length)}`);
  if (step.needsBuild && outcomes.some(({ name, failed }) => name === 'build' && failed > 0))
    return {
      name: step.name,
      passed: 0,
      failed: 1,
      skipped: 0,
      seconds: 0,
      note: 'not run: the build failed',
    };
  const start = performance.now();
  const problem = await execute(step.command);
  const seconds = (performance.now() - start) / 1000;
  const counts = step.report
    ? countTests(step.report, problem)
    : { passed: problem ? 0 : 1, failed: problem ? 1 : 0, skipped: 0 };
  return { name: step.name, ...counts, seconds, note: problem };
}

/**
 * Runs a command in a process group of its own, so that nothing it started outlives it. The group is asked to end before it is
 * made to: Playwright's browsers have groups of their own, and only Playwright ends them.
 * @param {string[]} command
 * @returns {Promise<string>} empty when it succeeded, else how it ended
 */
function execute([program, ...words]) {
  const detached = process.platform !== 'win32';
  return new Promise((resolve) => {
    const child = spawn(program, words, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], detached });
    const end = (/** @type {NodeJS.Signals} */ signal) => signalGroup(child, detached, signal);
    const give = (/** @type {string} */ why) => {
      console.error(why);
      end('SIGTERM');
      setTimeout(() => end('SIGKILL'), 5_000).unref();
    };
    const interrupt = () => {
      process.exitCode = 130;
      give('Interrupted.');
    };
    const timer = setTimeout(() => give(`Stopped after ${LIMIT_SECONDS} seconds.`), LIMIT_SECONDS * 1000);
    process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
      end('SIGKILL');
      if (process.exitCode === 130) process.exit();
      resolve(code === 0 ? '' : signal ? `ended by ${signal}` : `exit code ${code}`);
    });
  });
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {boolean} detached whether the child leads a process group
 * @param {NodeJS.Signals} signal
 */
function signalGroup(child, detached, signal) {
  try {
    if (detached && child.pid) process.kill(-child.pid, signal);
    else child.kill(signal);
  } catch {
    // It has ended already.
  }
}

/**
 * Counts Vitest's results. A file that failed as a whole counts once, and so does a failure outside every test.
 * @param {string} report
 * @param {string} problem
 */
function countTests(report, problem) {
  /** @type {{ numPassedTests: number, numFailedTests: number, numPendingTests: number, testResults: { status: string, assertionResults: { status: string }[] }[] }} */
  let results;
  try {
    results = JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const broken = results.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((assertion) => assertion.status === 'failed'),
  );
  const failed = results.numFailedTests + broken.length;
  return {
    passed: results.numPassedTests,
    failed: problem && failed === 0 ? 1 : failed,
    skipped: results.numPendingTests,
  };
}

/** Prints one line a step and the count, and sets the exit code. */
function summarise() {
  console.log(`\n── summary ${'─'.repeat(53)}`);
  for (const { name, passed, failed, skipped, seconds, note } of outcomes) {
    const rest = [skipped ? `${skipped} skipped` : '', failed ? note : ''].filter(Boolean).join(', ');
    console.log(
      `${failed ? '✗' : '✓'} ${name.padEnd(8)} ${String(passed).padStart(5)} passed ${String(failed).padStart(4)} failed` +
        `  ${seconds.toFixed(0).padStart(4)} s  ${rest}`.trimEnd(),
    );
  }
  const sum = (/** @type {'passed' | 'failed'} */ key) =>
    outcomes.reduce((total, outcome) => total + outcome[key], 0);
  summarised = true;
  process.exitCode = sum('failed') > 0 ? 1 : 0;
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed`);
}
