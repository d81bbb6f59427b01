// The page from end to end: a sweep with its chart and CSV in Chromium (firefox.spec.ts has the same of Firefox), addresses, files, and a browser without
// WebGPU.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { chunkFits } from '../../src/lib/lab/records/fits';
import { kernels } from '../../src/lib/shaders';
import { spaced } from '../../src/lib/lab/experiment/settings';
import { fromCsv } from '../../src/lib/lab/records/runsCsv';
import { objections } from './axe';
import { adapterFeatures } from './adapter';
import { COMPUTING, withChromium } from './browsers';
import { QUICK } from '../quick';

/** Three layers instead of the demo's eight: firefox.spec.ts and bench-page.spec.ts run the demo from an address. */
const TINY = fileURLToPath(new URL('../fixtures/tiny-q4km.gguf', import.meta.url));

/** A sweep of four runs, small enough for a software GPU. */
/** A setting may be named once: both variants of the layer norm stand in the place of the quick one. */
const SWEEP = `?model=tiny-q4km.gguf&prefill=4&chunk=2,4&samples=2&warmup=0&${QUICK.replace('layer_norm=naive', 'layer_norm=naive,workgroup')}`;

const runButton = (page: Page) => page.getByRole('button', { name: 'Run', exact: true });
const finished = (page: Page) => page.locator('[data-phase=finished]').waitFor(COMPUTING);
const rows = (page: Page, outcome: 'done' | 'failed') => page.locator(`tr[data-run=${outcome}]`);
const adapterNamed = (page: Page) => page.locator('[data-adapter]').waitFor();
const settingsText = (page: Page) => page.locator('[data-settings-text] .cm-content').innerText();

/** Number of painted pixels of the chart; runs in the page. */
function paintedPixels() {
  const canvas = document.querySelector('canvas')!;
  const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
  return data.filter((value, i) => i % 4 === 3 && value > 0).length;
}

test('runs a sweep to its chart, its table and its CSV in Chromium', async () => {
  await withChromium(
    async (page, { errors }) => {
      await adapterNamed(page);
      expect(await page.title()).toMatch(/RWKV/);
      expect(await page.evaluate(adapterFeatures)).toContain('core-features-and-limits');
      await page
        .getByText(/software adapter/i)
        .first()
        .waitFor();
      await page.getByText('No runs yet').waitFor();
      await page.locator('[data-import]').setInputFiles(TINY);
      await page.getByText('tiny-q4km.gguf can now be chosen').waitFor();
      await runButton(page).click();
      await finished(page);
      expect(await rows(page, 'failed').allInnerTexts()).toEqual([]);
      expect(await rows(page, 'done').count()).toBe(4);
      const figure = page.locator('figure');
      expect(await figure.getAttribute('data-chart-series')).toBe('2');
      expect(await figure.getAttribute('data-chart-points')).toBe('4');
      await expect.poll(() => page.evaluate(paintedPixels)).toBeGreaterThan(1000);

      const saved = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Download CSV' }).click();
      const records = fromCsv(await readFile(await (await saved).path(), 'utf8'));
      expect(records.map(({ chunk }) => chunk)).toEqual([2, 2, 4, 4]);
      expect(new Set(records.map(({ variants }) => variants.layer_norm.name))).toEqual(
        new Set(['naive', 'workgroup']),
      );
      expect(records.every(({ software, prefillSeconds }) => software && prefillSeconds.length === 2)).toBe(
        true,
      );
      // One fit per variant, unless a busy CPU took longer for the larger share: then no line fits.
      expect(await page.locator('[data-fits] li').count()).toBe(chunkFits(records).length);

      // A saved picture has two pixels to each of the chart's, or is text, and says where it was measured.
      const save = async (kind: string) => {
        const picture = page.waitForEvent('download');
        await page.getByRole('button', { name: `Save ${kind}` }).click();
        return {
          name: (await picture).suggestedFilename(),
          file: await readFile(await (await picture).path()),
        };
      };
      const png = await save('PNG');
      expect(png.name).toMatch(/^prefill-by-chunk-.*\d{4}-\d\d-\d\d\.png$/);
      expect([png.file.subarray(1, 4).toString(), png.file.readUInt32BE(16)]).toEqual(['PNG', 1920]);
      const { file } = await save('SVG');
      for (const said of [
        'Prefill throughput',
        '>naive<',
        '>workgroup<',
        records[0].adapter,
        'Chrome',
        'Warnings: software',
      ])
        expect(file.toString()).toContain(said);

      await page.getByRole('button', { name: 'Run 3', exact: true }).click();
      await page.getByText(spaced(records[2].settings)).waitFor();
      expect(errors).toEqual([]);
    },
    SWEEP,
    { acceptDownloads: true },
  );
});

