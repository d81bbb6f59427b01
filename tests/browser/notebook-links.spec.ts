// Truncated, oversized and malicious links, all in one page; and a complete session with the keyboard only.
import { deflateRawSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { linkOf } from '../../src/lib/lab/notebook/share';
import { parseNotebook } from '../../src/lib/lab/notebook/notebook';
import { withChromium } from './browsers';

const TEXT = `# Shared

\`\`\`lab sweep
prefill=32
chunk=8,16
\`\`\`
`;
const OTHER_NAMES = `# Names

\`\`\`lab sweep
__proto__=1
\`\`\`

\`\`\`lab compare
__proto__.polluted=1
---
constructor=2
\`\`\`

\`\`\`lab profile
toString=1
\`\`\`

\`\`\`wgsl __proto__/constructor
//! grid: rows
@compute @workgroup_size(64) fn main() {}
\`\`\`
`;
const LENGTHS = 50;
const MEGABYTES = 100;

const broken = (page: Page) => page.locator('[data-broken]');
const cells = (page: Page) =>
  page.locator('[data-cell]').evaluateAll((all) => all.map((cell) => (cell as HTMLElement).dataset.cell));
/** Changes the hash, as if the link were pasted into the address bar of the open page. */
const go = (page: Page, hash: string) =>
  page.evaluate((hash) => {
    location.hash = hash;
  }, hash);
const linkTo = (text: string) => linkOf(parseNotebook(text), 'results');

/** The check of a payload as share.ts appends it to a link: its CRC-32 in base64url, six characters. */
function checkOf(payload: string): string {
  let crc = 0xffffffff;
  for (const byte of Buffer.from(payload)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  const check = Buffer.alloc(4);
  check.writeUInt32BE(~crc >>> 0);
  return check.toString('base64url');
}

test('a link cut at any of fifty lengths says so and opens nothing; whole again, it opens', async () => {
  const whole = await linkTo(TEXT);
  await withChromium(async (page, { errors }) => {
    await page.getByRole('heading', { name: 'Shared' }).waitFor();
    const shortest = '#n='.length;
    for (let i = 0; i < LENGTHS; i++) {
      const length = Math.round(shortest + (i * (whole.length - 1 - shortest)) / (LENGTHS - 1));
      await go(page, whole.slice(0, length));
      await broken(page)
        .getByText(/This link (is cut short|was damaged)/)
        .waitFor();
      expect(`${length}: ${await cells(page)}`).toBe(`${length}: `);
      expect(await page.evaluate(() => location.hash)).toBe(whole.slice(0, length));
    }
    expect(await page.getByRole('button', { name: 'Run all' }).isDisabled()).toBe(true);
    await go(page, whole);
    await page.getByRole('heading', { name: 'Shared' }).waitFor();
    expect(await cells(page)).toEqual(['prose', 'sweep']);
    await page.goBack();
    await broken(page).waitFor();
    expect(await cells(page)).toEqual([]);
    await page.goForward();
    await page.getByRole('heading', { name: 'Shared' }).waitFor();
    expect(errors).toEqual([]);
  }, whole);
});

test('a link that swells is refused, and names of what every object has change nothing', async () => {
  const payload = deflateRawSync(Buffer.alloc(MEGABYTES * 1e6, 'a')).toString('base64url');
  const names = await linkTo(OTHER_NAMES);
  await withChromium(async (page, { errors }) => {
    await page.locator('[data-adapter]').waitFor();
    await go(page, `#n=1.${payload}.${checkOf(payload)}`);
    await broken(page).getByText('This link unpacks to more than 1 MB').waitFor();
    expect(await cells(page)).toEqual([]);

    await go(page, names);
    await page.getByRole('heading', { name: 'Names' }).waitFor();
    await page.getByText('Unknown setting "__proto__"; known').first().waitFor();
    await page.getByText('Unknown setting "toString"; known').first().waitFor();
    await page.getByRole('button', { name: 'Allow this shader' }).click();
    await page
      .getByText(/There is no kernel|has no kernel|no kernel/i)
      .first()
      .waitFor();
    const polluted = await page.evaluate(() => [
      ...Object.keys(Object.prototype),
      ...('polluted' in {} ? ['polluted'] : []),
      typeof {}.constructor,
    ]);
    expect(polluted).toEqual(['function']);
    expect(errors).toEqual([]);
  }, '?prefill=8');
});

/** Presses Tab until an element with this accessible name has the focus. */
async function tabTo(page: Page, name: string, most = 40) {
  const named = () =>
    page.evaluate(() => {
      const focused = document.activeElement as HTMLElement;
      return focused.ariaLabel ?? focused.innerText.trim();
    });
  for (let presses = 0; presses < most; presses++) {
    if ((await named()) === name) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`${most} Tabs did not reach "${name}"; the last was "${await named()}"`);
}

test('a whole journey without a pointer: open, move, edit, run, stop, add, undo, share', async () => {
  await withChromium(
    async (page, { errors }) => {
      await page.locator('[data-adapter]').waitFor();
      // Open the preset with the palette, then go to its second cell, a sweep, with the arrow keys.
      await page.keyboard.press('Control+k');
      await page.getByRole('dialog').waitFor();
      await page.keyboard.type('start here');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Start here' }).waitFor();
      await page.keyboard.press('j');
      const focused = page.locator('[data-cell]:focus');
      await expect.poll(() => focused.getAttribute('data-cell')).toBe('sweep');
      const sweep = page.locator('[data-cell=sweep]').first();

      // Change a knob as text, and leave the editor.
      await tabTo(page, 'Text');
      await page.keyboard.press('Enter');
      await sweep.locator('.cm-content').waitFor();
      await page.keyboard.press('Escape');
      await page.keyboard.press('Enter');
      await page.keyboard.press('Control+a');
      await page.keyboard.type('prefill=32\nmatmul_q4_k=block8\nmatmul_q4_k.block=8,16\nsamples=50');
      await page.keyboard.press('Escape');
      await expect.poll(() => focused.getAttribute('data-cell')).toBe('sweep');
      await sweep.getByText('not run yet · 2 runs').waitFor();

      // Run, and stop: immediately, or after a second request.
      await page.keyboard.press('Control+Enter');
      await expect.poll(() => sweep.getAttribute('data-state')).toBe('running');
      await page.keyboard.press('Control+i');
      await sweep.getByText(/Stopping after this sample|stopped/).waitFor();
      for (let again = 0; (await sweep.getAttribute('data-state')) === 'running' && again < 2; again++)
        await page.keyboard.press('Control+i');
      await expect.poll(() => sweep.getAttribute('data-state')).toMatch(/stopped|failed/);

      // Add a cell, undo.
      const before = await cells(page);
      await sweep.focus();
      await page.keyboard.press('m');
      // Inserted in one step: typed slowly, it would be several undo steps.
      await page.keyboard.insertText('## Noted');
      await page.keyboard.press('Escape');
      expect(await cells(page)).toEqual([...before.slice(0, 2), 'prose', ...before.slice(2)]);
      await page.keyboard.press('z');
      await page.keyboard.press('z');
      await expect.poll(() => cells(page)).toEqual(before);

      // Share: the dialog gets the focus, and the link is copied to the clipboard.
      await page.keyboard.press('Control+k');
      await page.getByRole('dialog').waitFor();
      await page.keyboard.type('share');
      await page.keyboard.press('Enter');
      const dialog = page.getByRole('dialog', { name: 'Share' });
      await dialog.getByText(/Safe everywhere|Most programs take it/).waitFor();
      expect(await dialog.evaluate((node) => node.contains(document.activeElement))).toBe(true);
      await tabTo(page, 'Copy link');
      await page.keyboard.press('Enter');
      await page.getByText('Link copied').waitFor();
      expect(await page.evaluate(() => navigator.clipboard.readText())).toContain('#n=1.');
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      expect(errors).toEqual([]);
    },
    '?prefill=8',
    { permissions: ['clipboard-read', 'clipboard-write'] },
  );
});

/** Drags and drops files onto the page: real events with a real DataTransfer. */
async function dropFiles(page: Page, files: { name: string; text: string }[]) {
  const transfer = await page.evaluateHandle((files) => {
    const transfer = new DataTransfer();
    for (const { name, text } of files) transfer.items.add(new File([text], name));
    return transfer;
  }, files);
  await page.dispatchEvent('main', 'dragover', { dataTransfer: transfer });
  await page.getByText('Drop .md, .ipynb, .csv, .json or .gguf').waitFor();
  await page.dispatchEvent('main', 'drop', { dataTransfer: transfer });
  await page.getByText('Drop .md, .ipynb, .csv, .json or .gguf').waitFor({ state: 'detached' });
}

const RESULTS = 'x_settings,x_model,x_prefill_tokens,n_prompt,avg_ts\n';

test('files that are dropped anywhere open, are added, or are named with what is wrong', async () => {
  await withChromium(async (page, { errors }) => {
    await page.locator('[data-adapter]').waitFor();
    await dropFiles(page, [{ name: 'dropped.md', text: TEXT }]);
    await page.getByRole('heading', { name: 'Shared' }).waitFor();
    expect(await cells(page)).toEqual(['prose', 'sweep']);
    await dropFiles(page, [{ name: 'note.gguf', text: 'No model' }]);
    await page.getByText('note.gguf could not be read: its first bytes are "No m", not "GGUF"').waitFor();
    await dropFiles(page, [{ name: 'mine.gguf', text: 'GGUF, and the rest is not read before it runs' }]);
    await page.getByText('mine.gguf can now be chosen as a model').waitFor();
    await page.getByRole('group', { name: 'Model' }).getByText('mine.gguf').waitFor();
    await dropFiles(page, [
      { name: 'llama.csv', text: LLAMA_BENCH },
      { name: 'broken.csv', text: RESULTS },
    ]);
    await page.locator('[data-cell=csv]').getByText('From a file').waitFor();
    await page.getByText(/broken\.csv/).waitFor();
    expect(await cells(page)).toEqual(['prose', 'csv', 'sweep']);
    expect(errors).toEqual([]);
  }, '?prefill=8');
});

/** A CSV file of `llama-bench -o csv`, with the columns that are imported. */
const LLAMA_BENCH = `build_commit,build_number,cpu_info,gpu_info,backends,model_filename,model_type,model_size,model_n_params,n_batch,n_ubatch,n_prompt,n_gen,n_depth,test_time,avg_ns,stddev_ns,avg_ts,stddev_ts
"abc1234","1","","Apple M2 Max","Metal","rwkv.gguf","rwkv7 2.9B Q4_K","1900000000","2900000000","2048","512","512","0","0","2025-01-01T00:00:00Z","716000000","1000000","715.0","1.0"
`;

test('a tab that is hidden while something runs says what that does to the figures', async () => {
  await withChromium(async (page, { address, errors }) => {
    // Run messages are not delivered to the worker, so that the cell stays in the running state.
    await page.addInitScript(() => {
      const post = Worker.prototype.postMessage;
      Worker.prototype.postMessage = function (this: Worker, message: { type: string }) {
        if (message.type !== 'run') post.call(this, message);
      };
    });
    await page.goto(`${address}?prefill=8`);
    await page.locator('[data-adapter]').waitFor();
    const hide = (state: string) =>
      page.evaluate((state) => {
        Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
      }, state);
    const warning = page.getByText('This tab was hidden during timing');
    await hide('hidden');
    await hide('visible');
    expect(await warning.count()).toBe(0);
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    expect(await page.title()).toMatch(/^▶ /);
    await hide('hidden');
    await warning.waitFor();
    await hide('visible');
    expect(await warning.count()).toBe(1);
    expect(errors).toEqual([]);
  }, 'robots.txt');
});
