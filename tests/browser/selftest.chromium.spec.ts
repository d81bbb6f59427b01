// The self-test page in Chromium: every supported variant compiles and agrees with its reference.
import { expect, test } from 'vitest';
import { settingsToCheck, variants } from '../../src/lib/shaders';
import { COMPUTING, withChromium } from './browsers';
import { DEFAULTS, FINISHED, outcome } from './selftest';

test('every variant passes in Chromium', async () => {
  await withChromium(
    async (page, { errors }) => {
      await page.locator(FINISHED).waitFor(COMPUTING);
      const { passed, failed, skipped, failures, skips } = await page.evaluate(outcome);
      expect(failures).toEqual([]);
      expect(failed).toBe(0);
      expect(passed + skipped).toBe(variants.length);
      expect(passed).toBeGreaterThan(0.9 * variants.length);
      expect(skips).toHaveLength(skipped);
      for (const skip of skips) expect(skip).toMatch(/needs .+(does not offer|allows \d+|may have \d+)/);
      await page.getByRole('button', { name: 'Copy report' }).click();
      await page.getByText('Report copied.').waitFor();
      const report = await page.evaluate(() => navigator.clipboard.readText());
      expect(report).toContain(`${passed} passed, 0 failed, ${skipped} skipped`);
      expect(errors).toEqual([]);
    },
    DEFAULTS,
    { permissions: ['clipboard-read', 'clipboard-write'] },
  );
});

test('the knobs are turned to their ends unless the address says otherwise', async () => {
  const settings = variants.flatMap((variant) => settingsToCheck(variant)).length;
  await withChromium(async (page) => {
    await page.getByText(`of ${settings}: `).waitFor();
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await page.getByText('Stopped: ').waitFor(COMPUTING);
  }, 'selftest?run=1');
});
