// For tests: writes that a test begins and how it ended, at once and from the process that runs it, for `npm test` to count
// (scripts/testing/results.js). Vitest's own reports come a moment later, and never from a worker whose test does not yield.
import { appendFileSync } from 'node:fs';
import { beforeEach } from 'vitest';

const file = process.env.LAB_TEST_RESULTS;
const RESULTS: Record<string, string> = { pass: 'passed', fail: 'failed' };

if (file)
  beforeEach(({ task, onTestFinished }) => {
    const write = (event: string) =>
      appendFileSync(file, `${JSON.stringify({ event, id: task.id, name: task.fullName })}\n`);
    write('started');
    onTestFinished(() => {
      const event = RESULTS[task.result?.state ?? ''];
      if (event) write(event);
    });
  });
