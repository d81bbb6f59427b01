// The page as a user meets it: the default sweep to its chart in both browsers, links, files, and what goes wrong.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { fromCsv } from '../../src/lib/lab/record';
import { withChromium, withFirefox } from './browsers';

const TINY = fileURLToPath(new URL('../fixtures/tiny-q4km.gguf', import.meta.url));
/** A whole sweep on a software GPU, beside whatever else the machine does. */
const SWEEP_MILLISECONDS = 280_000;

const runButton = (page: Page) => page.getByRole('button', { name: 'Run', exact: true });
const finished = (page: Page, timeout = 120_000) =>
  page.locator('[data-phase=finished]').waitFor({ timeout });
const rows = (page: Page, outcome: 'done' | 'failed') => page.locator(`tr[data-run=${outcome}]`);
const settingsText = (page: Page) => page.getByLabel('As text').inputValue();
const adapterNamed = (page: Page) => page.locator('[data-adapter]').waitFor();

/** Runs in the page: how many pixels of the chart are painted. */
function paintedPixels() {
  const canvas = document.querySelector('canvas')!;
  const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
  return data.filter((value, i) => i % 4 === 3 && value > 0).length;
}

test('runs the default sweep to its chart, its table and its CSV in Chromium', async () => {
  await withChromium(
    async (page, { errors }) => {
      await adapterNamed(page);
      await page
        .getByText(/software adapter/i)
        .first()
        .waitFor();
      await page.getByText('No runs yet').waitFor();
      await runButton(page).click();
      await finished(page, SWEEP_MILLISECONDS);
      expect(await rows(page, 'failed').allInnerTexts()).toEqual([]);
      expect(await rows(page, 'done').count()).toBe(6);
      const figure = page.locator('figure');
      expect(await figure.getAttribute('data-chart-series')).toBe('2');
      expect(await figure.getAttribute('data-chart-points')).toBe('6');
      await expect.poll(() => page.evaluate(paintedPixels)).toBeGreaterThan(1000);

      const download = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Download CSV' }).click();
      const records = fromCsv(await readFile(await (await download).path(), 'utf8'));
      expect(records.map(({ chunk }) => chunk)).toEqual([8, 8, 16, 16, 32, 32]);
      expect(new Set(records.map(({ variants }) => variants.matmul_q4_k.name))).toEqual(
        new Set(['block8', 'tiled']),
      );
      expect(records.every(({ software, seconds }) => software && seconds.length === 3)).toBe(true);

      await page.getByRole('button', { name: 'Run 3', exact: true }).click();
      await page.getByText(records[2].settings).waitFor();
      expect(errors).toEqual([]);
    },
    '',
    { acceptDownloads: true },
  );
});

test('runs the default sweep to its chart in Firefox', async () => {
  await withFirefox(async (page, { errors }) => {
    await page.waitForSelector('[data-adapter]', { timeout: 60_000 });
    await page.click('::-p-xpath(//button[normalize-space()="Run"])');
    await page.waitForSelector('[data-phase=finished]', { timeout: SWEEP_MILLISECONDS });
    const failures = await page.$$eval('tr[data-run=failed]', (found) => found.map((row) => row.innerText));
    expect(failures).toEqual([]);
    const points = await page.$eval('figure', (figure) => figure.dataset.chartPoints);
    expect(points).toBe('6');
    await page.waitForFunction(() => document.querySelector('canvas')!.width > 300);
    expect(errors).toEqual([]);
  });
});

