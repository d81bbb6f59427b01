// Test setup: appends the start and the result of each test to LAB_TEST_RESULTS, for `npm test` to count
// (scripts/testing/results.js). Vitest's own reports come later, and never from a worker whose test blocks the event
// loop.
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
