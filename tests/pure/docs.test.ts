// Links in the documentation lead to files and lines that exist.
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

/** A link may be so many lines off: not every change of a file has to correct it. */
const NEAR = 20;

test('each hop of the architecture is near the line that holds its first word of code', () => {
  const [, hops] = readFileSync('docs/architecture.md', 'utf8').split(/<!-- (?:end of )?hops -->/);
  const rows = [...hops.matchAll(/^\| \d+ +\| \[\S+:(\d+)\]\(\.\.\/(\S+)#L(\d+)\) +\| `([^`]+)`/gm)];
  expect(rows.length).toBe(hops.match(/^\| \d/gm)?.length);
  for (const [, shown, file, line, word] of rows) {
    expect(shown, `${file}: the text and the link`).toBe(line);
    const near = readFileSync(file, 'utf8')
      .split('\n')
      .slice(Math.max(0, Number(line) - 1 - NEAR), Number(line) + NEAR);
    expect(near.join('\n'), `${file}:${line}`).toContain(word);
  }
});

test('the README is a front door', () => {
  expect(readFileSync('README.md', 'utf8').split('\n').length).toBeLessThanOrEqual(151);
});
