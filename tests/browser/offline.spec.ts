// Offline after one visit: every page opens, the worker runs, and models never pass through the service worker.
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { withChromium } from './browsers';
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