test('one button measures this GPU, tells it in words that can be sent, and goes on in a notebook', async () => {
  await withChromium(
    async (page, { errors }) => {
      // In the place of the demo: what its speed is, is no matter.
      await page.route('**/models/*.gguf', (route) => route.fulfill({ path: TINY }));
      const card = page.locator('[data-score]');
      await card.getByRole('button', { name: 'Measure it' }).click();
      await page.locator('[data-score=measuring]').waitFor();
      await page.locator('[data-score=done]').waitFor(COMPUTING);
      const [shown] = (await card.locator('.result b').innerText()).match(/[\d.,]+/)!;
      await card.getByText('demo, a prompt of 32 tokens').waitFor();
      // The target belongs to another model, and a CPU has no limits worth telling.
      expect(await card.innerText()).not.toMatch(/target|What limits it/);
      expect(await objections(page)).toBe('');

      await card.getByRole('button', { name: 'Copy result' }).click();
      await card.getByRole('button', { name: 'Copied' }).waitFor();
      const copied = await page.evaluate(() => navigator.clipboard.readText());
      expect(copied).toContain(`${shown} tokens per second\ndemo, a prompt of 32 tokens; `);
      expect(copied).toMatch(/tokens; (a quick look: )?\d samples between [\d.]+ and [\d.]+\n/);
      expect(copied).toMatch(/swiftshader[^]*warnings: software[^]*\/lab\/\?prefill=32&samples=5&/i);

      await card.getByRole('button', { name: 'Go on in a notebook' }).click();
      await page.getByRole('heading', { name: 'My GPU' }).waitFor();
      await page.getByRole('button', { name: 'Run 2 new' }).waitFor();
      // The table is drawn after the button.
      await expect.poll(() => rows(page, 'done').count()).toBe(1);
      expect(errors).toEqual([]);
    },
    '',
    { permissions: ['clipboard-read', 'clipboard-write'] },
  );
});

test('an impossible address says what was possible, and its settings can be put right', async () => {
  await withChromium(async (page, { errors }) => {
    await page.getByText('2: matmul_q4_k has no variant "none"; it has: ').first().waitFor();
    await expect.poll(() => settingsText(page)).toBe('chunk=64\nmatmul_q4_k=none');
    expect(await runButton(page).isDisabled()).toBe(true);
    expect(await objections(page)).toBe('');
    await page.locator('[data-settings-text] .cm-content').click();
    await page.keyboard.press('Control+End');
    for (let i = 0; i < 'none'.length; i++) await page.keyboard.press('Backspace');
    await page.keyboard.type('tiled');
    await adapterNamed(page);
    await expect.poll(() => runButton(page).isEnabled()).toBe(true);
    expect(errors).toEqual([]);
  }, '?chunk=64&matmul_q4_k=none');
});

test('an address of a preset that is not there says so, and opens nothing else', async () => {
  await withChromium(async (page) => {
    await page.getByText('There is no preset “nonsense” here.').waitFor();
    expect(await page.locator('[data-cell]').count()).toBe(0);
    await page.getByRole('button', { name: 'Empty notebook' }).click();
    await page.getByText('An empty notebook.').waitFor();
  }, '?notebook=nonsense');
});

test('an address without a page names the pages that there are, at any depth', async () => {
  await withChromium(async (page, { address }) => {
    expect((await page.goto(`${address}kernels/nothing%20<b>`))!.status()).toBe(404);
    await page.getByRole('heading', { name: 'There is no kernel nothing <b>' }).waitFor();
    const links = page.locator('nav.kernels:visible a');
    expect(await links.allInnerTexts()).toEqual(Object.keys(kernels));
    expect(await objections(page)).toBe('');
    await links.filter({ hasText: /^wkv$/ }).click();
    await page.getByRole('heading', { name: 'wkv', exact: true }).waitFor();
    expect(page.url()).toBe(`${address}kernels/wkv`);

    // A folder that is a page: static hosts know `models.html`, not `models/`.
    await page.goto(`${address}models/?from=elsewhere`);
    await page.waitForURL(`${address}models?from=elsewhere`);
    await page.evaluate(() => localStorage.setItem('language', 'zh'));
    await page.goto(`${address}a/b/c.html`);
    await page.getByRole('heading', { name: '这里没有页面 a/b/c.html' }).waitFor();
    await page.getByRole('link', { name: '笔记本' }).click();
    await page.waitForURL((url) => url.pathname === '/lab/');
  }, 'robots.txt');
});

test('without WebGPU the page says what to use, and reads', async () => {
  await withChromium(async (page, { address, errors }) => {
    await page.addInitScript(() => {
      Reflect.deleteProperty(Navigator.prototype, 'gpu');
    });
    await page.goto(address);
    await page.getByText('This browser does not offer WebGPU.').waitFor();
    await page.getByText(/Safari 26/).waitFor();
    await page.getByRole('heading', { name: 'Start here' }).waitFor();
    expect(await runButton(page).first().isDisabled()).toBe(true);
    expect(errors).toEqual([]);
  }, 'robots.txt');
});

test('reflows at 320 pixels, in the dark too', async () => {
  await withChromium(
    async (page) => {
      await adapterNamed(page);
      const beyond = () => document.documentElement.scrollWidth - document.documentElement.clientWidth;
      expect(await page.evaluate(beyond)).toBe(0);
      const [paper, ink] = await page.evaluate(() => {
        const style = getComputedStyle(document.documentElement);
        return [style.backgroundColor, style.color];
      });
      expect(paper).toBe('rgb(19, 22, 21)');
      expect(ink).toBe('rgb(231, 233, 230)');
    },
    '',
    { viewport: { width: 320, height: 700 }, colorScheme: 'dark' },
  );
});
