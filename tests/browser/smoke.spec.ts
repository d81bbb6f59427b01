// The built page opens below a base path in both browsers, reaches WebGPU there, and is silent on the console.
import { expect, test } from 'vitest';
import { withChromium, withFirefox } from './browsers';
import { serveBuild } from './serve';

/** Runs in the page: the adapter's features, or why there is none. */
async function adapterFeatures() {
  if (!navigator.gpu) return 'no navigator.gpu';
  const adapter = await navigator.gpu.requestAdapter();
  return adapter ? [...adapter.features] : 'no adapter';
}

test('opens in Chromium', async () => {
  await withChromium(async (page, { errors }) => {
    await page.getByRole('heading').first().waitFor();
    expect(await page.title()).toMatch(/RWKV/);
    expect(await page.evaluate(adapterFeatures)).toContain('core-features-and-limits');
    expect(errors).toEqual([]);
  });
});

test('opens in Firefox', async () => {
  await withFirefox(async (page, { errors }) => {
    await page.waitForSelector('h1, h2');
    expect(await page.title()).toMatch(/RWKV/);
    expect(await page.evaluate(adapterFeatures)).toContain('shader-f16');
    expect(errors).toEqual([]);
  });
});

test('every page and the demo model are served below the base path', async () => {
  const site = await serveBuild();
  try {
    for (const path of ['', 'selftest'])
      expect((await fetch(site.address + path)).headers.get('content-type')).toMatch(/html/);
    const model = await fetch(`${site.address}models/rwkv7-austen-Q4_K_M.gguf`, {
      headers: { range: 'bytes=0-3' },
    });
    expect(model.status).toBe(206);
    expect(await model.text()).toBe('GGUF');
    const beyond = await fetch(site.address, { headers: { range: 'bytes=99999999-' } });
    expect(beyond.status).toBe(416);
    expect((await fetch(new URL('/', site.address))).status).toBe(404);
    expect((await fetch(`${site.address}..%2f..%2fpackage.json`)).status).toBe(404);
  } finally {
    await site.close();
  }
});
