// Links in the documentation lead to files that exist.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync('docs')
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

test.each(documents)('%s', (path) => {
  const text = readFileSync(path, 'utf8');
  const targets = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)(?:#L(\d+))?/g)];
  for (const [, target, line] of targets) {
    const file = join(dirname(path), target);
    expect(existsSync(file), `${path} links to ${target}`).toBe(true);
    if (line)
      expect(readFileSync(file, 'utf8').split('\n').length, `${target}#L${line}`).toBeGreaterThan(
        Number(line),
      );
  }
});

test('the README is a front door', () => {
  expect(readFileSync('README.md', 'utf8').split('\n').length).toBeLessThanOrEqual(151);
});
