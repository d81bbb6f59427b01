// The files that the test server, also used by `npm start`, serves of the built page.
import { expect, test } from 'vitest';
import { serveBuild } from './serve';

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
