// The notebook as a user sees it: cells as controls and as text, keys, undo, links, restoring, and errors.
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { COMPUTING, withChromium } from './browsers';
import { QUICK } from '../quick';
import { smallRandomModel } from '../small-gguf';
import { unfoldAll } from './unfold';

const TINY = fileURLToPath(new URL('../fixtures/tiny-q4km.gguf', import.meta.url));

const OWN_SHADER = `\`\`\`lab sweep
prefill=32
\`\`\`

\`\`\`wgsl matmul_q4_k/theirs
//! grid: rows
@compute @workgroup_size(64) fn main() {}
\`\`\`
`;

const adapterNamed = (page: Page) => page.locator('[data-adapter]').waitFor();
const cells = (page: Page) =>
  page.locator('[data-cell]').evaluateAll((all) => all.map((cell) => (cell as HTMLElement).dataset.cell));
const states = (page: Page) =>
  page.locator('[data-cell]').evaluateAll((all) => all.map((cell) => (cell as HTMLElement).dataset.state));
const textOf = (page: Page, at = 0) => page.locator('[data-settings-text] .cm-content').nth(at).innerText();
const rows = (page: Page, outcome: 'done' | 'failed') => page.locator(`tr[data-run=${outcome}]`);
const run = (page: Page) => page.getByRole('button', { name: 'Run', exact: true }).first();
const saved = (page: Page) => page.getByText('Saved in this browser').waitFor({ state: 'attached' });

/** Presses d until a cell is gone: on a slow machine, two presses may be too far apart to count as one command. */
async function deleteCell(page: Page) {
  const count = (await cells(page)).length;
  while ((await cells(page)).length === count) await page.keyboard.press('d');
}

test('a knob turned as a control is in the text, and one turned in the text is in the controls', async () => {
  await withChromium(async (page, { errors }) => {
    await adapterNamed(page);
    await page
      .getByRole('group', { name: 'Chunk, tokens per pass' })
      .getByText('32', { exact: true })
      .click();
    const variants = page.getByRole('group', { name: 'Variant', exact: true }).first();
    await variants.getByText('block8', { exact: true }).click({ modifiers: ['Shift'] });
    await page.getByRole('switch', { name: 'several' }).check();
    await page.getByRole('group', { name: 'Workgroup (block8)' }).getByText('16 × 16 = 256').click();
    await page.getByRole('button', { name: 'Text', exact: true }).click();
    await expect.poll(() => textOf(page)).toContain('matmul_q4_k.block=8,16');
    const text = await textOf(page);
    expect(text).toContain('chunk=8,16,32');
    expect(text).toMatch(/matmul_q4_k=(tiled,block8|block8,tiled)/);

    await page.locator('[data-settings-text] .cm-content').click();
    await page.keyboard.press('Control+a');
    await page.keyboard.type('prefill=64\nchunk=0');
    await page.getByText('chunk must be a whole number from 1 to 4096').waitFor();
    expect(await run(page).isDisabled()).toBe(true);
    await page.keyboard.press('Backspace');
    await page.keyboard.type('48');
    await expect.poll(() => run(page).isEnabled()).toBe(true);
    await page.getByRole('button', { name: 'Controls', exact: true }).click();
    expect(await page.getByRole('checkbox', { name: '48', exact: true }).isChecked()).toBe(true);
    expect(errors).toEqual([]);
  }, '?prefill=32&chunk=8,16&matmul_q4_k=tiled');
});

