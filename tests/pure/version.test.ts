// The version in records and links is the one in package.json; what released versions made opens for ever.
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readCell } from '../../src/lib/lab/cells/cells';
import { catalogueWith } from '../../src/lib/lab/experiment/catalogue';
import { contentOf, parseNotebook, printNotebook } from '../../src/lib/lab/notebook/notebook';
import { readLink } from '../../src/lib/lab/notebook/share';
import { readRuns } from '../../src/lib/lab/records/import';
import { hashTexts } from '../../src/lib/lab/records/record';
import { variants } from '../../src/lib/shaders';
import former from '../../src/lib/shaders/former.json';
import { LAB_VERSION } from '../../src/lib/lab/version';

test('is the one in package.json', () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  expect(LAB_VERSION).toBe(version);
  expect(LAB_VERSION).toMatch(/^\d+\.\d+\.\d+$/);
});

const RELEASED = readdirSync('tests/fixtures/versions').flatMap((file) => /^(.*)\.md$/.exec(file)?.[1] ?? []);

test('every released version of the changelog has a notebook and a link', () => {
  const versions = [...readFileSync('CHANGELOG.md', 'utf8').matchAll(/^## (\d+\.\d+\.\d+)$/gm)];
  expect(RELEASED).toEqual(versions.map(([, version]) => version).sort());
});

test.each(RELEASED)(
  'a notebook and a link of version %s open, with every cell as it was',
  async (version) => {
    const fixture = (kind: string) => readFileSync(`tests/fixtures/versions/${version}.${kind}`, 'utf8');
    const text = fixture('md');
    const cells = parseNotebook(text);
    expect(new Set(cells.map(({ kind }) => kind))).toEqual(
      new Set(['prose', 'sweep', 'compare', 'profile', 'roofline', 'tune', 'wgsl', 'csv']),
    );
    expect(printNotebook(cells)).toBe(text);
    const catalogue = catalogueWith(
      cells
        .filter(({ kind }) => kind === 'wgsl')
        .map(({ name, body: wgsl }) => ({ kernel: 'layer_norm', name: name.split('/')[1], wgsl })),
    );
    for (const cell of cells) {
      if (cell.kind === 'csv') expect(readRuns(contentOf(cell)).records).not.toEqual([]);
      else if (cell.kind !== 'prose' && cell.kind !== 'wgsl') readCell(cell.kind, cell.body, catalogue);
    }
    const link = await readLink(fixture('link.txt').trim());
    const linked = parseNotebook(link.text);
    // Results travel without their samples; all else is as it was, the shader too, which is an edit of a text of its version.
    const others = (all: typeof cells) => all.filter(({ kind }) => kind !== 'csv').map(contentOf);
    expect(others(linked)).toEqual(others(cells));
    expect(linked.length).toBe(cells.length);
  },
);

test.each(RELEASED)('links hold edits of the shaders of version %s, whose texts are all here', (version) => {
  const here = new Set([...variants.map(({ text }) => hashTexts({ base: text })), ...Object.keys(former)]);
  const lost = readFileSync(`tests/fixtures/versions/${version}.shaders.txt`, 'utf8')
    .trim()
    .split('\n')
    .filter((line) => !here.has(line.split(' ')[0]));
  // Its former text belongs into src/lib/shaders/former.json, under the hash before its name.
  expect(lost).toEqual([]);
});
