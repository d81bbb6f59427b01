// The models page: a download that is paused, survives a reload, is shared by two tabs, is run from storage, and deleted.
import { createHash } from 'node:crypto';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { DEMO, readBytes } from '../oracle';
import { haltingServer, rangeServer, type RangeServer } from '../range-server';
import { COMPUTING, withChromium } from './browsers';
import { QUICK } from '../quick';
import { smallRandomModel, splitRandomModel } from '../small-gguf';

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
        `${address}?model=${encodeURIComponent(server.address)}&prefill=2&chunk=2&samples=1&warmup=0&${QUICK}`,
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
        `${address}?model=hf:someone/somewhere/m.gguf&prefill=2&chunk=2&samples=1&warmup=0&${QUICK}`,
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
      // It is on the GPU as a whole. What a run makes of a downloaded model is above.
      await expect.poll(() => phase.textContent(), COMPUTING).toMatch(/compiling|checking/);
    }, 'robots.txt');
  } finally {
    server.close();
  }
});

/** Runs in the page before its own scripts: keeps its workers, so that a test can end them. */
function keepWorkers() {
  const workers: Worker[] = [];
  Object.assign(window, { endWorkers: () => workers.forEach((worker) => worker.terminate()) });
  window.Worker = class extends Worker {
    constructor(...words: ConstructorParameters<typeof Worker>) {
      super(...words);
      workers.push(this);
    }
  };
}

/** The manifest of the only stored model. */
const manifestIn = (page: Page) =>
  page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    // Its own folder, or the one that all sites shared in 0.2.
    const own = await root.getDirectoryHandle('models %2Flab%2F').catch(() => undefined);
    const models = own ?? (await root.getDirectoryHandle('models', { create: true }));
    for await (const [, folder] of models.entries()) {
      if (folder.kind === 'file') continue; // it names the site
      const file = await (folder as FileSystemDirectoryHandle).getFileHandle('manifest.json');
      const text = await (await file.getFile()).text();
      return JSON.parse(text || '{}') as { have?: number; found?: string; complete?: boolean };
    }
    return {};
  });

test('a download survives the death of its worker, a reload in its middle and a full disk', async () => {
  const server = await haltingServer(BYTES, 3_000_000, true);
  try {
    await withChromium(async (page, { address }) => {
      // The folder that all sites of an origin shared in 0.2: the first that opens it keeps it.
      await page.evaluate(async () => {
        const root = await navigator.storage.getDirectory();
        await root.getDirectoryHandle('models', { create: true });
      });
      await page.addInitScript(keepWorkers);
      await page.goto(`${address}models`);
      await page.locator('[data-models=known]').waitFor();
      const row = page.locator(`[data-model="${server.address}"]`);
      const have = async () => (await manifestIn(page).catch(() => undefined))?.have ?? 0;
      const goOn = async () => {
        await page.reload();
        await row.getByRole('button', { name: 'Go on' }).click();
        await row.getByText('downloading').waitFor();
      };
      await page.locator('#other').fill(server.address);
      await page.locator('form').getByRole('button', { name: 'Download' }).click();
      await expect.poll(have, COMPUTING).toBeGreaterThan(3_000_000);

      await page.evaluate(() => (window as unknown as { endWorkers(): void }).endWorkers());
      const first = await have();
      const before = server.requests.length;
      await goOn();
      expect(server.requests[before + 1].range).toMatch(new RegExp(`^bytes=${first}-`));
      await expect.poll(have, COMPUTING).toBeGreaterThan(first);

      await goOn(); // the reload ends the worker in the middle of its work
      const second = await have();
      expect(second).toBeGreaterThan(first);

      const session = await page.context().newCDPSession(page);
      const { origin } = new URL(address);
      await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: second + 200_000 });
      server.goOn();
      await row.getByRole('alert').waitFor();
      expect(await row.textContent()).toMatch(/No room:\s+.* needs .* more.*What has arrived is kept/s);
      const link = row.getByRole('link', { name: 'Run it without storing it' });
      expect(await link.getAttribute('href')).toContain(encodeURIComponent(server.address));
      expect(await have()).toBeGreaterThanOrEqual(second);

      await session.send('Storage.overrideQuotaForOrigin', { origin });
      await row.getByRole('button', { name: 'Go on' }).click();
      await row.getByText('✓ stored').waitFor();
      expect((await manifestIn(page)).found).toBe(createHash('sha256').update(BYTES).digest('hex'));
    }, 'robots.txt');
  } finally {
    server.close();
  }
});

