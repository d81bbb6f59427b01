// The preset notebooks: every cell can be read, and all notebooks and references that they name exist.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type LabCell, readCell } from '../../src/lib/lab/cells/cells';
import { KINDS } from '../../src/lib/lab/cells/kinds';
import type { KindDescriptor } from '../../src/lib/lab/cells/kinds/kind';
import { parseCsv } from '../../src/lib/lab/records/csv';
import type { Experiment } from '../../src/lib/lab/experiment/experiment';
import { expand } from '../../src/lib/lab/experiment/expand';
import {
  contentOf,
  parseNotebook,
  printNotebook,
  titleOf,
  type Cell,
  type LabKind,
} from '../../src/lib/lab/notebook/notebook';
import { PRESETS } from '../../src/lib/ui/notebook/presets';
import { readReference } from '../../src/lib/ui/results/published';
import { page } from '../../src/lib/ui/words/page';
import { page as chinese } from '../../src/lib/ui/words/zh/page';

const textOf = (name: string) => readFileSync(`src/notebooks/${name}.md`, 'utf8');
const cellsOf = (name: string) => parseNotebook(textOf(name)).filter(({ kind }) => kind !== 'prose');

function experimentsOf(cell: Cell): Experiment[] {
  const read = readCell(cell.kind, contentOf(cell));
  const { experiments } = KINDS[read.kind] as unknown as KindDescriptor<LabKind, LabCell>;
  return experiments(read);
}

test('the menu has every notebook in src/notebooks, and no other', () => {
  for (const folder of ['src/notebooks', 'src/notebooks/zh']) {
    const files = readdirSync(folder).flatMap((file) => /^(.+)\.md$/.exec(file)?.[1] ?? []);
    expect(files.sort(), folder).toEqual([...PRESETS].sort());
  }
});

describe.each(PRESETS)('%s', (name) => {
  test('is printed as it is written, under the title of the menu', () => {
    expect(printNotebook(parseNotebook(textOf(name)))).toBe(textOf(name));
    expect(titleOf(parseNotebook(textOf(name)))).toBe(page.presetTitles[name]);
  });

  test('in Chinese it has the same cells, under the title of the Chinese menu', () => {
    const text = readFileSync(`src/notebooks/zh/${name}.md`, 'utf8');
    const translated = parseNotebook(text);
    expect(printNotebook(translated)).toBe(text);
    expect(translated.filter(({ kind }) => kind !== 'prose')).toEqual(cellsOf(name));
    expect(translated.map(({ kind }) => kind)).toEqual(parseNotebook(textOf(name)).map(({ kind }) => kind));
    expect(titleOf(translated)).toBe(chinese.presetTitles[name]);
    const prose = translated.filter(({ kind, body }) => kind === 'prose' && body.trim());
    for (const { body } of prose) expect(body).toMatch(/\p{Script=Han}/u);
  });

  test('its cells can be read and ask for few enough runs to wait for', () => {
    expect(cellsOf(name).length).toBeGreaterThan(2);
    for (const cell of cellsOf(name))
      for (const experiment of experimentsOf(cell)) {
        const runs = expand(experiment).length;
        expect(runs, cell.body).toBeGreaterThan(0);
        expect(runs, cell.body).toBeLessThanOrEqual(cell.kind === 'sweep' ? 16 : 1);
      }
  });

  test('the figures and the notebooks that it refers to are there', () => {
    for (const experiment of cellsOf(name).flatMap(experimentsOf)) {
      const points = (experiment.reference ?? []).flatMap((file) =>
        readReference(readFileSync(`static/reference/${file}.csv`, 'utf8')),
      );
      // A reference on another axis would not be drawn.
      if (experiment.reference) expect(points.map(({ key }) => key)).toContain(experiment.x[0]);
    }
    for (const [, other] of textOf(name).matchAll(/\]\(\?notebook=([^)]*)\)/g))
      expect(existsSync(`src/notebooks/${other}.md`), other).toBe(true);
  });
});

test('"Reproducing the M2 Max study" asks for every figure of the study', () => {
  const points = readReference(readFileSync('static/reference/phase-2.csv', 'utf8'));
  const asked = cellsOf('phase-2').flatMap(experimentsOf);
  const axes = asked.filter(({ reference }) => reference?.includes('phase-2')).map(({ x }) => x[0]);
  expect(new Set(axes)).toEqual(new Set(points.map(({ key }) => key)));
  const prose = textOf('phase-2');
  for (const { tokensPerSecond } of points) expect(prose).toMatch(new RegExp(`\\b${tokensPerSecond}\\b`));
  for (const series of new Set(points.map((point) => point.series))) {
    const places = points.filter((point) => point.series === series).map(({ key, x }) => `${key}=${x}`);
    expect(new Set(places).size, `${series} has one figure a place`).toBe(places.length);
  }
});

test("the H100's reference figures are those of the results", () => {
  const points = readReference(readFileSync('static/reference/h100.csv', 'utf8'));
  const rows = ['prefill-decode-chromium-h100', 'prefill-decode-dawn-h100'].flatMap((file) =>
    parseCsv(readFileSync(`static/results/${file}.csv`, 'utf8')),
  );
  const measured = rows.map(
    (row) => `${row.x_prefill_tokens}: ${Math.round(Number(row.x_median_tokens_per_second))}`,
  );
  const own = points.filter(({ series }) => !series.includes('llama.cpp'));
  expect(own.length).toBe(12);
  for (const { x, tokensPerSecond } of own) expect(measured).toContain(`${x}: ${tokensPerSecond}`);
});
