// A Vitest reporter that appends a line to LAB_TEST_RESULTS when a file begins and ends, and for each test that has ended: see
// results.js. The worker that runs a test writes of it as well, earlier (tests/progress.ts); only here are the reasons known.
import { appendFileSync } from 'node:fs';

/** @typedef {import('./results.js').Line} Line */

export default class ResultsReporter {
  /** @param {import('vitest/node').TestModule} module */
  onTestModuleQueued(module) {
    write({ event: 'started', id: module.id, name: module.relativeModuleId });
  }

  /** @param {import('vitest/node').TestCase} test */
  onTestCaseResult(test) {
    const { state, errors } = test.result();
    if (state === 'pending') return;
    const note = /** @type {{ note?: string }} */ (test.result()).note;
    write({
      event: state,
      id: test.id,
      name: `${test.module.relativeModuleId} > ${test.fullName}`,
      seconds: Math.round(test.diagnostic()?.duration ?? 0) / 1000,
      reason: note ?? errors?.[0]?.message,
    });
  }

  /** @param {import('vitest/node').TestSuite} suite */
  onTestSuiteResult(suite) {
    reportBroken(suite, `${suite.module.relativeModuleId} > ${suite.fullName}`);
  }

  /** @param {import('vitest/node').TestModule} module */
  onTestModuleEnd(module) {
    reportBroken(module, module.relativeModuleId);
    write({ event: 'ended', id: module.id, name: module.relativeModuleId });
  }

  /**
   * @param {readonly import('vitest/node').TestModule[]} _modules
   * @param {readonly { message: string }[]} errors
   */
  onTestRunEnd(_modules, errors) {
    for (const { message } of errors) write({ event: 'broken', id: '', name: 'the run', reason: message });
  }
}

/**
 * A line for each failure outside the tests of a file or a group.
 * @param {import('vitest/node').TestSuite | import('vitest/node').TestModule} group
 * @param {string} name
 */
function reportBroken(group, name) {
  for (const { message } of group.errors()) write({ event: 'broken', id: group.id, name, reason: message });
}

/** @param {Line} line */
function write(line) {
  const file = process.env.LAB_TEST_RESULTS;
  if (file) appendFileSync(file, `${JSON.stringify(line)}\n`);
}