test('two tabs share one download: the first is closed in its middle, and the second goes on from the last durable byte', async () => {
  const server = await haltingServer(BYTES, 3_000_000, true);
  try {
    await withChromium(async (first, { address }) => {
      const second = await first.context().newPage();
      const third = await first.context().newPage();
      const rowIn = (page: Page) => page.locator(`[data-model="${server.address}"]`);
      for (const page of [first, second, third]) {
        await page.goto(`${address}models`);
        await page.locator('[data-models=known]').waitFor();
      }
      const download = async (page: Page) => {
        const row = rowIn(page);
        if (!(await row.count())) {
          await page.locator('#other').fill(server.address);
          await page.locator('form').getByRole('button', { name: 'Download' }).click();
        } else await row.getByRole('button', { name: 'Go on' }).click();
      };
      await download(first);
      await rowIn(first).getByText('downloading').waitFor();
      await download(second);
      const waiting = /(3[89]|[4-9]\d)\.\d %\s+downloaded by another tab/;
      await expect.poll(() => rowIn(second).textContent(), COMPUTING).toMatch(waiting);
      const asked = server.requests.length;
      const durable = async () => (await manifestIn(second).catch(() => undefined))?.have ?? 0;
      await expect.poll(durable, COMPUTING).toBeGreaterThan(3_000_000);
      expect(server.requests).toHaveLength(asked);

      await first.close(); // its worker ends, and with it the lock
      await rowIn(second).getByText('downloading').waitFor();
      const resumed = server.requests.slice(asked).map(({ range }) => range);
      const from = Number(/^bytes=(\d+)-/.exec(resumed.find((range) => range !== 'bytes=0-0') ?? '')?.[1]);
      expect(from).toBeGreaterThan(3_000_000);
      await download(third);
      await expect.poll(() => rowIn(third).textContent(), COMPUTING).toMatch(waiting);
      server.goOn();
      for (const page of [second, third]) await rowIn(page).getByText('✓ stored').waitFor();
      const { found, complete } = await manifestIn(second);
      expect({ found, complete }).toEqual({
        found: createHash('sha256').update(BYTES).digest('hex'),
        complete: true,
      });
      // One file, and what the first tab had received and not yet stored.
      expect(server.sent()).toBeLessThan(1.05 * BYTES.length);
    }, 'robots.txt');
  } finally {
    server.close();
  }
});

test('a file that was chosen is remembered, and opened again after a reload', async () => {
  await withChromium(async (page, { address }) => {
    // A test cannot press the buttons of the system's picker: it hands out a real handle of the browser's own storage.
    await page.addInitScript(() =>
      Object.assign(window, {
        async showOpenFilePicker() {
          const root = await navigator.storage.getDirectory();
          const handle = await root.getFileHandle('chosen.gguf', { create: true });
          const writable = await handle.createWritable();
          await writable.write(new Blob(['GGUF', new Uint8Array(1_234_567)]));
          await writable.close();
          return [handle];
        },
      }),
    );
    await page.goto(`${address}?model=chosen.gguf&prefill=16`);
    await page.getByText('A file or an address').first().click();
    await page.getByRole('button', { name: 'Open a GGUF' }).first().click();
    const cost = page.locator('.costs').first();
    await expect.poll(() => cost.textContent()).toMatch(/chosen\.gguf.*1\.2 MB/s);
    await page.goto(`${address}?model=chosen.gguf&prefill=16`);
    await page.reload();
    expect(await cost.textContent()).not.toContain('1.2 MB');
    await page.getByRole('button', { name: 'Open it again' }).click();
    await expect.poll(() => cost.textContent()).toMatch(/chosen\.gguf.*1\.2 MB/s);
  }, 'robots.txt');
});

test('a link names a published model: it is offered with its size, and nothing is fetched', async () => {
  await withChromium(async (page, { address }) => {
    // Another site of this origin has the folder of 0.2, with a model in it.
    await page.evaluate(async () => {
      const root = await navigator.storage.getDirectory();
      const models = await root.getDirectoryHandle('models', { create: true });
      await models.getDirectoryHandle('theirs', { create: true });
      const writable = await (await models.getFileHandle('site', { create: true })).createWritable();
      await writable.write('/other/');
      await writable.close();
    });
    const fetched: string[] = [];
    page.on('request', (request) => fetched.push(request.url()));
    await page.goto(`${address}?model=rwkv7-g1d-0.1b`);
    const offer = page.locator('[data-model="rwkv7-g1d-0.1b-q8_0"]');
    await offer.waitFor();
    expect(await offer.textContent()).toMatch(/212\.4 MB.*Hugging Face, ModelScope/s);
    await offer.getByRole('button', { name: 'Download' }).waitFor();
    expect(fetched.filter((url) => /huggingface|modelscope/.test(url))).toEqual([]);
    await page.goto(`${address}models`);
    await page.locator('[data-models=known]').waitFor();
    expect(await page.locator('[data-model=theirs]').count()).toBe(0);
    const folders = page.evaluate(async () => {
      const names: string[] = [];
      for await (const name of (await navigator.storage.getDirectory()).keys()) names.push(name);
      return names.sort();
    });
    expect(await folders).toEqual(['models', 'models %2Flab%2F']);
  }, 'robots.txt');
});

