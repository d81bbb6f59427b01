// Every variant whose features a browser has compiles there and agrees with its reference, as the self-test page sees it.
import { expect, test } from 'vitest';
import { settingsToCheck, variants } from '../../src/lib/shaders';
import { withChromium, withFirefox } from './browsers';

const MILLISECONDS = 280_000;
/** Each variant with its knobs at their ends, or as it is. */
const SETTINGS = variants.flatMap((variant) => settingsToCheck(variant)).length;
const FINISHED = '[data-selftest=finished]';

/** Runs in the page: the counts, and the rows that do not say passed. */
function outcome() {
  const { passed, failed, skipped } = document.querySelector<HTMLElement>('[data-selftest]')!.dataset;
  const texts = (selector: string) =>
    [...document.querySelectorAll<HTMLElement>(selector)].map((row) => row.innerText);
  return {
    passed: Number(passed),
    failed: Number(failed),
    skipped: Number(skipped),
    failures: [...texts('tr.failed'), ...texts('[role=alert]')],
    skips: texts('tr.skipped'),
  };
}

test('every variant passes in Chromium', async () => {
  await withChromium(
    async (page, { errors }) => {
      await page.locator(FINISHED).waitFor({ timeout: MILLISECONDS });
      const { passed, failed, skipped, failures, skips } = await page.evaluate(outcome);
      expect(failures).toEqual([]);
      expect(failed).toBe(0);
      expect(passed + skipped).toBe(SETTINGS);
      expect(passed).toBeGreaterThan(0.9 * SETTINGS);
      expect(skips).toHaveLength(skipped);
      for (const skip of skips) expect(skip).toMatch(/needs .+(does not offer|allows \d+)/);
      await page.getByRole('button', { name: 'Copy report' }).click();
      await page.getByText('Report copied.').waitFor();
      const report = await page.evaluate(() => navigator.clipboard.readText());
      expect(report).toContain(`${passed} passed, 0 failed, ${skipped} skipped`);
      expect(errors).toEqual([]);
    },
    'selftest?run=1',
    { permissions: ['clipboard-read', 'clipboard-write'] },
  );
});

test('every variant passes in Firefox', async () => {
  await withFirefox(async (page, { errors }) => {
    await page.waitForSelector(FINISHED, { timeout: MILLISECONDS });
    const { passed, failed, skipped, failures } = await page.evaluate(outcome);
    expect(failures).toEqual([]);
    expect(failed).toBe(0);
    expect(passed + skipped).toBe(variants.length);
    expect(passed).toBeGreaterThan(0.9 * variants.length);
    expect(errors).toEqual([]);
  }, 'selftest?run=1&knobs=defaults');
});
