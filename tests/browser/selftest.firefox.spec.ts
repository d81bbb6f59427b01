// The self-test page in Firefox: its compiler (naga) reads every variant that the browser has the features for, and computes those of one
// or two formats of weights, and one product and the embedding of the others, which differ only in how sixteen weights are read.
// The gpu tests compute all of them.
import { expect, test } from 'vitest';
import { formatNameOf } from '../../src/lib/shaders/formats/formats';
import { variants } from '../../src/lib/shaders';
import type { Variant } from '../../src/lib/shaders/variant';
import { COMPUTING, withFirefox } from './browsers';
import { compilable, compileAll, DEFAULTS, FINISHED, outcome } from './selftest';

/** Their variants are all computed: the first has variants of its own, the second is the most usual of the others. */
const FULL = ['q4_k', 'q6_k'];

function isSelected({ kernel, name }: Variant): boolean {
  const format = formatNameOf(kernel);
  return (
    !format ||
    FULL.includes(format) ||
    kernel.startsWith('embed') ||
    `${kernel}/${name}` === `matvec_${format}/lanes`
  );
}

test('every variant compiles in Firefox, and the selected ones pass', async () => {
  const selected = variants.filter(isSelected);
  const only = selected.map(({ kernel, name }) => `${kernel}/${name}`).join();
  await withFirefox(async (page, { errors }) => {
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
  }, `${DEFAULTS}&only=${only}`);
});
