// The models page: a download that is paused, survives a reload, is shared by two tabs, is run from storage, and deleted.
import { expect, test } from 'vitest';
import { DEMO, readBytes } from '../oracle';
import { rangeServer } from '../range-server';
import { COMPUTING, withChromium } from './browsers';
import { QUICK } from '../quick';

/** A server that stops in the middle of the file until it is told to go on. */
async function haltingServer() {
  const bytes = readBytes(DEMO);
  const server = await rangeServer(bytes);
  server.answer = (request, response) => {
    const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (request.headers.range === 'bytes=0-0' || from > 0) return false;
    response.writeHead(206, {
      'Content-Range': `bytes 0-${bytes.length - 1}/${bytes.length}`,
      ETag: '"one"',
    });
    response.write(bytes.subarray(0, 3_000_000));
    return true;
  };
  return server;
}

test('a download is paused, goes on after a reload, is run from storage in a notebook, and deleted', async () => {
  const server = await haltingServer();
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
      await row.getByRole('button', { name: 'Go on' }).click();
      await row.getByText('✓ stored').waitFor();
      expect(server.requests[before + 1].range).toMatch(/^bytes=3000000-/);
      const { length } = server.requests;
      await page.goto(
        `${address}?model=${encodeURIComponent(server.address)}&prefill=16&chunk=16&samples=1&warmup=0&${QUICK}`,
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
