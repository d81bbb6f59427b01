// Every kind of cell that runs, in one notebook; and a hostile notebook from a link.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { objections } from './axe';
import { COMPUTING, withChromium } from './browsers';
import { QUICK } from '../quick';

const TINY = fileURLToPath(new URL('../fixtures/tiny-q4km.gguf', import.meta.url));
const PLAIN = QUICK.replaceAll('&', '\n');
const ALL = `# Everything

\`\`\`lab generate
model=tiny-q4km.gguf
tokens=4
${PLAIN}
---
It is a truth
\`\`\`

\`\`\`lab roofline
\`\`\`

\`\`\`lab evaluate
model=tiny-q4km.gguf
prefill=2
samples=1
evaluate=5
${PLAIN}
---
It is a truth universally acknowledged
\`\`\`

\`\`\`lab compare
model=tiny-q4km.gguf
prefill=2
budget=1
chunk=1,2
${PLAIN}
\`\`\`

\`\`\`lab profile
model=tiny-q4km.gguf
prefill=2
${PLAIN}
\`\`\`

\`\`\`lab tune
model=tiny-q4km.gguf
prefill=2
budget=2
${PLAIN.replace('layer_norm=naive', 'layer_norm=naive,workgroup')}
\`\`\`
`;
/** In chunks that the cells before it have had checked. */
const SWEEP = `# A sweep

\`\`\`lab sweep
prefill=4
chunk=2
samples=1
warmup=0
${PLAIN}
\`\`\`
`;
const HOSTILE = `# Hello <script>window.pwned = 1</script>

<img src=x onerror="window.pwned = 1"> [link](javascript:window.pwned=1)

\`\`\`lab sweep
__proto__=1
constructor=2
\`\`\`

\`\`\`wgsl matmul_q4_k/theirs
//! grid: rows
@compute @workgroup_size(64) fn main() {}
\`\`\`
`;

const states = (page: Page) =>
  page.locator('[data-cell]').evaluateAll((all) => all.map((cell) => (cell as HTMLElement).dataset.state));
const load = (page: Page, name: string, text: string) =>
  page.locator('[data-import]').setInputFiles({ name, mimeType: 'text/markdown', buffer: Buffer.from(text) });

test('runs each kind of cell to its results, takes over what was tuned, and names a file that is no model', async () => {
  await withChromium(async (page, { errors }) => {
    await page.locator('[data-adapter]').waitFor();
    await page.locator('[data-import]').setInputFiles(TINY);
    await load(page, 'all.md', ALL);
    await page.getByRole('heading', { name: 'Everything' }).waitFor();
    await page.getByRole('button', { name: 'Run all' }).click();
    expect(await page.title()).toMatch(/^▶ Everything/);
    // A cell that fails ends the wait as well, and is named below.
    const waiting = async () =>
      (await states(page)).slice(1).filter((state) => /running|queued|never/.test(state!));
    await expect.poll(waiting, { ...COMPUTING, interval: 1000 }).toEqual([]);
    expect(await states(page)).toEqual(['never', 'done', 'done', 'done', 'done', 'done', 'done']);
    expect(await page.locator('[data-failed]').allInnerTexts()).toEqual([]);

    const said = await page.locator('[data-generated]').innerText();
    expect(said).toMatch(/^It is a truth./);
    expect(await page.locator('[data-speeds]').innerText()).toMatch(
      /prefill [\d.]+ tokens\/s · decode [\d.]+ tokens\/s/,
    );
    expect(await page.locator('[data-cell=roofline] tbody tr').count()).toBe(7);
    expect(await page.locator('[data-quality] figcaption').innerText()).toMatch(
      /No run is both faster .*On a text of 5 tokens/s,
    );
    await page.locator('[data-cell=evaluate]').getByText('KL divergence (nats)').waitFor();
    // On a busy machine the budget is enough for one block, which has no interval.
    expect(await page.locator('[data-verdict]').innerText()).toMatch(
      /(95 % CI.*blocks?|\(1 block\)).*chunk=2.*chunk=1/s,
    );
    await page.locator('[data-profile] tbody tr').nth(5).waitFor({ state: 'attached' });
    expect(await page.locator('[data-profile]').innerText()).toMatch(
      /inference .* ms · softmax .* ms · readback/,
    );
    const kernels = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Kernels CSV' }).click();
    const csv = await readFile(await (await kernels).path(), 'utf8');
    expect(csv).toMatch(/^test_time,build_commit,backend_name,op_name,.*\n.*,WebGPU,/);

    await page.getByRole('button', { name: 'Use these settings in a new sweep' }).click();
    expect(await page.locator('[data-cell=sweep]').count()).toBe(1);
    // The settings go into the generate and profile cells at once; one undo step reverts both.
    await page.getByRole('button', { name: 'Use them in all cells' }).click();
    await expect.poll(async () => (await states(page)).filter((state) => state === 'stale').length).toBe(2);
    await page.locator('[data-cell=sweep]').focus();
    await page.keyboard.press('z');
    await expect.poll(async () => (await states(page)).filter((state) => state === 'stale').length).toBe(0);

    await freezesAll(page);

    await load(page, 'sweep.md', SWEEP);
    await page.getByRole('heading', { name: 'A sweep' }).waitFor();
    await sweepWithNoModel(page);
    expect(errors).toEqual([]);
  }, '?prefill=8');
});