/** Imports a notebook, as a user would. */
async function importText(page: Page, title: string, cell: string) {
  const buffer = Buffer.from(`# ${title}\n\n\`\`\`lab ${cell}\n\`\`\`\n`);
  await page.locator('[data-import]').setInputFiles({ name: 'n.md', mimeType: 'text/markdown', buffer });
  await page.locator('[data-title]', { hasText: title }).waitFor();
}

test('a split file is downloaded and run as one model, and so are its parts when they are chosen together', async () => {
  const files = splitRandomModel([10, 30]);
  const [first] = files.keys();
  const server = await rangeServer(new Uint8Array(), { files });
  try {
    await withChromium(async (page, { address }) => {
      const name = server.address.replace('m.gguf', first);
      await page.locator('#other').fill(name);
      await page.locator('form').getByRole('button', { name: 'Download' }).click();
      await page.locator(`[data-model="${name}"]`).getByText('✓ stored').waitFor();
      expect(new Set(server.requests.map(({ file }) => file))).toEqual(new Set(files.keys()));
      const { length } = server.requests;
      const settings = `prefill=2&chunk=2&samples=1&warmup=0&${QUICK}`;
      await page.goto(`${address}?model=${encodeURIComponent(name)}&${settings}`);
      await page.locator('[data-adapter]').waitFor();
      const run = page.getByRole('button', { name: 'Run', exact: true }).first();
      await run.click();
      await page.locator('tr[data-run=done]').waitFor(COMPUTING);
      expect(server.requests.length).toBe(length);
      const choose = (parts: [string, Uint8Array][]) =>
        page.locator('[data-import]').setInputFiles(
          parts.map(([part, bytes]) => {
            return { name: part, mimeType: 'application/octet-stream', buffer: Buffer.from(bytes) };
          }),
        );
      const [one, ...others] = files;
      await choose([one]);
      await importText(page, 'Parts', `sweep\nmodel=${first}\n${settings.replaceAll('&', '\n')}`);
      await run.click();
      await page.getByText('is not open; choose all parts at once').first().waitFor(COMPUTING);
      await choose([one, ...others]);
      await run.click();
      await page.locator('tr[data-run=done]').waitFor(COMPUTING);
    }, 'models');
  } finally {
    server.close();
  }
});

test('a conversation goes on after a reload: the model reads what was said, and answers only the next turn', async () => {
  await withChromium(async (page) => {
    // In the place of the demo. What the answers are is no matter.
    const small = Buffer.from(smallRandomModel());
    await page.route('**/models/*.gguf', (route) => route.fulfill({ body: small }));
    await page.locator('[data-adapter]').waitFor();
    await importText(
      page,
      'Talk',
      `generate\nmodel=demo\nchunk=1\ntokens=3\nchat=no_think\n${QUICK.replaceAll('&', '\n')}\n---\nWho?`,
    );
    const turns = page.locator('[data-turn]');
    await page.locator('[data-cell=generate]').getByRole('button', { name: 'Run', exact: true }).click();
    // Its text comes before its speeds, and what was said is stored a moment after these.
    await turns.first().locator('[data-speeds]').waitFor(COMPUTING);
    await page.getByText('Saved in this browser').waitFor({ state: 'attached' });
    const said = await turns.first().innerText();
    await page.reload();
    await page.locator('[data-forgotten]').waitFor();
    expect(await turns.first().innerText()).toBe(said);
    await page.getByLabel('Your next turn').fill('Why?');
    await page.getByRole('button', { name: 'Send' }).click();
    await turns.nth(1).locator('[data-speeds]').waitFor(COMPUTING);
    const earlier = await turns.first().innerText();
    expect(earlier.replace('· answered in an earlier run ', '')).toBe(said);
    expect(earlier).not.toBe(said);
    expect(await turns.nth(1).innerText()).toMatch(/Why\?[^]*after \d+ tokens in the state/);
    expect(await page.locator('[data-forgotten]').count()).toBe(0);
  });
});
