// The page of published results: filters, comparison, a row as a notebook, and the check of a file.
import { expect, test } from 'vitest';
import { objections } from './axe';
import { withChromium } from './browsers';

test('published results are filtered, compared, opened as a notebook, and a file is checked', async () => {
  await withChromium(async (page, { errors }) => {
    const rows = page.locator('[data-row]');
    await rows.first().waitFor();
    const before = await rows.count();
    await page.getByLabel('Browser or runtime').selectOption('Chrome 156');
    await expect.poll(() => rows.count()).toBeLessThan(before);
    for (const at of [0, 1]) await rows.nth(at).getByRole('checkbox').check();
    await page.locator('[data-compared="2"] [data-bars], [data-compared="2"] canvas').first().waitFor();
    expect(await objections(page)).toBe('');
    await page.locator('input[type=file]').setInputFiles({
      ...{ name: 'mine.csv', mimeType: 'text/csv' },
      buffer: Buffer.from('n_prompt,n_gen,avg_ns\n512,0,1000000\n'),
    });
    await page.locator('[data-checked=bad]').getByText('mine.csv').waitFor();
    await rows.first().getByRole('button').click();
    await page.locator('[data-cell=csv]').getByText('From a link').waitFor();
    await page.locator('[data-cell=sweep]').first().waitFor();
    expect(errors).toEqual([]);
  }, 'results');
});
