// The built page in a Chromium from which a profile takes away what Safari, or the least GPU of the specification, does not have.
// One page for each profile goes through the main journeys.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { BrowserContext, Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { findVariant } from '../../src/lib/shaders';
import { PROFILES, type Profile, SAFARI } from '../profiles/profile';
import { surfaceScript } from '../profiles/surface';
import { COMPUTING, withChromium } from './browsers';
import { QUICK } from '../quick';

const TINY = fileURLToPath(new URL('../fixtures/tiny-q4km.gguf', import.meta.url));
const PLAIN = QUICK.replaceAll('&', '\n');
/** The settings of all cells, so that what one of them checks need not be checked for the next. */
const SETTINGS = `model=tiny-q4km.gguf
prefill=2
chunk=2
${PLAIN}`;
const CELLS = {
  generate: `\`\`\`lab generate
model=tiny-q4km.gguf
chunk=2
tokens=2
${PLAIN}
---
It is
\`\`\``,
  sweep: `\`\`\`lab sweep
${SETTINGS}
decode=1
samples=1
warmup=0
\`\`\``,
  compare: `\`\`\`lab compare
budget=1
${SETTINGS.replace('chunk=2', 'chunk=1,2')}
\`\`\``,
  profile: `\`\`\`lab profile
${SETTINGS}
\`\`\``,
};
const SHADER = `\`\`\`wgsl layer_norm/mine
${findVariant('layer_norm', 'naive').text.trimEnd()}
// Changed, so that it has to be allowed.
\`\`\``;

type Kind = keyof typeof CELLS;
/**
 * The cells that what a profile lacks can reach. Safari 26 lacks the most: its clocks are in every cell that times, its files in those
 * that load. Safari 27 has no timestamps, which a profile does without. The least GPU has the fewest features and the smallest limits,
 * which every kernel of a sweep keeps.
 */
const KINDS: Kind[][] = [['generate', 'sweep', 'compare', 'profile'], ['profile'], ['sweep']];

const journeysOf = (kinds: Kind[]) =>
  ['# Journeys', ...kinds.map((kind) => CELLS[kind]), SHADER].join('\n\n') + '\n';

/** Gives every page and worker of a context the profile's surface, and answers range requests for models with status 200. */
async function dress(context: BrowserContext, profile: Profile, software = true) {
  const script = surfaceScript(profile, software);
  await context.addInitScript({ content: script });
  await context.route('**/workers/*.js', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: script + (await response.text()) });
  });
  if (profile.refusesWholeForRange)
    await context.route('**/models/*.gguf', async (route) => {
      const headers = { ...route.request().headers() };
      delete headers.range;
      const response = await route.fetch({ headers });
      const kept = Object.entries(response.headers()).filter(([name]) => name !== 'accept-ranges');
      await route.fulfill({ response, headers: Object.fromEntries(kept) });
    });
}

/** The states of the cells that run. */
const states = (page: Page) =>
  page
    .locator(
      '[data-cell]:is([data-cell=generate], [data-cell=sweep], [data-cell=compare], [data-cell=profile])',
    )
    .evaluateAll((all) => all.map((cell) => (cell as HTMLElement).dataset.state ?? ''));

test.for(PROFILES.map((profile, i) => ({ name: profile.name, profile, kinds: KINDS[i] })))(
  'the journeys under the profile “$name”',
  async ({ profile, kinds }) => {
    const options = { permissions: ['clipboard-read', 'clipboard-write'], serviceWorkers: 'block' as const };
    await withChromium(
      async (page, { address, errors }) => {
        await dress(page.context(), profile);
        await page.goto(`${address}?prefill=8`);
        await page.locator('[data-adapter]').waitFor();
        expect(await page.locator('[data-adapter]').innerText()).toBe(
          profile.info.vendor || 'unnamed adapter',
        );
        await page.locator('[data-import]').setInputFiles(TINY);
        const file = {
          name: 'journeys.md',
          mimeType: 'text/markdown',
          buffer: Buffer.from(journeysOf(kinds)),
        };
        await page.locator('[data-import]').setInputFiles(file);
        await page.getByRole('heading', { name: 'Journeys' }).waitFor();
        await page.getByRole('button', { name: 'Allow this shader' }).click();
        await page.getByRole('button', { name: 'Run all' }).click();
        // A cell that fails ends the wait as well, and is named below.
        const waiting = async () =>
          (await states(page)).filter((state) => /running|queued|never/.test(state));
        await expect.poll(waiting, { ...COMPUTING, interval: 500 }).toEqual([]);
        expect(await states(page)).toEqual(kinds.map(() => 'done'));
        expect(await page.locator('[data-failed]').allInnerTexts()).toEqual([]);
        if (kinds.includes('generate'))
          expect(await page.locator('[data-generated]').innerText()).toMatch(/^It is./);
        if (kinds.includes('compare'))
          expect(await page.locator('[data-verdict]').innerText()).toMatch(/chunk=/);
        if (kinds.includes('profile')) {
          // Its view is loaded with the first profile.
          await page.locator('[data-profile] tbody tr').nth(5).waitFor({ state: 'attached' });
          await page.locator('[data-by-wall]').waitFor({ state: 'attached' });
        }
        await checkShader(page);
        await share(page);
        if (kinds.includes('sweep')) await download(page);
        if (profile === SAFARI) await evict(page, address);
        expect(errors).toEqual([]);
      },
      'robots.txt',
      options,
    );
  },
);

