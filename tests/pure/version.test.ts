// The version in records and links is the one in package.json.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { LAB_VERSION } from '../../src/lib/lab/version';

test('is the one in package.json', () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  expect(LAB_VERSION).toBe(version);
  expect(LAB_VERSION).toMatch(/^\d+\.\d+\.\d+$/);
});
