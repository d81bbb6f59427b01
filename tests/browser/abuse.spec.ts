// Texts from strangers and the effects of hours: links made to freeze the page, an idle page, and typing while nothing pauses.
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { COMPUTING, withChromium } from './browsers';

const linkOf = (name: string) =>
  readFileSync(new URL(`../fixtures/abuse/${name}.link.txt`, import.meta.url), 'utf8').trim();
const cells = (page: Page) => page.locator('[data-cell]');
const load = (page: Page, name: string, text: string) =>
  page.locator('[data-import]').setInputFiles({ name, mimeType: 'text/markdown', buffer: Buffer.from(text) });

const SHADER =
  '//! x\n//! grid: heads\n@group(0) @binding(0) var<storage, read> r: array<f32>;\n@compute @workgroup_size(1) fn main() {}\n';
const EVERY_KIND = `# Idle

\`\`\`lab sweep
model=demo
prefill=8
\`\`\`

\`\`\`lab compare
model=demo
\`\`\`

\`\`\`lab profile
\`\`\`

\`\`\`lab roofline
\`\`\`

\`\`\`lab tune
\`\`\`

\`\`\`lab generate
\`\`\`

\`\`\`wgsl wkv/idle
${SHADER}\`\`\`

\`\`\`csv results
\`\`\`
`;

/** Opens another address in the open page, as a pasted link does. */
const goTo = (page: Page, hash: string) => page.evaluate((next) => void (location.hash = next), hash);

test('links that are made to freeze the page open, and the page answers', async () => {
  await withChromium(async (page, { errors }) => {
    await cells(page).first().waitFor();
    await goTo(page, linkOf('cells-1000'));
    await expect.poll(() => cells(page).count()).toBe(1001); // and the title
    expect(await page.locator('[data-unseen]').count()).toBeGreaterThan(900);
    expect(await page.locator('*').count(), 'elements').toBeLessThan(30_000);
    const far = await cells(page).nth(700).getAttribute('data-id');
    await page.locator(`[data-id="${far}"]`).scrollIntoViewIfNeeded();
    await page.locator(`[data-id="${far}"]:not([data-unseen])`).waitFor();

    for (const name of [
      'marked-deep-list',
      'marked-deep-quote',
      'marked-underscores',
      'redos-gap-60k',
      'redos-title-60k',
    ]) {
      await goTo(page, linkOf(name));
      await expect.poll(() => cells(page).count(), { message: name }).toBeLessThan(10);
      // Text that cannot be rendered is shown as it is written.
      await expect
        .poll(() => page.locator('[data-markdown]').first().innerText(), { message: name })
        .not.toBe('');
      expect(await page.evaluate(() => 1 + 1), name).toBe(2);
    }

    await goTo(page, linkOf('open-comment'));
    await expect.poll(() => page.locator('[data-cell=prose]').count()).toBe(1);
    await goTo(page, linkOf('foreign-shader'));
    const allow = page.getByRole('button', { name: 'Allow this shader' });
    await allow.first().waitFor();
    const shader = page.locator('[data-cell=wgsl]').first();
    await shader.getByRole('button', { name: 'More' }).click();
    await shader.getByRole('button', { name: 'Duplicate' }).click();
    await expect.poll(() => page.locator('[data-cell=wgsl]').count()).toBe(2);
    expect(await allow.count()).toBe(2);
    expect(await page.locator('[data-compiled]').count()).toBe(0);
    expect(errors).toEqual([]);
  }, '?prefill=8');
});

/** Counts, from now on, what an idle page must not do. */
function countActivity() {
  const counts = { messages: 0, mutations: 0, timers: 0, frames: 0 };
  (window as unknown as { counts: typeof counts }).counts = counts;
  const post = Worker.prototype.postMessage;
  Worker.prototype.postMessage = function (this: Worker, ...given: unknown[]) {
    counts.messages++;
    return (post as (...all: unknown[]) => void).apply(this, given);
  };
  new MutationObserver((list) => (counts.mutations += list.length)).observe(document, {
    ...{ subtree: true, childList: true, attributes: true, characterData: true },
  });
  const later = window.setTimeout;
  window.setTimeout = ((...given: Parameters<typeof later>) => {
    counts.timers++;
    return later(...given);
  }) as typeof window.setTimeout;
  const frame = window.requestAnimationFrame;
  window.requestAnimationFrame = (callback) => {
    counts.frames++;
    return frame(callback);
  };
}

/** Long enough for anything that repeats: the slowest of the page's timers that could is one of a few seconds. */
const IDLE_MILLISECONDS = 6000;

