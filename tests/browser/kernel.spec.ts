// The shader cell and the kernel pages, as a shader author uses them: allow a shader from a link, break and repair it,
// change its knobs, check it; check and time all variants of a kernel.
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { makeCell } from '../../src/lib/lab/notebook/notebook';
import { linkOf } from '../../src/lib/lab/notebook/share';
import { findVariant, kernels, variantsFor } from '../../src/lib/shaders';
import { objections } from './axe';
import { COMPUTING, withChromium } from './browsers';

const tooWide = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
const shownText = (page: Page) => page.locator('[data-shader] .cm-content').innerText();

const { text } = findVariant('layer_norm', 'workgroup');
const RIGHT = '+ norm_bias[c]';
const WRONG = '+ 2.0 * norm_bias[c]';
const edited = text.replace('//! One workgroup', '//! As I write it: one workgroup');
const notebook = [
  makeCell('prose', '# A shader of somebody else\n\n'),
  makeCell('wgsl', edited, 'layer_norm/mine'),
];

/** Replaces a piece of the shader, found with the editor's own search. */
async function replaceInEditor(page: Page, piece: string, by: string) {
  await page.locator('[data-shader] .cm-content').focus();
  await page.keyboard.press('ControlOrMeta+f');
  await page.keyboard.type(piece);
  await page.keyboard.press('Enter');
  await page.keyboard.press('Escape');
  await page.keyboard.type(by);
}

