// The self-test page in Firefox: every supported variant compiles with Firefox's compiler and agrees with its
// reference.
import { expect, test } from 'vitest';
import { variants } from '../../src/lib/shaders';
import { COMPUTING, withFirefox } from './browsers';
import { DEFAULTS, FINISHED, outcome } from './selftest';

test('every variant passes in Firefox', async () => {
  await withFirefox(async (page, { errors }) => {
    await page.waitForSelector(FINISHED, COMPUTING);
    const { passed, failed, skipped, failures } = await page.evaluate(outcome);
    expect(failures).toEqual([]);
    expect(failed).toBe(0);
    expect(passed + skipped).toBe(variants.length);
    expect(passed).toBeGreaterThan(0.9 * variants.length);
    expect(errors).toEqual([]);
  }, DEFAULTS);
});
