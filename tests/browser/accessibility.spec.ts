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
    // Without a report on every element that passes: on a page of many controls it takes longer than the rules themselves.
    const rules = new AxeBuilder({ page }).withTags(TAGS).options({ resultTypes: ['violations'] });
    const { violations } = await rules.analyze();
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
    await page.getByRole('group', { name: 'Model' }).getByText('holiday.gguf').click();
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.locator('[data-phase=finished]').waitFor({ timeout: 120_000 });
    await page.getByRole('button', { name: 'Run 1', exact: true }).click();
    expect(await page.locator('tr[data-run]').count()).toBe(2);
    expect(await objections(page)).toBe('');
  }, '?prefill=16&chunk=8&samples=1&warmup=0');
});

test('an address that asks for the impossible', async () => {
  await withChromium(async (page) => {
    await page.getByText('chunk must be a whole number').waitFor();
    await page.locator('[data-settings-text] .cm-content').waitFor();
    expect(await objections(page)).toBe('');
  }, '?chunk=0');
});

test('the menu, the palette, the dialogs, and a link that is broken', async () => {
  await withChromium(async (page) => {
    await page.locator('[data-broken]').waitFor();
    expect(await objections(page)).toBe('');
    await page.getByRole('button', { name: 'Menu' }).click();
    expect(await objections(page)).toBe('');
    for (const name of ['Keyboard shortcuts', 'Share', 'Save as', 'Open', 'History', 'Command palette']) {
      await page.keyboard.press('Escape');
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox').fill(name);
      if (name !== 'Command palette') await page.keyboard.press('Enter');
      await page.getByRole('dialog').waitFor();
      expect(`${name}: ${await objections(page)}`).toBe(`${name}: `);
    }
  }, '#n=1.cut');
});

test('the self-test page', async () => {
  await withChromium(async (page) => {
    await page.getByRole('button', { name: 'Run the self-test' }).waitFor();
    expect(await objections(page)).toBe('');
  }, 'selftest');
});