test('a shader is allowed, broken, mended, turned, checked and made wrong', async () => {
  expect(edited).not.toBe(text);
  expect(text).toContain(RIGHT);
  await withChromium(
    async (page, { errors }) => {
      const cell = page.locator('[data-shader="layer_norm/mine"]');
      await cell.locator('[data-editor=full]').waitFor(COMPUTING);

      // Before it is allowed, it is neither compiled nor editable.
      expect(await objections(page)).toBe('');
      expect(await cell.locator('[data-compiled]').count()).toBe(0);
      expect(await cell.locator('.cm-content').getAttribute('aria-readonly')).toBe('true');
      await cell.getByRole('button', { name: 'Allow this shader' }).click();
      await cell.locator('[data-compiled=compiles]').waitFor(COMPUTING);
      await cell.getByText('layer_norm=mine').waitFor();

      // An error is shown on its line in the text and in the list, which links to the line.
      const lines = edited.trimEnd().split('\n').length;
      await cell.locator('.cm-content').focus();
      await page.keyboard.press('ControlOrMeta+End');
      // Inserted in one step: on a slow machine, half of it would give another error.
      await page.keyboard.insertText('fn broken() -> u32 { return 1.5; }');
      await cell.locator('[data-compiled="1 error"]').waitFor(COMPUTING);
      await cell.locator('.cm-lintRange-error').waitFor();
      await expect
        .poll(() => cell.locator('.cm-line:has(.cm-lintRange-error)').innerText())
        .toContain('fn broken');
      expect(await cell.locator('[data-problem=error]').innerText()).toMatch(
        new RegExp(`^line ${lines + 1}\\b`),
      );
      await cell.getByRole('button', { name: `line ${lines + 1}` }).click();
      expect(await page.evaluate(() => document.activeElement?.classList.contains('cm-content'))).toBe(true);

      // Undo removes the error.
      for (let presses = 0; presses < 40 && (await shownText(page)).includes('broken'); presses++)
        await page.keyboard.press('ControlOrMeta+z');
      await cell.locator('[data-compiled=compiles]').waitFor(COMPUTING);
      expect(await cell.locator('[data-problem]').count()).toBe(0);

      // Enter after a whole word begins a line, also while words are offered that begin with it.
      await cell.locator('.cm-content').focus();
      await page.keyboard.press('ControlOrMeta+End');
      await page.keyboard.type('// workgroup_size');
      await page.locator('.cm-tooltip-autocomplete').waitFor();
      await page.waitForTimeout(200); // the editor takes no key for a completion that has just been offered
      await page.keyboard.press('Enter');
      await page.keyboard.type('// binding 3\n// end');
      await expect.poll(() => shownText(page)).toContain('// workgroup_size\n// binding 3\n// end');
      for (let presses = 0; presses < 40 && (await shownText(page)).includes('// workgroup_size'); presses++)
        await page.keyboard.press('ControlOrMeta+z');

      // Choosing a knob's value rewrites its line.
      await cell.getByRole('group', { name: 'workgroup_size' }).getByText('64', { exact: true }).click();
      await expect.poll(() => shownText(page)).toContain('const workgroup_size = 64u; // knob: 64 128 256');
      await cell.locator('[data-compiled=compiles]').waitFor(COMPUTING);

      // A new knob gets a control as soon as it is written.
      await replaceInEditor(
        page,
        'const workgroup_size',
        'const spare = 2u; // knob: 1 2 3\nconst workgroup_size',
      );
      await cell.getByRole('group', { name: 'spare' }).waitFor();

      await cell.getByRole('button', { name: 'Check', exact: true }).click();
      await cell.locator('[data-checked=right]').waitFor(COMPUTING);
      expect(await cell.locator('[data-checked] tbody tr').count()).toBe(kernels.layer_norm.cases.length);
      expect(await cell.locator('[data-glance]').innerText()).toMatch(/compiles[\s\S]*pass/);
      expect(await cell.locator('[data-facts]').innerText()).toMatch(/threads of a workgroup, main\s+64\b/);

      // A wrong shader shows its first wrong element, with expected and actual values.
      await replaceInEditor(page, RIGHT, WRONG);
      await cell.getByText('The text has changed since.').waitFor();
      await cell.getByRole('button', { name: 'Check', exact: true }).click();
      await cell.locator('[data-checked=wrong]').waitFor(COMPUTING);
      await cell.getByText(/^First wrong element: out\[\d+\]/).waitFor();
      const [got, wanted] = await cell.locator('[data-neighbours] tbody tr').allInnerTexts();
      expect(got).toMatch(/^Got\s+-?\d/);
      expect(wanted).toMatch(/^Expected\s+-?\d/);
      // The last click scrolled to a place at which the page's own bar covers half of a button.
      await page.evaluate(() => scrollTo(0, 0));
      expect(await objections(page)).toBe('');

      // Differences from the shipped text are shown and can be reverted.
      await cell.getByLabel('Show changes from').selectOption('workgroup');
      await cell.locator('.cm-deletedChunk').first().waitFor();
      expect(await cell.locator('.cm-deletedChunk').allInnerTexts()).toEqual(
        expect.arrayContaining([expect.stringContaining(RIGHT)]),
      );
      expect(await objections(page)).toBe('');

      // Tab leaves the editor; Escape returns the focus to the cell.
      await cell.getByLabel('Show changes from').selectOption('');
      await cell.locator('.cm-content').focus();
      await page.keyboard.press('Tab');
      expect(await page.evaluate(() => document.activeElement?.closest('.cm-editor'))).toBeNull();
      await cell.locator('.cm-content').focus();
      await page.keyboard.press('Escape');
      await expect
        .poll(() => page.evaluate(() => document.activeElement?.getAttribute('data-cell')))
        .toBe('wgsl');
      expect(errors).toEqual([]);
    },
    await linkOf(notebook, 'shaders'),
  );
});

