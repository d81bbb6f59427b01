// Firefox: a sweep with its chart, and the self-test page. Its compiler (naga) reads every variant that the browser has the
// features for, and translates it for the driver. Computed are those that run by default where nothing is known of the GPU, and some others
// that use what those do not; of formats of weights, which differ only in how sixteen weights are read, two, and one product and
// the embedding of the others. The gpu tests compute all variants.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { formatNameOf } from '../../src/lib/shaders/formats/formats';
import { kernels, variants } from '../../src/lib/shaders';
import type { Variant } from '../../src/lib/shaders/variant';
import { QUICK } from '../quick';
import { COMPUTING, openFirefox } from './browsers';
import { STOPPING, tryEverything } from './policy';
import { adapterFeatures } from './adapter';
import { compilable, compileAll, DEFAULTS, FINISHED, outcome } from './selftest';

/** The most usual formats. */
const FULL = ['q4_k', 'q6_k'];
/** Dot products of bytes, halves, several passes with a layout of its own, and each kernel that no default runs. */
const OTHERS = [
  ...['matmul_q4_k/dot4', 'matmul_q4_k/f16', 'matmul_q4_k/planes', 'matvec_q4_k/dot4', 'matvec_q4_k/columns'],
  ...['lora_matmul/dot4', 'channel_mix_start_q4_k/dot4', 'time_mix_start_q4_k/naive', 'wkv/exchange'],
];

function isComputed({ kernel, name }: Variant): boolean {
  const format = formatNameOf(kernel);
  const label = `${kernel}/${name}`;
  return (
    OTHERS.includes(label) ||
    kernel.startsWith('embed') ||
    label === `matvec_${format}/lanes` ||
    ((!format || FULL.includes(format)) && name === kernels[kernel].default)
  );
}

let firefox: Awaited<ReturnType<typeof openFirefox>>;
beforeAll(async () => {
  firefox = await openFirefox();
});
afterAll(() => firefox.close());

test('every variant compiles in Firefox, and those that are computed are right', async () => {
  const computed = variants.filter(isComputed);
  const names = computed.map(({ kernel, name }) => `${kernel}/${name}`);
  expect(names).toEqual(expect.arrayContaining(OTHERS));
  await firefox.open(async (page, { errors }) => {
    const shaders = variants.map(compilable);
    const { problems, compiled, made } = await page.evaluate(compileAll, { shaders, pipelines: true });
    expect(problems).toEqual([]);
    expect(compiled).toBeGreaterThan(0.9 * variants.length);
    expect(made).toBeGreaterThanOrEqual(compiled);
    await page.waitForSelector(FINISHED, COMPUTING);
    const { passed, failed, skipped, failures } = await page.evaluate(outcome);
    expect(failures).toEqual([]);
    expect(failed).toBe(0);
    expect(passed + skipped).toBe(computed.length);
    expect(passed).toBeGreaterThan(0.9 * computed.length);
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
