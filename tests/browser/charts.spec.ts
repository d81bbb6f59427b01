// Every form of a chart, drawn from frozen results in Chromium: painted, listed as a table, chosen, isolated and saved. The data behind the forms
// are in tests/pure/charts.test.ts. Nothing is measured here.
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Locator, Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { parseNotebook } from '../../src/lib/lab/notebook/notebook';
import { linkOf } from '../../src/lib/lab/notebook/share';
import { toFrozen } from '../../src/lib/lab/records/frozen';
import { kernelsToCsv } from '../../src/lib/lab/records/kernelsCsv';
import type { Profile } from '../../src/lib/lab/records/profile';
import type { RunRecord } from '../../src/lib/lab/records/record';
import { fromCsv, toCsv } from '../../src/lib/lab/records/runsCsv';
import { objections } from './axe';
import { withChromium } from './browsers';

const PUBLISHED = new URL('../../static/results/prefill-decode-chromium-h200.csv', import.meta.url);
const SAMPLES = 7;

/** A published record with other settings and times. */
const [published] = fromCsv(readFileSync(PUBLISHED, 'utf8'));
let made = 0;
function run(chunk: number, name: string, seconds: number, more: Partial<RunRecord> = {}): RunRecord {
  made++;
  const knobs = more.variants?.matmul_q4_k.knobs ?? {};
  const turned = Object.entries(knobs).map(([knob, value]) => `&matmul_q4_k.${knob}=${value}`);
  return {
    ...published,
    ...{ model: 'synthetic-2.9b', prefill: 512, chunk, decode: 0, decodeSeconds: [], warnings: [] },
    settings: `model=synthetic-2.9b&prefill=512&chunk=${chunk}&samples=${SAMPLES}&matmul_q4_k=${name}${turned.join('')}`,
    variants: { ...published.variants, matmul_q4_k: { name, knobs } },
    prefillSeconds: Array.from({ length: SAMPLES }, (_, i) => seconds * (1 + 0.01 * (i % 3))),
    startedAt: new Date(Date.UTC(2026, 10, 28) + 6e4 * made).toISOString(),
    ...more,
  };
}
const turned = (row_threads: number, tile_k: number, seconds: number) =>
  run(512, 'tiled', seconds, {
    variants: { ...published.variants, matmul_q4_k: { name: 'tiled', knobs: { row_threads, tile_k } } },
  });
const quality = (divergence: number): RunRecord['quality'] => ({
  ...{ tokens: 255, bytes: 1000, text: 1, nats: 3, exactNats: 3, top1: 0.4, agreement: 0.99 },
  ...{ divergence, maxLogitError: 0.1 },
});

const RUNS = {
  bars: [run(512, 'naive', 0.9), run(512, 'tiled', 0.3), run(512, 'dot4', 0.1)],
  lines: [64, 128, 512].flatMap((chunk) => [
    run(chunk, 'tiled', 0.3 + 20 / chunk),
    run(chunk, 'dot4', 0.1 + 10 / chunk),
    run(chunk, 'planes', 0.2 + 10 / chunk),
  ]),
  grid: [8, 16, 32].flatMap((rows) =>
    [16, 32].map((tile) => turned(rows, tile, 0.2 + 0.001 * Math.abs(rows - tile))),
  ),
  decode: [64, 512].map((chunk) =>
    run(chunk, 'dot4', 0.1, { decode: 64, decodeSeconds: Array.from({ length: SAMPLES }, () => 0.2) }),
  ),
  tokens: [
    run(512, 'dot4', 0.1, {
      ...{ decode: 64, decodeSeconds: [0.2, 0.21] },
      tokenSeconds: Array.from({ length: 60 }, (_, i) => 0.003 + 1e-4 * (i % 9)),
    }),
  ],
  quality: [
    run(512, 'tiled', 0.3, { quality: quality(1e-9) }),
    run(512, 'dot4', 0.1, { quality: quality(2e-4) }),
  ],
};
const place = {
  ...{ adapter: published.adapter, software: false, agent: published.agent },
  ...{ startedAt: published.startedAt, labVersion: '0.3.0' },
};
const row = (kernel: string, seconds: number, flop: number) => ({
  ...{ kernel, variant: 'dot4', shape: 'columns 64', uses: 2, dispatches: 2, seconds, flop, bytes: 1e8 },
  passes: [{ entryPoint: 'main', dispatches: 2, seconds }],
  ...{ secondsAtPeak: seconds / 2, beyondTargetSeconds: -seconds, computePeak: 1e14 },
});
const profile = (scale: number): Profile => ({
  ...{ settings: `model=synthetic-2.9b&prefill=512&chunk=${512 * scale}`, tokens: 512, target: 700 },
  ...{ wallSeconds: 0.05, softmaxSeconds: 1e-4, readbackSeconds: 1e-4, kernelHash: '0' },
  matmuls: { perLayer: 1, perPass: 2, dispatchesPerPass: 2 },
  rows: [row('matmul_q4_k', 0.03 * scale, 1e12), row('wkv', 0.01, 1e10)],
  timeline: [0, 1, 0, 1].map((kernel, i) => ({ row: kernel, begin: 0.02 * i, seconds: 0.012 })),
  peaks: { f32: 6e13, f16: 1e14, dot4: 1e14, matrix: undefined, read: 3e12, dispatch: 3e-6, pass: 1e-6 },
  ...place,
});
const best = {
  ...{ settings: 'model=synthetic-2.9b', kernel: 'matmul_q4_k', variant: 'dot4', knobs: 'tile_k=32' },
  ...{ beforeSeconds: 0.07, bestSeconds: 0.04 },
  trials: [16, 32, 64, 16, 32].map((tile, i) => ({
    ...{ variant: i < 3 ? 'tiled' : 'dot4', knobs: `tile_k=${tile}`, seconds: 0.08 - 0.01 * i },
  })),
};

