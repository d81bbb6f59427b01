// For tests: writes each test's name before it begins, from the process that runs it. So a test that hangs can be named by
// `npm test`, even one that never yields to the event loop.
import { appendFileSync } from 'node:fs';
import { beforeEach } from 'vitest';

const file = process.env.LAB_TEST_RESULTS;
if (file)
  beforeEach(({ task }) => {
    appendFileSync(file, `${JSON.stringify({ event: 'started', id: task.id, name: task.fullName })}\n`);
  });
