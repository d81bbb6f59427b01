// Gzipped size of a first visit to the page, without the worker, the models and the offline copy.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { withChromium } from './browsers';

/** Largest size in bytes until the page is usable. */
const FIRST_LOAD = 150_000;
/** The same including all that the start notebook loads later: cells other than sweeps. */
const WHOLE_VISIT = 180_000;

const BUILD = new URL('../../build/', import.meta.url);
const MOST_SHIFTED = 0.05;

const gzipped = (path: string) => gzipSync(readFileSync(new URL(path, BUILD))).length;
const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`;

test('a first visit stays small, and nothing on the page jumps', async () => {
  const paths = await withChromium(
    async (page) => {
      await page.locator('[data-markdown=rendered]').first().waitFor();
      await page.locator('[data-cell=profile]').waitFor();
      await page.locator('[data-adapter]').waitFor();
      expect(await page.evaluate(shifted)).toBeLessThan(MOST_SHIFTED);
      return page.evaluate(() =>
        ['navigation', 'resource']
          .flatMap((type) => performance.getEntriesByType(type))
          .map(({ name }) => new URL(name).pathname.replace(/^\/lab\//, '') || 'index.html'),
      );
    },
    '',
    { serviceWorkers: 'block' },
  );
  const counted = [...new Set(paths)].filter((path) => !/^(models|_app\/immutable\/workers)\//.test(path));
  // Files named in index.html are fetched at once; the language and the notebook page are waited for too.
  const named = readFileSync(new URL('index.html', BUILD), 'utf8');
  const words = counted.filter(speaks);
  expect(words, 'one language').toHaveLength(1);
  const first = counted.filter(
    (path) => path === 'index.html' || named.includes(path) || words.includes(path) || presents(path),
  );
  const sum = (list: string[]) => list.reduce((total, path) => total + gzipped(path), 0);
  console.log(`first load ${kilobytes(sum(first))}, the whole visit ${kilobytes(sum(counted))}, gzipped`);
  expect(
    counted.filter((path) => holds(path, /dompurify/i)),
    'prose is rendered when the page is built',
  ).toEqual([]);
  expect(counted.length).toBeGreaterThan(20);
  expect(sum(first)).toBeGreaterThan(50_000);
  expect(sum(first)).toBeLessThanOrEqual(FIRST_LOAD);
  expect(sum(counted)).toBeLessThanOrEqual(WHOLE_VISIT);
});

/** The page's layout shifts so far, as Web Vitals count them: 0.1 is where a page begins to disturb. Runs in the page. */
const shifted = () =>
  new Promise<number>((resolve) => {
    new PerformanceObserver((list) =>
      resolve(
        list
          .getEntries()
          .reduce((sum, entry) => sum + (entry as PerformanceEntry & { value: number }).value, 0),
      ),
    ).observe({ type: 'layout-shift', buffered: true });
    setTimeout(() => resolve(0), 1000); // there were none
  });

const holds = (path: string, text: RegExp) =>
  path.endsWith('.js') && text.test(readFileSync(new URL(path, BUILD), 'utf8').slice(0, 200_000));

/** True if a script is a preset notebook. */
const presents = (path: string) => holds(path, /lab sweep(\n|\\n)prefill=/);

/** True if a script is a dictionary of either language. */
const speaks = (path: string) => !presents(path) && holds(path, /Start here|从这里开始/);
