// Offline after one visit: every page opens, the worker runs, and models never pass through the service worker.
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { QUICK } from '../quick';
import { COMPUTING, withChromium } from './browsers';
import { serveVersions } from './nextVersion';
import { STOPPING, tryEverything } from './policy';

const OFFLINE = { serviceWorkers: 'allow' as const };

/** Resolves once the whole site is cached. */
const kept = (page: Page) => page.evaluate(async () => void (await navigator.serviceWorker.ready));

const keptPaths = (page: Page) =>
  page.evaluate(async () => {
    const names = await caches.keys();
    const caught = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
    return caught.flat().map(({ url }) => new URL(url).pathname);
  });

test('every page opens without a network after one visit, and a run goes as far as its model', async () => {
  await withChromium(
    async (page, { address }) => {
      await page.locator('[data-adapter]').waitFor();
      await kept(page);
      await page.context().setOffline(true);

      await page.reload();
      await page.getByRole('heading', { name: 'Start here' }).waitFor();
      // The worker describes the GPU, so its script must be cached.
      await page.locator('[data-adapter]').waitFor();
      await page.locator('[data-markdown=rendered]').first().waitFor();
      // The policy is part of the cached page.
      const { through, stopped } = await page.evaluate(tryEverything);
      expect(through).toEqual([]);
      expect(stopped).toEqual(expect.arrayContaining(STOPPING));

      await page.goto(`${address}?notebook=phase-2`);
      await page.getByRole('heading', { name: 'Reproducing the M2 Max study' }).waitFor();
      await expect.poll(() => page.locator('figure[data-chart-points]').count()).toBeGreaterThan(2);

      await page.goto(`${address}kernels/wkv`);
      await page.getByRole('heading', { name: 'wkv', exact: true }).first().waitFor();
      await page.goto(`${address}selftest`);
      await page.getByRole('heading').first().waitFor();

      await page.goto(`${address}?prefill=8&samples=1`);
      await page.getByRole('button', { name: 'Run', exact: true }).first().click();
      await page.locator('tr[data-run=failed]').first().waitFor();
    },
    '',
    OFFLINE,
  );
});

test('keeps no model and no result, and hands ranges of bytes through', async () => {
  await withChromium(
    async (page, { address, errors }) => {
      await kept(page);
      await page.reload();
      expect(await page.evaluate(() => navigator.serviceWorker.controller?.scriptURL)).toBe(
        `${address}service-worker.js`,
      );
      const piece = await page.evaluate(async () => {
        const reply = await fetch('models/rwkv7-austen-Q4_K_M.gguf', { headers: { range: 'bytes=0-3' } });
        return { status: reply.status, text: await reply.text() };
      });
      expect(piece).toEqual({ status: 206, text: 'GGUF' });
      const paths = await keptPaths(page);
      // The list of published results is a page's own file; the results themselves are not kept.
      expect(paths.filter((path) => /\/(models|results)\//.test(path))).toEqual(['/lab/results/all.json']);
      expect(errors).toEqual([]);

      // Files that the browser has evicted are fetched again on the next visit.
      const [evicted, ...others] = await page.evaluate(async () => {
        const [name] = await caches.keys();
        const cache = await caches.open(name);
        const all = await cache.keys();
        for (const request of all.slice(1)) await cache.delete(request);
        return all.map(({ url }) => new URL(url).pathname);
      });
      expect(await keptPaths(page)).toEqual([evicted]);
      await page.reload();
      await expect.poll(async () => (await keptPaths(page)).sort()).toEqual([evicted, ...others].sort());
    },
    '',
    OFFLINE,
  );
});

test('a new version leaves only its own files, when no page is of the old one', async () => {
  await withChromium(
    async (page, { address }) => {
      await kept(page);
      // Caches as an older version, and another site of the same origin, would have left them.
      await page.evaluate(async () => {
        await (await caches.open('/lab/ 1')).put('/lab/old', new Response('old'));
        await (await caches.open('/other/ 1')).put('/other/its', new Response('its'));
        const registration = await navigator.serviceWorker.ready;
        await registration.unregister();
      });
      await page.goto('about:blank');
      await page.goto(address);
      await kept(page);
      await expect.poll(() => keptPaths(page)).not.toContain('/lab/old');
      expect(await keptPaths(page)).toContain('/other/its');
    },
    '',
    OFFLINE,
  );
});

test('an open page goes on measuring when a new version is published, is told, and loses nothing', async () => {
  const site = await serveVersions();
  try {
    await withChromium(
      async (page) => {
        await page.goto(`${site.address}?prefill=2&chunk=2&samples=1&warmup=0&${QUICK}`);
        await page.locator('[data-adapter]').waitFor();
        await kept(page);
        await page.reload(); // from now on the service worker stands between the page and the site
        await page.locator('[data-adapter]').waitFor();
        await page.getByRole('button', { name: 'Run', exact: true }).click();
        await page.locator('[data-phase=running]').waitFor();
        await site.publish();

        const other = await page.context().newPage();
        await other.goto(`${site.address}robots.txt`);
        expect(await other.evaluate(() => fetch('_app/version.json').then((reply) => reply.text()))).toMatch(
          /\d1"/,
        );
        await other.goto(`${site.address}kernels`);
        await other.getByRole('heading').first().waitFor();
        await page.locator('[data-version=new]').waitFor();
        // Its files are still there for the page that runs, though the site has them no longer.
        await page.keyboard.press('Control+k');
        await page.getByRole('option', { name: 'Run history' }).waitFor();
        await page.keyboard.press('Escape');
        await page.locator('[data-phase=finished]').waitFor(COMPUTING);
        expect(await page.locator('tr[data-run=failed]').allInnerTexts()).toEqual([]);
        await page.locator('tr[data-run=done]').waitFor();

        // Even without them it lives, and says what to do. The HTTP cache has them too.
        const session = await page.context().newCDPSession(page);
        await session.send('Network.clearBrowserCache');
        await page.evaluate(async () => {
          for (const name of await caches.keys()) await caches.delete(name);
        });
        await page.getByRole('button', { name: 'Menu' }).click();
        await page.getByRole('combobox', { name: 'Language' }).selectOption('zh');
        await page.locator('[data-version=missing]').waitFor();
        expect(await page.locator('tr[data-run=done]').count()).toBe(1);

        await page.getByRole('button', { name: 'Reload' }).click();
        await page.locator('[data-version]').waitFor({ state: 'detached' });
        await page.locator('tr[data-run=done]').waitFor();
      },
      'robots.txt',
      OFFLINE,
    );
  } finally {
    await site.close();
  }
});