const tuning = { type: 'tuning', best, place };

const fence = (text: string) => `\`\`\`csv results\n${text.trim()}\n\`\`\`\n`;
const NOTEBOOK = [
  '# All forms\n',
  ...Object.values(RUNS).map((runs) => fence(toCsv(runs))),
  fence(kernelsToCsv([profile(1), profile(2)])),
  fence(toFrozen([tuning])),
].join('\n');

/** Number of painted pixels of each canvas in a cell. */
const painted = (cell: Locator) =>
  cell.locator('canvas').evaluateAll((all) =>
    (all as HTMLCanvasElement[]).map((canvas) => {
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
      return data.filter((value, i) => i % 4 === 3 && value > 0).length;
    }),
  );
const series = (cell: Locator) =>
  cell
    .locator('figure[data-picture]')
    .evaluateAll((all) =>
      (all as HTMLElement[]).map(({ dataset }) => [dataset.chartSeries, dataset.chartPoints].map(Number)),
    );
const rowsOf = (figure: Locator) => figure.locator('details table tbody tr').count();

async function saved(page: Page, figure: Locator, kind: 'PNG' | 'SVG') {
  const download = page.waitForEvent('download');
  await figure.getByRole('button', { name: `Save ${kind}` }).click();
  return { name: (await download).suggestedFilename(), file: await readFile(await (await download).path()) };
}

test('each form is painted, listed, chosen from, isolated and saved with what it shows', async () => {
  await withChromium(
    async (page, { errors }) => {
      const file = { name: 'forms.md', mimeType: 'text/markdown', buffer: Buffer.from(NOTEBOOK) };
      await page.locator('[data-import]').setInputFiles(file);
      const cells = page.locator('[data-cell=csv]');
      await expect.poll(() => cells.count()).toBe(8);
      const [bars, lines, grid, decode, tokens, frontier, profiles, search] = await cells.all();

      await bars.locator('[data-bars="3"]').waitFor();
      const labels = await bars.locator('[data-bars] .label').allInnerTexts();
      expect(labels, 'fastest first').toEqual(['dot4', 'tiled', 'naive']);
      await expect.poll(() => series(lines)).toEqual([[3, 9]]);
      await lines.locator('.legend li', { hasText: 'dot4' }).getByRole('button', { name: 'only' }).click();
      expect(await lines.locator('.legend [aria-pressed=false]').allInnerTexts()).toHaveLength(2);
      await lines.getByRole('button', { name: 'show all' }).click();

      // A heat map of two knobs, its table, and the lines that it can be drawn as.
      await expect.poll(() => series(grid)).toEqual([[1, 6]]);
      const against = grid.getByRole('combobox', { name: 'against' });
      await against.selectOption('matmul_q4_k.tile_k');
      await expect.poll(() => series(grid)).toEqual([[3, 6]]);
      await against.selectOption({ label: 'heat map' });
      await expect.poll(() => series(grid)).toEqual([[1, 6]]);

      await expect.poll(async () => (await series(decode)).length, { message: 'prefill and decode' }).toBe(2);

      // A chosen run shows its samples in the order taken, and its single tokens.
      await tokens.getByRole('button', { name: 'Run 1' }).click();
      await tokens.locator('[data-token-times]').waitFor();
      expect(await series(tokens), 'two strips and a histogram').toHaveLength(3);

      await expect.poll(() => series(frontier)).toEqual([[2, 4]]);
      for (const form of ['roofline', 'timeline', 'difference'])
        await profiles.locator(`[data-${form}] canvas`).first().waitFor();
      expect(await profiles.locator('[data-roofline]').count()).toBe(2);
      for (const form of ['curve', 'parallel']) await search.locator(`[data-${form}] canvas`).waitFor();

      for (const cell of [lines, grid, decode, tokens, frontier, profiles, search])
        await expect
          .poll(async () => Math.min(...(await painted(cell))), { message: await cell.innerText() })
          .toBeGreaterThan(500);
      for (const table of await page.locator('figure[data-picture]').all())
        expect(await rowsOf(table), await table.innerText()).toBeGreaterThan(0);
      expect(await objections(page)).toBe('');

      for (const figure of [
        bars.locator('figure').first(),
        grid.locator('figure').first(),
        profiles.locator('[data-roofline] figure').first(),
        search.locator('[data-parallel] figure'),
      ]) {
        const svg = (await saved(page, figure, 'SVG')).file.toString();
        expect(svg).toMatch(/^<svg[^]*synthetic-2\.9b[^]*nvidia[^]*<\/svg>\s*$/i);
        const png = await saved(page, figure, 'PNG');
        expect(png.file.subarray(1, 4).toString()).toBe('PNG');
        expect(png.name).toMatch(/^[a-z0-9_.-]+\.png$/);
      }
      expect(errors).toEqual([]);
    },
    '?prefill=8',
    { acceptDownloads: true },
  );
});