test('every kernel is listed, and each leads to its page', async () => {
  await withChromium(async (page, { errors }) => {
    await page.getByRole('heading', { name: 'Kernels' }).waitFor();
    const links = await page
      .locator('main section a')
      .evaluateAll((all) => all.map((link) => link.getAttribute('href')!));
    expect(links.map((link) => link.split('/').at(-1)).sort()).toEqual(Object.keys(kernels).sort());
    await page.locator('[data-family=matmul]').getByText('packed_4x8_integer_dot_product').first().waitFor();
    expect(await objections(page)).toBe('');
    await page.setViewportSize({ width: 320, height: 700 });
    expect(await tooWide(page)).toBeLessThanOrEqual(0);
    await page.locator('[data-family=matmul] a', { hasText: 'q4_k' }).click();
    await page.getByRole('heading', { name: 'matmul_q4_k' }).waitFor();
    expect(await tooWide(page)).toBeLessThanOrEqual(0);
    expect(errors).toEqual([]);
  }, 'kernels');
});

test('the variants of a kernel are checked and timed beside each other; one opens in a notebook, and is microbenchmarked', async () => {
  await withChromium(async (page, { errors }) => {
    const names = variantsFor('layer_norm').map(({ name }) => name);
    await page.getByText('Layer norm of the embedding and before the head.').waitFor();
    await page.locator('details', { hasText: 'The reference' }).locator('summary').click();
    await page.getByText('function layerNorm').waitFor();
    await page.getByText('google swiftshader').waitFor(COMPUTING);
    await page.getByLabel('Tokens').selectOption('64');
    await page.getByRole('button', { name: 'Check and time all' }).click();
    await page.locator('[data-bench=finished]').waitFor(COMPUTING);
    for (const name of names)
      expect(await page.locator(`[data-outcomes] [data-variant=${name}]`).innerText()).toMatch(
        /\bpass\b.*\d/s,
      );
    await page.getByText('All figures by shape').click();
    const races = page.locator('[data-race]');
    expect(await races.count()).toBeGreaterThan(0);
    expect(await races.first().locator('tbody tr').count()).toBe(names.length);
    expect(await races.first().innerText()).toContain('100 %');
    await page.locator('[data-source=spread] summary').first().click();
    await page.locator('[data-source=spread] [data-editor=full]').waitFor();
    const compiled = page.locator('[data-source=spread] [data-compiled-text]');
    await compiled.locator('summary').click();
    await compiled.locator('[data-editor=full]').waitFor();
    expect(await compiled.locator('.cm-content').getAttribute('aria-label')).toBe(
      'Compiled text of layer_norm/spread',
    );
    // The page's policy lets in the styles of a pair as well.
    await page.getByText('Two variants side by side').click();
    const pair = page.locator('[data-pair] .cm-scroller');
    await pair.nth(1).waitFor();
    expect(await pair.evaluateAll((all) => all.map((each) => getComputedStyle(each).display))).toEqual([
      'flex',
      'flex',
    ]);
    expect(await objections(page)).toBe('');
    await page.setViewportSize({ width: 320, height: 700 });
    expect(await tooWide(page)).toBeLessThanOrEqual(0);

    await page.locator('[data-source=spread]').getByRole('link', { name: 'Open in a notebook' }).click();
    // A shipped shader is trusted: it compiles without the user allowing it.
    const cell = page.locator('[data-shader="layer_norm/mine"]');
    await cell.locator('[data-compiled=compiles]').waitFor(COMPUTING);

    // It is microbenchmarked at the model's shapes, compared with the default.
    await page.setViewportSize({ width: 1280, height: 720 });
    await cell.getByLabel('tokens in a chunk').fill('16');
    await cell.getByRole('combobox', { name: 'Model' }).selectOption('demo');
    await cell.getByRole('button', { name: 'Benchmark in isolation' }).click();
    // It says how far it is, and at which shape: on a slow GPU each takes a while.
    await cell.getByText(/timing, \d+ of \d+, columns \d+/).waitFor(COMPUTING);
    await cell.locator('[data-microbenchmark]').waitFor(COMPUTING);
    const rows = await cell.locator('[data-microbenchmark] tbody tr').allInnerTexts();
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) expect(row).toMatch(/columns \d+.*\d+(\.\d+)? × as fast/s);
    expect(await objections(page)).toBe('');
    expect(errors).toEqual([]);
  }, 'kernels/layer_norm');
});
