// Reads the results that a test run has written, one JSON object a line, and the count of it. The file is complete up to the moment
// at which the run ended, however it ended: a run that is cut off still says what passed.

/**
 * A line of the file. `started` and `ended` mark a test or a test file by its id; the others are results.
 * `broken` is a failure outside every test: a file that cannot be loaded, a hook that throws.
 * @typedef {{ event: 'started' | 'ended' | 'passed' | 'failed' | 'skipped' | 'broken', id: string, name: string, seconds?: number, reason?: string }} Line
 */

/**
 * @typedef {object} Results
 * @property {number} passed
 * @property {number} failed broken files included
 * @property {number} skipped
 * @property {Map<string, number>} skips how many tests were skipped, by reason
 * @property {string[]} failures the failed tests, each with the first line of its message
 * @property {string[]} running names of what was started and had not ended: tests, else files
 */

/**
 * Counts the lines of the file: of a test that is told of twice, the last. A last line that is cut off is left out.
 * @param {string} text
 * @returns {Results}
 */
export function countResults(text) {
  /** @type {Map<string, Line>} */
  const last = new Map();
  /** @type {Map<string, string>} */
  const running = new Map();
  /** @type {Line[]} */
  const broken = [];
  for (const line of linesOf(text)) {
    const { event, id, name } = line;
    if (event === 'started') start(running, id, name);
    else running.delete(id);
    if (event === 'broken') broken.push(line);
    if (event === 'passed' || event === 'failed' || event === 'skipped') last.set(id, line);
  }
  /** @type {Results} */
  const results = {
    passed: 0,
    failed: broken.length,
    skipped: 0,
    skips: new Map(),
    failures: [],
    running: [],
  };
  for (const { event, name, reason } of last.values()) {
    results[/** @type {'passed' | 'failed' | 'skipped'} */ (event)]++;
    const why = reason || name;
    if (event === 'skipped') results.skips.set(why, (results.skips.get(why) ?? 0) + 1);
  }
  const failed = [...last.values()].filter(({ event }) => event === 'failed');
  results.failures = [...broken, ...failed].map(
    ({ name, reason }) => `${name}: ${reason?.split('\n', 1)[0] ?? 'no message'}`,
  );
  results.running = innermost([...running.values()]);
  return results;
}

/**
 * A file runs its tests one after another: when one begins, those before it have ended, whether or not that was told.
 * @param {Map<string, string>} running
 * @param {string} id
 * @param {string} name
 */
function start(running, id, name) {
  const [file, test] = name.split(' > ');
  for (const [other, before] of running) if (test && before.startsWith(`${file} > `)) running.delete(other);
  running.set(id, name);
}

/**
 * The counts of a step in the summary.
 * @param {Results} results
 * @param {{ problem: string, cutOff: boolean }} ending `problem`: how the process ended, empty when well
 */
export function outcomeOf({ running, ...counted }, { problem, cutOff }) {
  const { failed } = counted;
  if (cutOff) {
    const where = running.length ? `in ${running.join(' and in ')}` : 'outside every test';
    return { ...counted, failed: failed + 1, note: `cut off ${where}` };
  }
  // A process that ends badly without a failed test has failed itself.
  return { ...counted, failed: problem && failed === 0 ? 1 : failed, note: problem };
}

/**
 * @param {string} text
 * @returns {Line[]}
 */
function linesOf(text) {
  return text.split('\n').flatMap((line) => {
    try {
      return line ? [JSON.parse(line)] : [];
    } catch {
      return [];
    }
  });
}

/**
 * Leaves out a file of which a test is running.
 * @param {string[]} names
 */
function innermost(names) {
  return names.filter((name) => !names.some((other) => other.startsWith(`${name} > `)));
}