test('a GPU that nobody has measured is offered a search, and what was found stays its default', async () => {
  await withChromium(
    async (page, { address, errors }) => {
      await dress(page.context(), SAFARI, false);
      await page.goto(`${address}?prefill=8`);
      await page.locator('[data-tune-offer]').waitFor();
      await page.getByRole('button', { name: 'Tune for this GPU' }).click();
      await page.locator('[data-tune-offer]').getByRole('button', { name: 'Stop' }).click();
      await page.getByRole('button', { name: 'Tune for this GPU' }).waitFor(COMPUTING);

      const kept = {
        settings: 'wkv=sequential&wkv.written_out=32&layer_norm=spread',
        run: 'prefill=512&wkv=sequential&wkv.written_out=32',
        before: 'prefill=512',
        ratio: [1.25, 1.2, 1.3],
        at: '2026-11-01T10:00:00.000Z',
      };
      await page.evaluate((each) => localStorage.setItem('rwkv-lab tuned apple', JSON.stringify(each)), kept);
      await page.goto(`${address}?prefill=9`);
      const notice = page.locator('[data-tuned-here]');
      await notice.getByText('25.0 % faster').waitFor();
      expect(await notice.locator('code').innerText()).toBe('wkv=sequential wkv.written_out=32');
      await notice.getByRole('button', { name: 'Copy as a contribution' }).click();
      await notice.getByText('Copied').waitFor();
      const text = await page.evaluate(() => navigator.clipboard.readText());
      expect(text).toMatch(
        /### Tuned defaults: apple[^]*25\.0 %[^]*20\.0 % to 30\.0 %[^]*- browser: Mozilla/,
      );
      await notice.getByRole('button', { name: 'Forget' }).click();
      await page.locator('[data-tune-offer]').waitFor();
      expect(errors).toEqual([]);
    },
    'robots.txt',
    { permissions: ['clipboard-read', 'clipboard-write'], serviceWorkers: 'block' },
  );
});

async function checkShader(page: Page) {
  const cell = page.locator('[data-shader="layer_norm/mine"]');
  await cell.locator('[data-compiled=compiles]').waitFor(COMPUTING);
  await cell.getByRole('button', { name: 'Check', exact: true }).click();
  await cell.locator('[data-checked=right]').waitFor(COMPUTING);
}

async function share(page: Page) {
  await page.getByRole('button', { name: 'Share', exact: true }).click();
  await page.getByRole('button', { name: 'Copy link' }).click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/^http.*#/);
  await page.keyboard.press('Escape');
}

async function download(page: Page) {
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download CSV' }).first().click();
  expect(await readFile(await (await saved).path(), 'utf8')).toContain('x_chunk_tokens');
}

/** The browser has thrown away all that the page had stored; a page opens, and the self-test passes. */
async function evict(page: Page, address: string) {
  await page.evaluate(async () => {
    for (const { name } of await indexedDB.databases()) indexedDB.deleteDatabase(name!);
    localStorage.clear();
    sessionStorage.clear();
  });
  await page.goto(`${address}selftest?run=1&knobs=defaults&only=layer_norm,argmax`);
  await page.locator('[data-selftest=finished]').waitFor(COMPUTING);
  const { passed, failed } = await page
    .locator('[data-selftest]')
    .evaluate((each) => (each as HTMLElement).dataset);
  expect(Number(failed)).toBe(0);
  expect(Number(passed)).toBeGreaterThan(2);
}
