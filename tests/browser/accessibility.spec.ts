// Accessibility (axe) of the page in both themes: empty, with every control, and in dialogs. Pages with runs or a bad address
// are checked in page.spec.ts, pages with shaders in kernel.spec.ts, the self-test page in selftest.chromium.spec.ts.
import { expect, test } from 'vitest';
import { objections } from './axe';
import { withChromium } from './browsers';
import { unfoldAll } from './unfold';

test('the start page, and a sweep with every control open', async () => {
  await withChromium(async (page, { address }) => {
    await page.locator('[data-adapter]').waitFor();
    expect(await objections(page)).toBe('');
    await page.goto(`${address}?prefill=8`);
    await page.locator('[data-adapter]').waitFor();
    await page.evaluate(unfoldAll);
    expect(await objections(page)).toBe('');
  });
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
