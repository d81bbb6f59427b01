// The steps of `npm test`, and which of them the words after `npm test --` choose.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildIsOld, root, stop, tool } from '../setup.js';
import { cacheFolder } from './cache.js';

/** The folder of the test results. */
export const REPORTS = join(root, 'test-results');

/** A step other than a test project shows no sign of life before its end; seconds on an idle machine. */
const SILENCE = 300;

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {string[]} command
 * @property {number} silence seconds without a sign of life after which the step hangs, on an idle machine
 * @property {string[]} [after] the steps that end before it begins
 * @property {string} [results] of a test project: the file that its results are written to
 * @property {boolean} [gpu] whether it computes on a GPU
 * @property {boolean} [webkit] whether it uses Safari's compiler, which is built where it can be
 * @property {boolean} [browsers] whether it needs the browsers and the built page
 */

/** The test projects of vite.config.ts, and how long each may be silent: longer than two of its limits, a test's and a hook's. */
const PROJECTS = {
  pure: { silence: 150 },
  webkit: { silence: 150, webkit: true },
  gpu: { silence: 660, gpu: true },
  browser: { silence: 660, gpu: true, browsers: true },
};
/** @typedef {keyof typeof PROJECTS} Project */
const projects = /** @type {Project[]} */ (Object.keys(PROJECTS));

/**
 * A file is judged by its own text alone: what was right and has not changed is not read again by the same packages. Prettier itself looks at its
 * version and its options.
 */
const lock = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');
const KNOWN = ['--cache', '--cache-strategy=content', `--cache-location=${cacheFolder('prettier')}/${lock}`];

/** It writes what these others read; ESLint leaves out what it writes. */
const build = {
  ...step('build', 'vite/bin/vite.js', 'build', '--logLevel', 'warn'),
  after: ['check', 'format', 'unused'],
};

/** Everything, the quick steps first; of the checks, which share two cores, the longest first. */
const ALL = [
  step('lint', 'eslint/bin/eslint.js', '.'),
  // The compiler of TypeScript 7, which knows nothing of Svelte, reads what svelte-check makes of the components.
  step('check', 'svelte-check/bin/svelte-check', '--incremental', '--tsgo', '--tsconfig', './tsconfig.json'),
  step('oxlint', 'oxlint/bin/oxlint'),
  step('format', 'prettier/bin/prettier.cjs', '--check', '--log-level=warn', ...KNOWN, '.'),
  step('unused', 'knip/bin/knip.js', '--no-progress'),
  build,
  ...projects.map((project) => vitest(project, [])),
];

/**
 * The steps that are named, or the test files whose paths contain one of the words; of named projects only, where there are any.
 * @param {string[]} words the words after `npm test --`
 * @returns {Step[]}
 */
export function chooseSteps(words) {
  if (words.length === 0) return ALL;
  const named = ALL.filter(({ name }) => words.includes(name));
  const filters = words.filter((word) => !ALL.some(({ name }) => name === word));
  const others = named.filter(({ results }) => !results);
  const chosen = filters.length === 0 ? named : [...others, ...filtered(filters, named)];
  const needsBuild = chosen.some(({ browsers }) => browsers) && !chosen.includes(build) && buildIsOld();
  return needsBuild ? [build, ...chosen] : chosen;
}

/**
 * @param {string[]} filters
 * @param {Step[]} named only the projects among these, when there are any
 */
function filtered(filters, named) {
  const asked = projects.filter((project) => named.some(({ name }) => name === project));
  const among = asked.length ? asked : projects;
  const chosen = among.filter((project) =>
    testFiles(project).some((file) => filters.some((filter) => file.includes(filter))),
  );
  if (chosen.length === 0)
    stop(
      `No test file's path contains ${filters.join(' or ')}; there are: ${among.flatMap(testFiles).join(', ')}`,
    );
  return chosen.map((project) => vitest(project, filters));
}

/** @param {Project} project */
function testFiles(project) {
  return readdirSync(join(root, 'tests', project))
    .filter((name) => /\.(test|spec)\.ts$/.test(name))
    .map((name) => `tests/${project}/${name}`);
}

/**
 * @param {string} name
 * @param {string} script its program's path below node_modules
 * @param {string[]} words
 * @returns {Step}
 */
function step(name, script, ...words) {
  return { name, command: tool(script, ...words), silence: SILENCE };
}

/**
 * @param {Project} project
 * @param {string[]} filters
 * @returns {Step}
 */
function vitest(project, filters) {
  const reporters = ['--reporter=default', '--reporter=./scripts/testing/reporter.js'];
  return {
    ...step(project, 'vitest/vitest.mjs', 'run', '--project', project, ...reporters, ...filters),
    ...PROJECTS[project],
    results: join(REPORTS, `${project}.jsonl`),
  };
}