test('keys add, edit, move, undo and delete cells; prose renders as one types', async () => {
  await withChromium(async (page, { errors }) => {
    await adapterNamed(page);
    await page.locator('[data-cell=sweep]').focus();
    await page.keyboard.press('m');
    await page.locator('.cm-content').waitFor();
    await page.keyboard.type('# Why\n\nBecause of *this*');
    await page.getByRole('heading', { name: 'Why' }).waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => page.title()).toMatch(/^Why/);
    await page.keyboard.press('Alt+ArrowUp');
    expect(await cells(page)).toEqual(['prose', 'sweep']);
    await page.keyboard.press('j');
    await page.keyboard.press('b');
    expect(await cells(page)).toEqual(['prose', 'sweep', 'sweep']);
    await deleteCell(page);
    expect(await cells(page)).toEqual(['prose', 'sweep']);
    for (let step = 0; step < 3; step++) await page.keyboard.press('z');
    expect(await cells(page)).toEqual(['sweep', 'prose']);
    await page.keyboard.press('Shift+Z');
    expect(await cells(page)).toEqual(['prose', 'sweep']);

    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').fill('add roof');
    await page.keyboard.press('Enter');
    await expect.poll(() => cells(page)).toContain('roofline');
    expect(errors).toEqual([]);
  }, '?prefill=32');
});

test('a link opens the same notebook in a fresh profile, and nothing runs', async () => {
  const shared = await withChromium(
    async (page) => {
      await adapterNamed(page);
      const file = { name: 'own.md', mimeType: 'text/markdown', buffer: Buffer.from(OWN_SHADER) };
      await page.locator('[data-import]').setInputFiles(file);
      await page.getByRole('button', { name: 'Allow this shader' }).click();
      await page.getByRole('button', { name: 'Share', exact: true }).click();
      const link = page.getByLabel('Link', { exact: true });
      await expect.poll(() => link.last().inputValue()).toContain('#n=1.');
      await page.getByRole('button', { name: 'Copy link' }).click();
      await page.getByText('Link copied').waitFor();
      return { hash: new URL(await page.evaluate(() => navigator.clipboard.readText())).hash };
    },
    '?prefill=32&chunk=8,16',
    { permissions: ['clipboard-read', 'clipboard-write'] },
  );
  await withChromium(async (page, { errors }) => {
    await page.getByRole('button', { name: 'Allow this shader' }).waitFor();
    expect(await cells(page)).toEqual(['sweep', 'wgsl']);
    expect((await states(page))[0]).toBe('never');
    await page.getByRole('button', { name: 'Allow this shader' }).click();
    await page.getByRole('button', { name: 'Allow this shader' }).waitFor({ state: 'detached' });
    expect(errors).toEqual([]);
  }, shared.hash);
});

/** Runs of a sweep that is never measured to its end, however long the page is kept waiting before it is stopped. */
const MANY = Array.from({ length: 20 }, (_, i) => i + 1);
const INTERRUPTED = /Interrupted: ([2-9]|1\d) of 20 runs kept/;

test('a stopped sweep keeps its runs; a worker that dies fails its cell alone; a reload in the middle keeps what was measured', async () => {
  await withChromium(async (page, { errors }) => {
    await adapterNamed(page);
    const buffer = Buffer.from(smallRandomModel());
    await page.locator('[data-model-file]').setInputFiles({ name: 'small.gguf', mimeType: '', buffer });
    await page.locator('[data-cell=sweep]').focus();
    await page.getByRole('button', { name: 'More' }).first().click();
    await page.getByRole('button', { name: 'Duplicate' }).click();
    const [first, second] = [0, 1].map((at) => page.locator('[data-cell=sweep]').nth(at));

    await run(page).click();
    await rows(page, 'done').first().waitFor(COMPUTING);
    await page.getByRole('button', { name: 'Stop' }).first().click();
    await page
      .getByText(/^Stopped: /)
      .first()
      .waitFor(COMPUTING);
    expect(await states(page)).toEqual(['stopped', 'never']);
    await first.getByRole('button', { name: 'Freeze results' }).click();
    await expect.poll(() => cells(page)).toEqual(['sweep', 'csv', 'sweep']);
    await page.locator('[data-cell=csv]').getByText('From this page').waitFor();
    await page.getByRole('button', { name: 'Menu' }).click();
    await page.getByRole('button', { name: 'Run history' }).click();
    await page.locator('[data-past-run]').first().getByRole('button', { name: 'Pin as baseline' }).click();
    await page.getByRole('button', { name: 'Unpin' }).waitFor();
    await page.keyboard.press('Escape');

    // The queue goes on in another worker.
    await page.getByRole('button', { name: 'Run all' }).click();
    await expect.poll(() => first.getAttribute('data-state'), COMPUTING).toBe('running');
    await page.workers()[0].evaluate(() => {
      setTimeout(() => {
        throw new Error('out of luck');
      });
    });
    await page.getByText(/Stopped early: .*out of luck/).waitFor();
    expect(await first.getAttribute('data-state')).toBe('failed');
    await second.locator('tr[data-run=done]').nth(1).waitFor(COMPUTING);

    await saved(page);
    await page.reload();
    await second.getByText(INTERRUPTED).waitFor();
    await expect.poll(() => second.locator('tr[data-run=done]').count()).toBeGreaterThanOrEqual(2);
    expect(await second.getAttribute('data-state')).toBe('cut');
    await second.getByRole('group', { name: 'Prompt length' }).getByText('64', { exact: true }).click();
    expect(await second.getAttribute('data-state')).toBe('stale');
    expect(errors.filter((error) => !error.includes('out of luck'))).toEqual([]);
  }, `?prefill=2&chunk=2&steps_per_submit=${MANY.join()}&samples=20&warmup=0&${QUICK}`);
});

