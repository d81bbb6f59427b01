// The self-test page in Chromium. Its compiler (Tint) reads every variant; SwiftShader, which takes minutes to translate
// all of them, computes a selection. The gpu tests compute all on Dawn, Chromium's WebGPU.
import { expect, test } from 'vitest';
import { settingsToCheck, variants, variantsFor } from '../../src/lib/shaders';
import { objections } from './axe';
import { COMPUTING, withChromium } from './browsers';
import { compilable, compileAll, FINISHED, outcome } from './selftest';

/** Tried beside the variants; the demo model, whose default variants SwiftShader compiles slowly, in tests/gpu/golden.test.ts. */
const PARTS = ['link', 'OPFS', 'hash', 'IndexedDB', 'quota'];
const SELECTED = ['layer_norm', 'token_shift', 'argmax', 'softmax', 'matvec_q4_k', 'wkv/pairs'];

test('every variant that this browser has the features for compiles in Chromium', async () => {
  await withChromium(async (page) => {
    await page.getByRole('button', { name: 'Run the self-test' }).waitFor();
    expect(await objections(page)).toBe('');
    const { problems, compiled } = await page.evaluate(compileAll, {
      shaders: variants.map(compilable),
      pipelines: false, // compiled for its software GPU, that takes minutes
    });
    expect(problems).toEqual([]);
    expect(compiled).toBeGreaterThan(0.9 * variants.length);
  }, 'selftest');
});

test('the selected variants pass in Chromium, and the report says so', async () => {
  const expected = SELECTED.map((name) => (name.includes('/') ? 1 : variantsFor(name).length)).reduce(
    (a, b) => a + b,
  );
  await withChromium(
    async (page, { errors }) => {
      await page.locator(FINISHED).waitFor(COMPUTING);
      const { passed, failed, skipped, failures, skips } = await page.evaluate(outcome);
      expect(failures).toEqual([]);
      expect(failed).toBe(0);
      expect(passed + skipped).toBe(expected);
      expect(passed).toBeGreaterThanOrEqual(expected - 1);
      expect(skips).toHaveLength(skipped);
      for (const skip of skips) expect(skip).toMatch(/needs .+(does not offer|allows \d+|may have \d+)/);
      await page.getByRole('button', { name: 'Copy report' }).click();
      await page.getByText('Report copied.').waitFor();
      const report = await page.evaluate(() => navigator.clipboard.readText());
      await page.locator('[data-clocks]').waitFor();
      expect(report).toMatch(/^- Clock: ticks of [\d.]+ µs; (timestamps: |no timestamps)/m);
      expect(report).toMatch(/^- Limits: .*maxBufferSize \d+/m);
      expect(report).toContain(`${passed} passed, 0 failed, ${skipped} skipped`);
      expect(report).toContain(`<summary>Parts of the lab: ${PARTS.length} passed</summary>`);
      // Nothing of it is left in the browser.
      expect(
        await page.evaluate(async () => {
          const databases = (await indexedDB.databases()).map(({ name }) => name!);
          const folders: string[] = [];
          for await (const [name, folder] of (await navigator.storage.getDirectory()).entries())
            for await (const [inner] of (folder as FileSystemDirectoryHandle).entries())
              folders.push(`${name}/${inner}`);
          return [...databases, ...folders].filter((name) => /self-?test/.test(name));
        }),
      ).toEqual([]);
      expect(errors).toEqual([]);
    },
    `selftest?run=1&knobs=defaults&only=${[...SELECTED, ...PARTS].join(',')}`,
    { permissions: ['clipboard-read', 'clipboard-write'] },
  );
});

test('a name that does not exist is told with what exists', async () => {
  await withChromium(async (page) => {
    await page.locator(FINISHED).waitFor(COMPUTING);
    await page.getByText(/The self-test ended early: .*no_such.*layer_norm/).waitFor();
  }, 'selftest?run=1&only=no_such');
});

test('the knobs are turned to their ends unless the address says otherwise', async () => {
  const settings = variants.flatMap((variant) => settingsToCheck(variant)).length;
  await withChromium(async (page) => {
    await page.getByText(`of ${settings}: `).waitFor();
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await page.getByText('Stopped: ').waitFor(COMPUTING);
  }, 'selftest?run=1');
});