test('seven bars are told apart, and a page is printed on as few sheets as it needs, light and within their width', async () => {
  await withChromium(async (page) => {
    const names = ['naive', 'block8', 'tiled', 'pipelined', 'planes', 'dot4', 'halves'];
    const seven = fence(toCsv(names.map((name, i) => run(512, name, 0.1 + 0.1 * i))));
    const title =
      'Does a larger chunk help the matrix product on integrated GPUs with little memory bandwidth?';
    const text = `# ${title}\n\n${seven}\n${fence(toCsv(RUNS.grid))}`;
    await page.emulateMedia({ colorScheme: 'dark' });
    await page
      .locator('[data-import]')
      .setInputFiles({ name: 'seven.md', mimeType: 'text/markdown', buffer: Buffer.from(text) });
    const bars = page.locator('[data-bars="7"] .bar');
    await bars.first().waitFor();
    const looks = await bars.evaluateAll((all) =>
      all.map((bar) => {
        const { backgroundImage, borderColor } = getComputedStyle(bar);
        return `${borderColor} ${backgroundImage}`;
      }),
    );
    expect(new Set(looks).size, looks.join('\n')).toBe(7);

    // A long title gives way to the status, of which not a letter is cut.
    await page.setViewportSize({ width: 1280, height: 800 });
    const status = page.locator('.status');
    await status.evaluate((line) => (line.textContent = 'Run 2 of 8: measuring, about 12 s left'));
    expect(await status.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)).toBe(0);

    await page.locator('canvas').first().waitFor();
    const pages = (await page.pdf({ format: 'A4' })).toString('latin1').match(/\/Type ?\/Page\b/g);
    expect(pages).toHaveLength(2);
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('body').evaluate((body) => getComputedStyle(body).colorScheme)).toBe('light');
    // Printing lays out the page anew, but does not draw the charts anew: they keep the width of the screen.
    const canvas = page.locator('canvas').first();
    const within = await canvas.evaluate((canvas) => {
      canvas.style.width = '3000px';
      return canvas.getBoundingClientRect().width - canvas.parentElement!.clientWidth;
    });
    expect(within).toBeLessThanOrEqual(0);
  }, '?prefill=8');
});

test('a profile and a search are drawn in the frame of another site as well', async () => {
  const cells = parseNotebook(
    [kernelsToCsv([profile(1), profile(2)]), toFrozen([tuning])].map(fence).join('\n'),
  );
  const link = await linkOf(cells, 'whole');
  await withChromium(async (page, { address, errors }) => {
    for (const form of ['roofline', 'timeline', 'difference'])
      await page.locator(`[data-${form}] canvas`).first().waitFor();
    expect(page.workers()).toEqual([]);
    await page.goto(`${address}?embed=2${link}`);
    for (const form of ['curve', 'parallel']) await page.locator(`[data-${form}] canvas`).waitFor();
    expect(await objections(page)).toBe('');
    expect(errors).toEqual([]);
  }, `?embed=1${link}`);
});
