// Every variant whose features a browser has compiles there and agrees with its reference, as the self-test page sees it. The
// knobs stay as they are: the unit tests turn them, in what Chromium compiles with too, and to Firefox they are only numbers.
import { expect, test } from 'vitest';
import { settingsToCheck, variants } from '../../src/lib/shaders';
import { withChromium, withFirefox } from './browsers';

const MILLISECONDS = 280_000;
const DEFAULTS = 'selftest?run=1&knobs=defaults';
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

test('every variant passes in Firefox', async () => {
  await withFirefox(async (page, { errors }) => {
    await page.waitForSelector(FINISHED, { timeout: MILLISECONDS });
    const { passed, failed, skipped, failures } = await page.evaluate(outcome);
    expect(failures).toEqual([]);
    expect(failed).toBe(0);
    expect(passed + skipped).toBe(variants.length);
    expect(passed).toBeGreaterThan(0.9 * variants.length);
    expect(errors).toEqual([]);
  }, DEFAULTS);
});

test('the knobs are turned to their ends unless the address says otherwise', async () => {
  const settings = variants.flatMap((variant) => settingsToCheck(variant)).length;
  await withChromium(async (page) => {
    await page.getByText(`of ${settings}: `).waitFor({ timeout: 60_000 });
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await page.getByText('Stopped: ').waitFor({ timeout: 120_000 });
  }, 'selftest?run=1');
});