test('a copied address opens the same experiment in a fresh profile, and does not run it', async () => {
  const copied = await withChromium(
    async (page) => {
      await adapterNamed(page);
      const chunks = page.getByRole('group', { name: 'Chunk, tokens per pass' });
      for (const chunk of ['8', '64', '256']) await chunks.getByText(chunk, { exact: true }).click();
      await chunks.getByLabel('another value').fill('48, prefill');
      await chunks.getByLabel('another value').press('Enter');
      await page.getByText('matmul_q4_k').first().click();
      await page.getByRole('group', { name: 'block (block8)' }).getByText('16').click();
      await page.waitForURL(/matmul_q4_k\.block=8,16/);
      await page.getByRole('button', { name: 'Copy link' }).click();
      await page.getByText('Link copied').waitFor();
      const link = await page.evaluate(() => navigator.clipboard.readText());
      expect(link).toBe(page.url());
      return { query: new URL(link).search, text: await settingsText(page) };
    },
    '',
    { permissions: ['clipboard-read', 'clipboard-write'] },
  );
  expect(copied.text).toContain('chunk=16,32,48,64,256,prefill\n');
  await withChromium(async (page) => {
    await adapterNamed(page);
    expect(await settingsText(page)).toBe(copied.text);
    expect(await page.getByRole('checkbox', { name: '48', exact: true }).isChecked()).toBe(true);
    expect(await page.locator('[data-phase=idle]').innerText()).toMatch(/^\d+ runs$/);
    expect(await rows(page, 'done').count()).toBe(0);
  }, copied.query);
});

test('an impossible address says what was possible, and the page works', async () => {
  await withChromium(async (page, { errors }) => {
    await page.getByText('This address asks for something the lab cannot do.').waitFor();
    await page.getByText('Line 2: matmul_q4_k has no variant "none"; it has: ').first().waitFor();
    expect(await settingsText(page)).toBe('chunk=64\nmatmul_q4_k=none\n');
    expect(await runButton(page).isDisabled()).toBe(true);
    await page.getByLabel('As text').fill('prefill=64\nchunk=0');
    await page.getByText('chunk must be a whole number from 1 to 4096').first().waitFor();
    expect(await settingsText(page)).toBe('prefill=64\nchunk=0');
    await page.getByRole('button', { name: 'Start from the defaults' }).first().click();
    await adapterNamed(page);
    await expect.poll(() => runButton(page).isEnabled()).toBe(true);
    expect(errors).toEqual([]);
  }, '?chunk=64&matmul_q4_k=none');
});

test('a file that is no model fails by name, and a real file runs after it', async () => {
  await withChromium(async (page, { errors }) => {
    await adapterNamed(page);
    const chooser = page.locator('[data-model-file]');
    await chooser.setInputFiles({ name: 'holiday.gguf', mimeType: '', buffer: Buffer.from('not a model') });
    await page.keyboard.press('Shift+Enter');
    await finished(page);
    expect(await rows(page, 'failed').innerText()).toContain('holiday.gguf');
    await chooser.setInputFiles(TINY);
    expect(await settingsText(page)).toContain('model=tiny-q4km.gguf');
    await runButton(page).click();
    await rows(page, 'done').waitFor({ timeout: 120_000 });
    expect(await page.locator('figure').getAttribute('data-chart-points')).toBe('1');
    expect(errors).toEqual([]);
  }, '?prefill=16&chunk=8&samples=1&warmup=0');
});

test('a sweep can be stopped, and a worker that dies is replaced', async () => {
  await withChromium(async (page) => {
    await adapterNamed(page);
    await page.locator('[data-model-file]').setInputFiles(TINY);
    await runButton(page).click();
    await rows(page, 'done').first().waitFor({ timeout: 120_000 });
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText(/^Stopped: /).waitFor({ timeout: 60_000 });

    await runButton(page).click();
    await page.workers()[0].evaluate(() => {
      setTimeout(() => {
        throw new Error('out of luck');
      });
    });
    await page.getByText(/The sweep ended early: .*out of luck/).waitFor();
    const before = await rows(page, 'done').count();
    await expect.poll(() => runButton(page).isEnabled()).toBe(true);
    await runButton(page).click();
    await expect.poll(() => rows(page, 'done').count(), { timeout: 120_000 }).toBeGreaterThan(before);
  }, '?prefill=8&chunk=2,3,4,5&samples=3&warmup=0');
});

test('without WebGPU the page says what to use, and reads', async () => {
  await withChromium(async (page, { errors }) => {
    await page.addInitScript(() => {
      Reflect.deleteProperty(Navigator.prototype, 'gpu');
    });
    await page.reload();
    await page.getByText('This browser does not offer WebGPU.').waitFor();
    await page.getByText(/Safari 26/).waitFor();
    await page.getByRole('heading', { name: 'How it is measured' }).waitFor();
    expect(await runButton(page).isDisabled()).toBe(true);
    expect(errors).toEqual([]);
  });
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
