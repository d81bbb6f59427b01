// Embedded charts: which cell an address shows, what its chart draws, and the code that embeds it. Addresses of pages by file name.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { reroute } from '../../src/hooks';
import { chartsOf, codeOf, embeddedCell, embeddedOf, NoChart } from '../../src/lib/ui/notebook/embedded';

const RESULTS = new URL('../../static/results/prefill-decode-chromium-h100.csv', import.meta.url);
const CSV = readFileSync(RESULTS, 'utf8').split('\n').slice(0, 3).join('\n');
const NOTEBOOK = `# Mine & "yours"

\`\`\`lab sweep
prefill=64
reference=phase-2
x=prefill
target=650
\`\`\`

\`\`\`csv results
${CSV}
\`\`\`

\`\`\`wgsl matmul/mine
bad
\`\`\`
`;

test('a sweep is drawn with the results below it, results as their sweep draws them, and other cells not at all', () => {
  const numbers = (text: string) => chartsOf(text).map(({ cell }) => cell);
  expect(numbers(NOTEBOOK)).toEqual([2, 3]);
  expect(embeddedOf(NOTEBOOK, '2')).toMatchObject({
    title: 'Mine & "yours"',
    references: ['phase-2'],
    target: 650,
    axis: 'prefill',
    results: { runs: [{ model: 'synthetic-2.9b', prefill: 64 }, { prefill: 128 }] },
  });
  expect(embeddedOf(NOTEBOOK, '3')).toMatchObject({
    references: ['phase-2'],
    target: 650,
    axis: 'prefill',
    results: { runs: [{}, {}] },
  });
  for (const wanted of ['1', '4', '0', 'x', ''])
    expect(() => embeddedOf(NOTEBOOK, wanted)).toThrow(new NoChart(wanted, [2, 3]));
  expect(numbers('# Nothing\n')).toEqual([]);
  expect(numbers('```lab profile\n```\n'), 'without results').toEqual([]);
});

test('settings that no one can read here, because their shader does not run, still draw the results', () => {
  const text = NOTEBOOK.replace('target=650', 'matmul=mine');
  expect(embeddedOf(text, '2')).toMatchObject({ results: { runs: [{}, {}] }, target: undefined });
});

test('the code of a frame escapes its title and keeps the link', () => {
  const code = codeOf(
    'https://example.org/lab/#n=1.abc.def',
    { cell: 2, kind: 'sweep', results: undefined },
    'Mine & "yours"',
  );
  expect(code).toMatch(/^<iframe src="https:\/\/example\.org\/lab\/\?embed=2#n=1\.abc\.def"/);
  expect(code).toContain('title="Mine &amp; &quot;yours&quot;"');
  expect(code).toContain('height="500"');
  const [profile] = chartsOf('```lab profile\n```\n\n```csv results\nop_name,time_us\n```\n');
  const tall = codeOf('https://example.org/?notebook=phase-2', profile, '');
  expect(tall).toContain('/?notebook=phase-2&amp;embed=1"');
  expect(tall).toContain('height="1000"');
  expect([embeddedCell('?embed=3&utm_source=x'), embeddedCell('?notebook=start')]).toEqual(['3', undefined]);
});

test.each([
  ['/lab/index.html', '/lab/'],
  ['/index.html', '/'],
  ['/lab/selftest.html', '/lab/selftest'],
  ['/kernels/wkv.html', '/kernels/wkv'],
  ['/lab/', '/lab/'],
])('%s is the page %s', (path, page) => {
  expect(reroute({ url: new URL(`https://example.org${path}`), fetch })).toBe(page);
});