/** Moves what this site stored into the database of 0.2, damaged; runs in the page. */
async function storeDamaged() {
  const done = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error!);
    });
  const [own] = (await indexedDB.databases()).filter(({ name }) => name === 'rwkv-lab /lab/');
  const database = await done(indexedDB.open(own.name!));
  const all = await done<{ id: string; cells: object[] | null }[]>(
    database.transaction('notebooks').objectStore('notebooks').getAll(),
  );
  database.close();
  await done(indexedDB.deleteDatabase(own.name!));
  const opening = indexedDB.open('rwkv-lab', 1);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore('notebooks', { keyPath: 'id' });
    opening.result.createObjectStore('runs', { keyPath: 'id' }).createIndex('finishedAt', 'finishedAt');
  };
  const former = await done(opening);
  const store = former.transaction('notebooks', 'readwrite').objectStore('notebooks');
  for (const notebook of all) {
    const cells = notebook.cells as { id: string }[];
    if (cells.length < 3) continue;
    cells[1].id = cells[0].id;
    await done(store.put({ ...notebook, cells: [...cells, 7] }));
  }
  await done(store.put({ id: 'nothing', cells: null }));
  former.close();
}

test('an idle page with every kind of cell does nothing; typing is stored while it goes on', async () => {
  await withChromium(async (page, { address, errors }) => {
    await page.locator('[data-adapter]').waitFor();
    await load(page, 'idle.md', EVERY_KIND);
    await page.getByRole('button', { name: 'Allow this shader' }).click();
    await page
      .locator('[data-compiled]:not([data-compiled=no]):not([data-compiled="not compiled yet"])')
      .waitFor(COMPUTING);
    await expect.poll(() => cells(page).count()).toBeGreaterThan(7);
    const metrics = async () => {
      const session = await page.context().newCDPSession(page);
      await session.send('Performance.enable');
      const found = (await session.send('Performance.getMetrics')).metrics;
      await session.detach();
      return Object.fromEntries(found.map(({ name, value }) => [name, value]));
    };
    await page.waitForTimeout(2000); // what loading has left to do
    await page.evaluate(countActivity);
    const before = await metrics();
    await page.waitForTimeout(IDLE_MILLISECONDS);
    const after = await metrics();
    expect(await page.evaluate(() => (window as unknown as { counts: unknown }).counts)).toEqual({
      ...{ messages: 0, mutations: 0, timers: 0, frames: 0 },
    });
    expect(after.LayoutCount).toBe(before.LayoutCount);
    expect(after.Nodes).toBeLessThanOrEqual(before.Nodes);
    expect(after.JSEventListeners).toBeLessThanOrEqual(before.JSEventListeners);

    // Keys follow each other faster than a save waits for a pause.
    const editor = page.locator('[data-cell=wgsl] [contenteditable=true]');
    await editor.click();
    let typing = true;
    const typed = (async () => {
      while (typing) await page.keyboard.press('x', { delay: 20 });
    })();
    const storedText = () =>
      page.evaluate(
        () =>
          new Promise<string>((resolve, reject) => {
            void indexedDB.databases().then((all) => {
              const name = all.find((each) => /^rwkv-lab( |$)/.test(each.name ?? ''))!.name!;
              const request = indexedDB.open(name);
              request.onerror = () => reject(request.error!);
              request.onsuccess = () => {
                const all = request.result.transaction('notebooks').objectStore('notebooks').getAll();
                all.onsuccess = () => {
                  request.result.close();
                  resolve(JSON.stringify(all.result));
                };
              };
            });
          }),
      );
    await expect.poll(storedText).toMatch(/xxx/);
    typing = false;
    await typed;

    expect(errors).toEqual([]);

    // Put the stored notebook where 0.2 kept it, for all sites of this origin, and damage it: two cells get the same id, one is
    // none, and a second notebook is nothing at all.
    await page.goto(`${address}robots.txt`); // leaving stores the notebook once more
    await page.evaluate(storeDamaged);
    await page.goto(address);
    await expect.poll(() => cells(page).count()).toBe(9);
    expect(await page.locator('[data-cell=sweep]').count()).toBe(1);
    await page.getByRole('heading', { name: 'Idle', exact: true }).waitFor();

    // The unreadable part is there as it was stored.
    await page.getByText('Parts of this notebook could not be read.').waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('option', { name: 'Open…' }).click();
    const damaged = page.locator('[data-damaged]');
    await expect.poll(() => damaged.count()).toBe(2);
    const saved = page.waitForEvent('download');
    await damaged.last().getByRole('button', { name: 'Download as stored' }).click();
    expect(await readFile(await (await saved).path(), 'utf8')).toContain('"cells": null');
  }, '?prefill=8');
});
