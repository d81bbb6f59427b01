// Accessibility (axe) of the page in both themes: empty, with a bad address, in dialogs, and the self-test page. Pages
// with runs are checked in page.spec.ts, pages with shaders in kernel.spec.ts.
import { expect, test } from 'vitest';
import { objections } from './axe';
import { withChromium } from './browsers';

test('the start page, and a sweep with every control open', async () => {
  await withChromium(async (page, { address }) => {
    await page.locator('[data-adapter]').waitFor();
    expect(await objections(page)).toBe('');
    await page.goto(`${address}?prefill=8`);
    await page.locator('[data-adapter]').waitFor();
    await page.evaluate(() =>
      document.querySelectorAll('details').forEach((details) => (details.open = true)),
    );
    expect(await objections(page)).toBe('');
  });
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
      // The page behind a dialog cannot be reached, and was looked at before.
      expect(`${name}: ${await objections(page, 'dialog[open]')}`).toBe(`${name}: `);
    }
  }, '#n=1.cut');
});

test('the self-test page', async () => {
  await withChromium(async (page) => {
    await page.getByRole('button', { name: 'Run the self-test' }).waitFor();
    expect(await objections(page)).toBe('');
  }, 'selftest');
});
