// The models page: a download that is paused, survives a reload, is shared by two tabs, is run from storage, and deleted.
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { DEMO, readBytes } from '../oracle';
import { haltingServer, type RangeServer } from '../range-server';
import { COMPUTING, withChromium } from './browsers';
import { QUICK } from '../quick';

const BYTES = readBytes(DEMO);

test('a download is paused, goes on after a reload, is run from storage in a notebook, and deleted', async () => {
  const server = await haltingServer(BYTES, 3_000_000);
  try {
    await withChromium(async (page, { address }) => {
      await page.locator('[data-models=known]').waitFor();
      await page.locator('#other').fill(server.address);
      await page.locator('form').getByRole('button', { name: 'Download' }).click();
      const row = page.locator(`[data-model="${server.address}"]`);
      await row.getByText('downloading').waitFor();
      await expect.poll(() => row.textContent()).toContain('38.');
      await row.getByRole('button', { name: 'Pause' }).click();
      await row.getByText('38.2 % stored').waitFor();
      await page.reload();
      await row.getByText('38.2 % stored').waitFor();
      const before = server.requests.length;
      server.goOn();
      await row.getByRole('button', { name: 'Go on' }).click();
      await row.getByText('✓ stored').waitFor();
      expect(server.requests[before + 1].range).toMatch(/^bytes=3000000-/);
      const { length } = server.requests;
      await page.goto(
        `${address}?model=${encodeURIComponent(server.address)}&prefill=4&chunk=4&samples=1&warmup=0&${QUICK}`,
      );
      await page.locator('[data-adapter]').waitFor();
      await page.getByRole('button', { name: 'Run', exact: true }).first().click();
      await page.locator('tr[data-run=done]').waitFor(COMPUTING);
      expect(server.requests.length).toBe(length);
      await page.goto(`${address}models`);
      await row.getByRole('button', { name: /^Delete/ }).click();
      await row.getByRole('button', { name: 'Delete for good?' }).click();
      await page.getByText('Nothing yet.').waitFor();
    }, 'models');
  } finally {
    server.close();
  }
});

/** Answers for Hugging Face in the page and its workers: the files are on a server of the test, the hub tells no hash. */
async function asHub(page: Page, server: RangeServer) {
  const headers = { 'Access-Control-Allow-Origin': '*' };
  await page.route('https://huggingface.co/**', (route) =>
    route.request().url().includes('/resolve/')
      ? route.fulfill({ status: 302, headers: { ...headers, Location: server.address } })
      : route.fulfill({ status: 404, headers }),
  );
}

test('a cell runs a model that is still being downloaded: it is on the GPU in part before its end has come', async () => {
  const server = await haltingServer(BYTES, 7_000_000);
  try {
    await withChromium(async (page, { address }) => {
      await asHub(page, server);
      await page.goto(
        `${address}?model=hf:someone/somewhere/m.gguf&prefill=4&chunk=4&samples=1&warmup=0&${QUICK}`,
      );
      await page.locator('[data-adapter]').waitFor();
      const offer = page.locator('[data-model="hf:someone/somewhere/m.gguf"]');
      await offer.getByRole('button', { name: 'Download' }).click();
      await page.getByText('You can press Run at once').waitFor();
      await page.getByRole('button', { name: 'Run', exact: true }).first().click();
      const phase = page.locator('[data-phase]');
      await expect
        .poll(() => phase.textContent(), COMPUTING)
        .toMatch(/loading, (?!0\.0)[\d.]+ MB of 7\.7 MB/);
      expect(await offer.textContent()).toContain('downloading');
      server.goOn();
      await page.locator('tr[data-run=done]').waitFor(COMPUTING);
    });
  } finally {
    server.close();
  }
});

test('a link names a published model: it is offered with its size, and nothing is fetched', async () => {
  await withChromium(async (page) => {
    const fetched: string[] = [];
    page.on('request', (request) => fetched.push(request.url()));
    const offer = page.locator('[data-model="rwkv7-g1d-0.1b-q8_0"]');
    await offer.waitFor();
    expect(await offer.textContent()).toMatch(/212\.4 MB.*Hugging Face, ModelScope/s);
    await offer.getByRole('button', { name: 'Download' }).waitFor();
    expect(fetched.filter((url) => /huggingface|modelscope/.test(url))).toEqual([]);
  }, '?model=rwkv7-g1d-0.1b');
});
