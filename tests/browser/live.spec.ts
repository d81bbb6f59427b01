// Live mode as a user sees it: a turn, a newer turn, a reload in the middle, an edit of a shader.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { QUICK } from '../quick';
import { COMPUTING, withChromium } from './browsers';

/** Served in the place of the demo: three layers instead of eight. A reload opens it again by itself, which no file of the user does. */
const TINY = fileURLToPath(new URL('../fixtures/tiny-q4km.gguf', import.meta.url));
const SHADER = new URL('../../src/lib/shaders/advance/copy.wgsl', import.meta.url);
const notebook = (shader: string) => `\`\`\`lab sweep
prefill=4
chunk=4
samples=4
warmup=0
${QUICK.replaceAll('&', '\n')}
advance=mine
\`\`\`

\`\`\`wgsl advance/mine
${shader}
\`\`\`
`;

/** The bars of runs (`run`) or of what was there before (`ghost`), by their labels. */
const bars = (page: Page, origin: 'run' | 'ghost', label: string) =>
  page.locator(`[data-cell=sweep] li.${origin}`, { hasText: label });
const rows = (page: Page) => page.locator('[data-cell=sweep] tr[data-run=done]');
const state = (page: Page) => page.locator('[data-cell=sweep]').getAttribute('data-state');
/** Waits for the end of a run, which a failure is as well. */
async function settled(page: Page) {
  let last: string | null = null;
  await expect.poll(async () => (last = await state(page)), COMPUTING).toMatch(/^(done|failed)$/);
  expect(last).toBe('done');
}

async function turnChunk(page: Page, values: string) {
  await page.getByRole('textbox', { name: 'Chunk, tokens per pass: another value' }).fill(values);
  await page.keyboard.press('Enter');
}

test('what is turned is measured, and neither a newer turn, a reload nor an edit of a shader loses a point', async () => {
  const text = notebook((await readFile(SHADER, 'utf8')).trim());
  await withChromium(async (page, { errors }) => {
    await page.context().route('**/models/*.gguf', (route) => route.fulfill({ path: TINY }));
    await page.locator('[data-adapter]').waitFor();
    await page
      .locator('[data-import]')
      .setInputFiles({ name: 'live.md', mimeType: 'text/markdown', buffer: Buffer.from(text) });
    await page.locator('[data-shader="advance/mine"]').waitFor(); // the sweep before it has a switch as well

    // Switched on, the cell measures its one point: a quick look, which is hollow, and then all four samples.
    await page.getByRole('switch', { name: 'Live' }).check();
    await page.locator('li.provisional').waitFor(COMPUTING);
    await page.locator('li.provisional').waitFor({ state: 'detached', ...COMPUTING });
    await settled(page);

    // A newer turn supersedes one that is being measured; what was there before fades.
    await turnChunk(page, '3');
    await expect.poll(() => state(page), COMPUTING).toBe('running');
    await turnChunk(page, '2');
    await bars(page, 'run', 'chunk=2').waitFor(COMPUTING);
    await settled(page);
    expect(await rows(page).count()).toBe(1);
    expect(await bars(page, 'run', '').count()).toBe(1);

    // Turned back, the point is there at once, and the other one is its ghost.
    await turnChunk(page, '4');
    await bars(page, 'run', 'chunk=4').waitFor();
    await bars(page, 'ghost', 'chunk=2').waitFor();

    // Cut by a reload, it goes on from there.
    await page.getByRole('switch', { name: 'several' }).check();
    await turnChunk(page, '1, 2, 3');
    await rows(page).nth(2).waitFor(COMPUTING);
    await page.getByText('Saved in this browser').waitFor({ state: 'attached', ...COMPUTING });
    // Before it, the cell is scrolled to where it is to be after it.
    const top = () => page.locator('[data-cell=sweep]').evaluate((cell) => cell.getBoundingClientRect().top);
    await page.evaluate(() => scrollTo(0, 400));
    const place = await top();
    await page.reload();
    await page.locator('[data-adapter]').waitFor();
    await expect.poll(() => rows(page).count()).toBeGreaterThanOrEqual(3);
    expect(Math.abs((await top()) - place)).toBeLessThan(40);
    await expect.poll(() => rows(page).count(), COMPUTING).toBe(4);
    await settled(page);

    // Another text of the shader is another point; the former one stays to compare with.
    await page.locator('[data-cell=wgsl] .cm-content').click();
    await page.keyboard.press('Control+End');
    await page.keyboard.type('\n// edited');
    await expect.poll(() => page.getByText('vs. last run').count(), COMPUTING).toBe(1);
    await page.getByRole('switch', { name: 'Live' }).uncheck();
    await expect.poll(() => state(page), COMPUTING).not.toBe('running');

    // On a phone the newest point stays in view below open controls, which hide the chart.
    await page.setViewportSize({ width: 390, height: 700 });
    await page.locator('[data-cell=sweep] summary', { hasText: /^\s*Settings/ }).click();
    await page
      .getByRole('textbox', { name: 'Chunk, tokens per pass: another value' })
      .evaluate((field) => field.scrollIntoView({ block: 'center' }));
    await page.locator('[data-latest]').getByText('tokens/s').waitFor();
    const { y, height } = (await page.locator('[data-latest]').boundingBox())!;
    expect(Math.round(y + height)).toBeLessThanOrEqual(700);
    await page.setViewportSize({ width: 1280, height: 720 });

    // All of it is one run of the history, before and after the reload; opened, it shows its points again.
    const past = page.locator('[data-past-run]');
    const runs = past.getByText(/^([5-9]|1\d) runs/);
    const openHistory = async () => {
      await page.getByRole('button', { name: 'Menu' }).click();
      await page.getByRole('button', { name: 'Run history' }).click();
    };
    await openHistory();
    // The last point may not be in the database yet.
    await runs.waitFor(COMPUTING);
    expect(await past.getByText('Sweep · Live').count()).toBe(1);
    await past.getByRole('button', { name: 'Open as a cell' }).click();
    await expect
      .poll(() => page.locator('[data-cell=sweep]').last().locator('tr[data-run=done]').count())
      .toBeGreaterThan(0);

    // A run that ends while the history is open appears in it.
    await page.locator('[data-cell=sweep]').first().getByRole('button', { name: /^Run/ }).first().click();
    await openHistory();
    await past.nth(1).waitFor(COMPUTING);
    expect(errors).toEqual([]);
  }, '?prefill=8');
});
