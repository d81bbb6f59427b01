// A chart in another site's frame: nothing is measured, and no shader of the link is compiled. Pages by their files' names.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseNotebook } from '../../src/lib/lab/notebook/notebook';
import { linkOf } from '../../src/lib/lab/notebook/share';
import { objections } from './axe';
import { withChromium } from './browsers';
import { tryEverything } from './policy';

const RESULTS = new URL('../../static/results/prefill-decode-chromium-h100.csv', import.meta.url);
const NOTEBOOK = `# Shared\n
\`\`\`lab sweep
advance=mine
prefill=64,128
\`\`\`

\`\`\`csv results
${readFileSync(RESULTS, 'utf8').split('\n').slice(0, 4).join('\n')}
\`\`\`

\`\`\`wgsl advance/mine
@compute fn nothing
\`\`\`
`;

test('an embedded chart is drawn without a worker, and pages open under the names of their files', async () => {
  const link = await linkOf(parseNotebook(NOTEBOOK), 'results');
  await withChromium(async (page, { address, errors }) => {
    await page.locator('[data-embed=shown] canvas, [data-embed=shown] [data-bars]').first().waitFor();
    expect(page.workers()).toEqual([]);
    expect(await page.getByRole('button', { name: /Allow|Run/ }).count()).toBe(0);
    const whole = await page.getByRole('link', { name: 'Open in the RWKV-7 lab' }).getAttribute('href');
    expect(new URL(whole!, address).href).toBe(address + link);
    expect(await objections(page)).toBe('');

    await page.goto(`${address}?embed=1&utm_source=x${link}`);
    await page.getByText('These cells have one: 2, 3.').waitFor();

    await page.goto(`${address}index.html`);
    await page.locator('[data-title]').waitFor();
    await page.goto(`${address}selftest.html`);
    await page.getByRole('button', { name: 'Run the self-test' }).waitFor();
    expect(errors).toEqual([]);
    expect((await page.evaluate(tryEverything)).through).toEqual([]);

    // Another site shows the whole page in a frame: there a click is no consent.
    const other = await page.context().newPage();
    await other.setContent(`<iframe src="${address}${link}" width="900" height="700"></iframe>`);
    const framed = other.frameLocator('iframe');
    await framed.getByText('Open the page in a window of its own to allow them.').waitFor();
    await framed.locator('[data-id]').last().scrollIntoViewIfNeeded();
    await framed.getByText('where a shader cannot be allowed').waitFor();
    expect(await framed.getByRole('button', { name: /Allow/ }).count()).toBe(0);
    expect(await framed.locator('[data-compiled]').count()).toBe(0);
  }, `?embed=2${link}`);
});
