// Firefox: a sweep with its chart, and the self-test page. Its compiler (naga) reads every variant that the browser has the
// features for. Firefox computes those of two formats of weights, and one product and the embedding of the others, which differ only in
// how sixteen weights are read; and of variants that are written alike, one. The gpu tests compute all of them.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { formatNameOf } from '../../src/lib/shaders/formats/formats';
import { variants } from '../../src/lib/shaders';
import type { Variant } from '../../src/lib/shaders/variant';
import { QUICK } from '../quick';
import { COMPUTING, openFirefox } from './browsers';
import { STOPPING, tryEverything } from './policy';
import { adapterFeatures } from './adapter';
import { compilable, compileAll, DEFAULTS, FINISHED, outcome } from './selftest';

/** Their variants are all computed: the first has variants of its own, the second is the most usual of the others. */
const FULL = ['q4_k', 'q6_k'];

/**
 * Written like a variant that Firefox computes, which follows. They are a fifth of what a software GPU compiles here;
 * the browser's own part, to read a shader, is done for all.
 */
const ALIKE: Record<string, string> = {
  'lora_matvecs/rows': 'lora_matvecs/lanes',
  'matmul_q4_k/dot4_wide': 'matmul_q4_k/dot4',
  'matvecs_q6_k/rounded_words': 'matvecs_q4_k/rounded',
  'wkv_tokens/fused': 'wkv_token/fused',
};

function isSelected({ kernel, name }: Variant): boolean {
  if (`${kernel}/${name}` in ALIKE) return false;
  const format = formatNameOf(kernel);
  return (
    !format ||
    FULL.includes(format) ||
    kernel.startsWith('embed') ||
    `${kernel}/${name}` === `matvec_${format}/lanes`
  );
}

let firefox: Awaited<ReturnType<typeof openFirefox>>;
beforeAll(async () => {
  firefox = await openFirefox();
});
afterAll(() => firefox.close());

test('every variant compiles in Firefox, and the selected ones pass', async () => {
  const selected = variants.filter(isSelected);
  const names = selected.map(({ kernel, name }) => `${kernel}/${name}`);
  expect(names).toEqual(expect.arrayContaining(Object.values(ALIKE)));
  await firefox.open(async (page, { errors }) => {
    const { problems, compiled } = await page.evaluate(compileAll, variants.map(compilable));
    expect(problems).toEqual([]);
    expect(compiled).toBeGreaterThan(0.9 * variants.length);
    await page.waitForSelector(FINISHED, COMPUTING);
    const { passed, failed, skipped, failures } = await page.evaluate(outcome);
    expect(failures).toEqual([]);
    expect(failed).toBe(0);
    expect(passed + skipped).toBe(selected.length);
    expect(passed).toBeGreaterThan(0.9 * selected.length);
    expect(errors).toEqual([]);
  }, `${DEFAULTS}&only=${names.join()}`);
});

test('runs a sweep to its chart in Firefox', async () => {
  await firefox.open(
    async (page, { errors }) => {
      // Firefox opens its GPU process now, which shares the CPU with the shaders of other pages.
      await page.waitForSelector('[data-adapter]', COMPUTING);
      expect(await page.title()).toMatch(/RWKV/);
      expect(await page.evaluate(adapterFeatures)).toContain('shader-f16');
      await page.click('::-p-xpath(//button[normalize-space()="Run"])');
      await page.waitForSelector('[data-phase=finished]', COMPUTING);
      const failures = await page.$$eval('tr[data-run=failed]', (found) => found.map((row) => row.innerText));
      expect(failures).toEqual([]);
      const points = await page.$eval('figure', (figure) => figure.dataset.chartPoints);
      expect(points).toBe('4');
      await page.waitForFunction(() => document.querySelector('canvas')!.width > 300, COMPUTING);
      expect(errors).toEqual([]);
      const { through, stopped } = await page.evaluate(tryEverything);
      expect(through).toEqual([]);
      expect(stopped).toEqual(expect.arrayContaining(STOPPING));
    },
    `?prefill=4&chunk=2,4&samples=2&warmup=0&${QUICK.replace('layer_norm=naive', 'layer_norm=naive,workgroup')}`,
  );
});