/** The words and figures of results, in a cell that ran and in a results cell. */
const FOUND =
  '[data-verdict], [data-floor], [data-generated], [data-speeds], [data-quality] figcaption, [data-profile] li, [data-tuned] pre, figcaption, table';
const FROZEN = ['generate', 'roofline', 'evaluate', 'compare', 'profile', 'tune'] as const;

/** Each cell freezes into one that says what it says itself, and so does a link to whoever opens it. */
async function freezesAll(page: Page) {
  const found = (page: Page, cell: string, nth = 0, shown = FOUND) =>
    page.locator(`[data-cell=${cell}]`).nth(nth).locator(shown).allTextContents();
  const said = new Map<string, string[]>();
  for (const [at, kind] of FROZEN.entries()) {
    const cell = page.locator(`[data-cell=${kind}]`);
    await cell.getByRole('button', { name: 'Freeze results into a cell' }).click();
    said.set(kind, await found(page, kind));
    expect(said.get(kind)!.join('')).toMatch(/\d/);
    await expect.poll(() => found(page, 'csv', at)).toEqual(said.get(kind));
  }
  await page.getByRole('button', { name: 'Share', exact: true }).click();
  await page.getByText('With results', { exact: true }).click();
  await page.getByText('Left out: the samples of 2 runs').waitFor();
  const link = await page.getByLabel('Link', { exact: true }).last().inputValue();
  await page.keyboard.press('Escape');
  const other = await page.context().newPage();
  await other.goto(link);
  // The timeline stays behind, and of the table of runs what is made of samples; the dialog has said so.
  const left = await page
    .locator('[data-cell=profile] [data-timeline] :is(figcaption, table), [data-cell=evaluate] table')
    .allTextContents();
  for (const [at, kind] of FROZEN.entries()) {
    const shown = kind === 'evaluate' ? FOUND.replace(', table', '') : FOUND;
    // Cells are made when they come near the window.
    const scrolled = () => other.keyboard.press('End').then(() => found(other, 'csv', at, shown));
    await expect.poll(scrolled).toEqual(said.get(kind)!.filter((words) => !left.includes(words)));
  }
  expect(await other.getByText('From a link.').count()).toBe(FROZEN.length);
  await other.close();
}