test('the language changes all of the page, and is kept; no English is left', async () => {
  await withChromium(async (page, { errors, address }) => {
    await page.getByRole('button', { name: 'Menu' }).click();
    await page.getByLabel('Language').selectOption('zh');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: '全部运行' }).waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('zh-Hans');
    for (const path of ['?chunk=0', 'kernels/wkv', 'models', 'results', 'selftest', '#n=1.cut', '']) {
      await page.goto('about:blank');
      await page.goto(address + path);
      await page.getByRole('heading').first().waitFor();
      await expect
        .poll(async () => (await page.evaluate(unfoldAll), page.evaluate(englishIn)), { message: path })
        .toEqual([]);
    }
    expect(errors).toEqual([]);
  }, '?prefill=8');
});

/** Texts and names of the page, outside of code, with four English words in a row. Runs in the page. */
function englishIn(): string[] {
  const english = /([a-z']{2,} ){3}[a-z]{2,}/;
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found: string[] = [];
  while (texts.nextNode()) {
    const { parentElement, textContent } = texts.currentNode;
    if (!parentElement?.closest('code, pre, .cm-editor, script, noscript')) found.push(textContent ?? '');
  }
  for (const element of document.querySelectorAll('[title], [aria-label], [placeholder]'))
    found.push(
      ...['title', 'aria-label', 'placeholder'].map((name) => element.getAttribute(name)?.trim() ?? ''),
    );
  return found.filter((text) => english.test(text));
}

test('what does not answer or stop is ended: the worker is replaced and the page lives', async () => {
  await withChromium(async (page, { address, errors }) => {
    await page.clock.install();
    await page.addInitScript(() => {
      const post = Worker.prototype.postMessage;
      Worker.prototype.postMessage = function (this: Worker, message: { type: string }) {
        if (message.type !== 'run' && message.type !== 'stop') post.call(this, message);
      };
    });
    await page.goto(`${address}?prefill=8`);
    await adapterNamed(page);
    await run(page).click();
    expect(await states(page)).toEqual(['running']);
    await page.clock.fastForward('05:01');
    await page.getByText(/^Stopped early: The GPU did not answer within 300 seconds/).waitFor();
    expect(await states(page)).toEqual(['failed']);
    await adapterNamed(page);
    await run(page).click();
    await page.getByRole('button', { name: 'Stop' }).first().click();
    expect(await states(page)).toEqual(['running']);
    await page.getByRole('button', { name: 'End now' }).first().click();
    await page.getByText('Stopped early: it was ended before its sample was done.').waitFor();
    expect(await states(page)).toEqual(['failed']);
    await expect.poll(() => run(page).isEnabled()).toBe(true);
    expect(errors).toEqual([]);
  }, 'robots.txt');
});

test('files are taken for what they are: a notebook, results, and what cannot be read', async () => {
  await withChromium(async (page) => {
    await adapterNamed(page);
    const drop = page.locator('[data-import]');
    const md = '# Dropped\n\n```lab roofline\n```\n';
    await drop.setInputFiles({ name: 'dropped.md', mimeType: 'text/markdown', buffer: Buffer.from(md) });
    await expect.poll(() => cells(page)).toEqual(['prose', 'roofline']);
    await drop.setInputFiles({ name: 'bad.csv', mimeType: 'text/csv', buffer: Buffer.from('a,b\n1,2\n') });
    await page.getByText(/bad\.csv could not be read: .*x_settings/).waitFor();
    // Far below, the message is in view as well.
    await page.setViewportSize({ width: 390, height: 300 });
    await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
    await drop.setInputFiles({ name: 'holiday.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('') });
    const message = page.getByText(/holiday\.jpg is neither/);
    await message.waitFor();
    const { top, bottom } = await message.evaluate(
      (shown) => shown.getBoundingClientRect().toJSON() as DOMRect,
    );
    expect([top >= 0, bottom <= 300]).toEqual([true, true]);
    await drop.setInputFiles(TINY);
    await page.getByText('tiny-q4km.gguf can now be chosen').waitFor();
  }, '?prefill=32');
});

test('published figures are drawn before anything has run, along whatever they were measured', async () => {
  await withChromium(async (page, { errors }) => {
    const figure = page.locator('figure');
    await figure.waitFor();
    expect(await figure.getAttribute('data-chart-series')).toBe('2');
    expect(await figure.getAttribute('data-chart-points')).toBe('8');
    await page.getByRole('combobox', { name: 'against' }).selectOption('prefill');
    await expect.poll(() => figure.getAttribute('data-chart-points')).toBe('6');
    await page.getByText('Show data').click();
    await page.getByRole('cell', { name: '488', exact: true }).waitFor();
    await page.getByRole('combobox', { name: 'scale' }).selectOption('log');
    await page.getByRole('button', { name: 'Text', exact: true }).click();
    await expect.poll(() => textOf(page)).toContain('x=prefill\nscale=log');
    expect(errors).toEqual([]);
  }, '?prefill=256&chunk=64,128&reference=phase-2');
});

test('a second tab gets a copy, and neither writes over the other', async () => {
  await withChromium(async (page, { address }) => {
    await adapterNamed(page);
    await page.locator('[data-cell=sweep]').focus();
    await page.keyboard.press('b');
    await saved(page);
    const other = await page.context().newPage();
    await other.goto(address);
    await expect.poll(() => cells(other)).toEqual(['sweep', 'sweep']);
    await other.locator('[data-cell=sweep]').first().focus();
    await deleteCell(other);
    await saved(other);
    await page.reload();
    await expect.poll(() => cells(page)).toEqual(['sweep', 'sweep']);
    await other.reload();
    await expect.poll(() => cells(other)).toEqual(['sweep']);
  }, '?prefill=32');
});

test('a notebook that is left for another page of the lab is no copy when it is come back to', async () => {
  await withChromium(async (page) => {
    await adapterNamed(page);
    await page.locator('[data-cell=sweep]').focus();
    await page.keyboard.press('b');
    await saved(page);
    await page.getByRole('button', { name: 'Menu' }).click();
    await page.getByRole('link', { name: 'Kernels' }).click();
    await page.getByRole('heading', { name: 'Kernels' }).waitFor();
    await page.goBack();
    await expect.poll(() => cells(page)).toEqual(['sweep', 'sweep']);
    await page.locator('[data-adapter]').waitFor();
    expect(await page.getByText('This notebook is open in another tab').count()).toBe(0);
  }, '?prefill=32');
});

test('without a database the page says so quietly and works on', async () => {
  await withChromium(async (page, { address, errors }) => {
    await page.addInitScript(() => {
      indexedDB.open = () => {
        throw new DOMException('The database is not allowed here', 'SecurityError');
      };
    });
    await page.goto(`${address}?prefill=32`);
    await adapterNamed(page);
    await page.locator('[data-cell=sweep]').focus();
    await page.keyboard.press('b');
    await page.getByText(/This browser cannot save the notebook/).waitFor();
    expect(await cells(page)).toEqual(['sweep', 'sweep']);
    expect(errors).toEqual([]);
  }, 'robots.txt');
});
