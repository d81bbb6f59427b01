// axe finds nothing to object to (WCAG 2.2 AA), in light and in dark: empty, with runs, with a bad address, on the self-test.
import { fileURLToPath } from 'node:url';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { withChromium } from './browsers';

const TINY = fileURLToPath(new URL('../fixtures/tiny-q4km.gguf', import.meta.url));
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** What axe objects to in either theme, one line an element; empty when all is well. */
async function objections(page: Page): Promise<string> {
  const found: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    const { violations } = await new AxeBuilder({ page }).withTags(TAGS).analyze();
    for (const { id, nodes } of violations)
      found.push(
        ...nodes.map(({ target, failureSummary }) => `${colorScheme} ${id} ${target}: ${failureSummary}`),
      );
  }
  return found.join('\n');
}

test('the lab with every control open', async () => {
  await withChromium(async (page) => {
    await page.locator('[data-adapter]').waitFor();
    await page.evaluate(() =>
      document.querySelectorAll('details').forEach((details) => (details.open = true)),
    );
    expect(await objections(page)).toBe('');
  });
});

test('a run that was measured beside one that failed', async () => {
  await withChromium(async (page) => {
    await page.locator('[data-adapter]').waitFor();
    const noModel = { name: 'holiday.gguf', mimeType: '', buffer: Buffer.from('not a model') };
    await page.locator('[data-model-file]').setInputFiles(noModel);
    await page.locator('[data-model-file]').setInputFiles(TINY);
    await page.getByRole('group', { name: 'By name' }).getByText('holiday.gguf').click();
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.locator('[data-phase=finished]').waitFor({ timeout: 120_000 });
    await page.getByRole('button', { name: 'Run 1', exact: true }).click();
    expect(await page.locator('tr[data-run]').count()).toBe(2);
    expect(await objections(page)).toBe('');
  }, '?prefill=16&chunk=8&samples=1&warmup=0');
});

test('an address that asks for the impossible', async () => {
  await withChromium(async (page) => {
    await page.getByText('This address asks for something the lab cannot do.').waitFor();
    expect(await objections(page)).toBe('');
  }, '?chunk=0');
});

test('the self-test page', async () => {
  await withChromium(async (page) => {
    await page.getByRole('button', { name: 'Run the self-test' }).waitFor();
    expect(await objections(page)).toBe('');
  }, 'selftest');
});