/** A file that is no model is refused; a sweep of one that only begins like a model and of one that is, after the other cells, whose kernels need not be checked again. */
async function sweepWithNoModel(page: Page) {
  const rows = (outcome: 'done' | 'failed') => page.locator(`tr[data-run=${outcome}]`);
  const chooser = page.locator('[data-model-file]');
  const holiday = (text: string) => ({ name: 'holiday.gguf', mimeType: '', buffer: Buffer.from(text) });
  await chooser.setInputFiles(holiday('not a model'));
  await page
    .getByRole('alert')
    .getByText('holiday.gguf could not be read: its first bytes are "not "')
    .waitFor();
  await chooser.setInputFiles(holiday('GGUF, and no more'));
  await chooser.setInputFiles(TINY);
  const models = page.getByRole('group', { name: 'Model' });
  await models.getByText('holiday.gguf').click({ modifiers: ['Shift'] });
  await page.locator('[data-cell=sweep]').focus();
  await page.keyboard.press('Control+Enter');
  await page.locator('[data-phase=finished]').waitFor(COMPUTING);
  expect(await rows('failed').innerText()).toContain('holiday.gguf');
  expect(await rows('done').count()).toBe(1);
  await page.locator('figure[data-bars="1"]').waitFor();
  await rows('done').getByRole('button').click();
  expect(await page.locator('tr[data-run]').count()).toBe(2);
  // The point can be pinned, noted and opened as a cell, which has it already.
  const chosen = page.locator('[data-chosen]');
  await chosen.getByRole('button', { name: 'Pin as baseline' }).click();
  await chosen.getByRole('button', { name: 'Unpin' }).waitFor();
  await chosen.getByRole('button', { name: 'Open as a cell' }).click();
  await expect.poll(() => page.locator('[data-cell=sweep]').count()).toBe(2);
  await expect.poll(() => rows('done').count()).toBe(2);
  expect(await objections(page)).toBe('');
}

test('a hostile notebook runs nothing, changes nothing, and compiles no shader unasked', async () => {
  await withChromium(async (page) => {
    await page.locator('[data-adapter]').waitFor();
    await load(page, 'hostile.md', HOSTILE);
    await page.getByText('Unknown setting "__proto__"').waitFor();
    await page.getByRole('button', { name: 'Allow this shader' }).waitFor();
    expect(await page.evaluate(() => (window as { pwned?: number }).pwned)).toBeUndefined();
    expect(
      await page.locator('[data-cell=prose] :is(script, [onerror], a[href^="javascript"])').count(),
    ).toBe(0);
    expect(await states(page)).toEqual(['never', 'never', 'never']);
    expect(await page.evaluate(() => Object.keys(Object.prototype))).toEqual([]);
  }, '?prefill=8');
});

test('settings set against each other are lines to edit, add and remove, and the text says the same', async () => {
  await withChromium(async (page, { errors }) => {
    await page.locator('[data-adapter]').waitFor();
    await load(page, 'compare.md', '# Which\n\n```lab compare\nbudget=5\nchunk=64\n---\nchunk=128\n```\n');
    const cell = page.locator('[data-cell=compare]');
    const first = cell.getByLabel('Baseline', { exact: true });
    const second = cell.getByLabel('Candidate', { exact: true });
    await expect.poll(() => second.inputValue()).toBe('chunk=128');
    await second.fill('chunk=0');
    await second.press('Enter');
    await cell.getByText('chunk must be a whole number from 1 to 4096').waitFor();
    await second.fill('chunk=32 matmul_q4_k=tiled');
    await second.press('Enter');
    await cell.getByText('chunk must be a whole number').waitFor({ state: 'detached' });
    await cell.getByRole('button', { name: 'Add a candidate' }).click();
    const third = cell.getByLabel('Candidate 2', { exact: true });
    await third.fill('chunk=16');
    await third.press('Enter');
    await cell.getByRole('button', { name: 'Remove: Baseline' }).click();
    expect(await first.inputValue()).toBe('chunk=32 matmul_q4_k=tiled');
    expect(await cell.getByLabel('Budget, seconds').inputValue()).toBe('5');
    await cell.getByRole('button', { name: 'Text', exact: true }).click();
    await expect
      .poll(() => cell.locator('.cm-content').innerText())
      .toBe('budget=5\nchunk=32\nmatmul_q4_k=tiled\n---\nchunk=16');
    expect(errors).toEqual([]);
  }, '?prefill=8');
});
