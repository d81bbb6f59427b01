// Prose may come from untrusted links: the page must show it without running or fetching anything. Tested in a real
// browser, since only that shows what would have run or been fetched.
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import type { Page } from 'playwright-core';
import { build, type Rollup } from 'vite';
import { expect, test } from 'vitest';
import { withChromium } from './browsers';

interface Rendered {
  html: string;
  text: string;
  /** Elements and attributes found that prose must not contain. */
  forbidden: string[];
  headings: string[];
}

const HOSTILE = [
  '<script>window.ran = 1</script>',
  '<img src=x onerror="window.ran = 1">',
  '<svg onload="window.ran = 1"><style>*{display:none}</style></svg>',
  '<math><mtext><table><mglyph><style><img src=x onerror="window.ran = 1">',
  '[click](javascript:window.ran=1)',
  '<a href="jav&#x61;script:window.ran=1">click</a>',
  '[click](data:text/html,<script>window.ran=1</script>)',
  '<iframe src="javascript:window.ran=1"></iframe>',
  '<form action="https://elsewhere.invalid"><input name="q"><button>Go</button></form>',
  '<style>body { display: none }</style>',
  '<p style="position: fixed; inset: 0">over everything</p>',
  '<a id="lab" name="location" class="button primary" onclick="window.ran = 1">named</a>',
  '<base href="https://elsewhere.invalid/">',
  '<meta http-equiv="refresh" content="0; url=https://elsewhere.invalid/">',
  '<link rel="stylesheet" href="https://elsewhere.invalid/a.css">',
  '<object data="https://elsewhere.invalid/a"></object><embed src="https://elsewhere.invalid/b">',
  '<video src="https://elsewhere.invalid/v" autoplay></video>',
  '![pixel](https://elsewhere.invalid/pixel.png)',
  '<img srcset="https://elsewhere.invalid/a.png 2x" alt="set">',
  '![picture](data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciLz4=)',
  '[nowhere](https://[) ![nothing](http://[)',
  '<details open ontoggle="window.ran = 1"><summary>More</summary>text</details>',
  '# Heading <img src=x onerror="window.ran = 1">',
  '<h1>A heading that was written as HTML</h1>',
  '| a | b |\n|---|--:|\n| 1 | <script>window.ran = 1</script> |',
  '```html\n<script>window.ran = 1</script>\n```',
  '- [x] done\n- [ ] not done',
];

/** Bundles the renderer as the page loads it, for a test page without a bundler. */
async function bundled(): Promise<string> {
  const entry = fileURLToPath(new URL('./prose.ts', import.meta.url));
  const output = await build({
    configFile: false,
    logLevel: 'silent',
    build: { write: false, lib: { entry, formats: ['iife'], name: 'prose' } },
  });
  return (output as Rollup.RollupOutput[])[0].output[0].code;
}

/** Renders a text; runs in the page. */
function render(text: string): Rendered {
  const { renderMarkdown } = (window as unknown as { prose: typeof import('./prose') }).prose;
  const place = document.querySelector('#prose')!;
  place.replaceChildren(renderMarkdown(text, 2, 'Table'));
  // The page's own buttons, which load images.
  const elements = [...place.querySelectorAll('*:not([data-image])')];
  const tags =
    'SCRIPT STYLE IFRAME OBJECT EMBED FORM INPUT BUTTON SELECT TEXTAREA BASE META LINK VIDEO AUDIO SVG MATH TEMPLATE';
  const attributes = elements.flatMap((element) =>
    [...element.attributes]
      .filter(({ name, value }) => {
        if (/^(href|src|alt|title|target|rel|loading|align|start|open)$/.test(name))
          return /^\s*javascript:|^data:(?!image\/)/i.test(value);
        return !(element.className === 'wide scroll' && /^(class|tabindex|role|aria-label)$/.test(name));
      })
      .map(({ name, value }) => `${element.tagName} ${name}=${value}`),
  );
  const images = elements
    .filter((element) => element instanceof HTMLImageElement)
    .filter(({ src }) => !src.startsWith('data:image/'))
    .map(({ src }) => `IMG ${src}`);
  const links = elements
    .filter((element) => element instanceof HTMLAnchorElement && element.href !== '')
    .filter(
      (link) =>
        link.getAttribute('rel') !== 'noopener noreferrer' && !link.getAttribute('href')!.startsWith('#'),
    )
    .map((link) => link.outerHTML);
  return {
    html: place.innerHTML,
    text: place.textContent ?? '',
    forbidden: [
      ...elements.map(({ tagName }) => tagName.toUpperCase()).filter((tag) => tags.split(' ').includes(tag)),
      ...attributes,
      ...images,
      ...links,
    ],
    headings: elements.filter(({ tagName }) => /^H\d$/.test(tagName)).map(({ tagName }) => tagName),
  };
}

/** Passes a page with the renderer to `use`; then checks that nothing ran and that no other server was contacted. */
async function withRenderer(use: (page: Page, prose: (text: string) => Promise<Rendered>) => Promise<void>) {
  const code = await bundled();
  await withChromium(async (page, { address }) => {
    const elsewhere: string[] = [];
    page.on('request', (request) => {
      if (!request.url().startsWith(new URL(address).origin) && !request.url().startsWith('data:'))
        elsewhere.push(request.url());
    });
    await page.setContent('<main id="prose"></main>');
    await page.addScriptTag({ content: code });
    await use(page, (text) => page.evaluate(render, text));
    await afterThat(page);
    expect(await page.evaluate(() => 'ran' in window)).toBe(false);
    expect(elsewhere).toEqual([]);
    expect(await page.locator('#prose').count()).toBe(1);
  }, 'robots.txt');
}

/** Resolves when an image and a request started now have failed, so that all earlier ones have ended too. */
async function afterThat(page: Page) {
  await page.evaluate(async () => {
    const picture = new Image();
    const failed = new Promise((resolve) => picture.addEventListener('error', resolve));
    picture.src = 'data:image/png,none';
    await failed;
    await fetch('robots.txt');
  });
}

test('what is hostile does nothing, each by itself and any of them together', async () => {
  await withRenderer(async (_page, prose) => {
    for (const text of HOSTILE) expect((await prose(text)).forbidden, text).toEqual([]);
    const soups = fc.array(fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ maxLength: 12 })), {
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(soups, fc.constantFrom('\n\n', '\n', ' ', ''), async (pieces, between) => {
        const { forbidden, headings } = await prose(pieces.join(between));
        expect(forbidden).toEqual([]);
        expect(headings.every((tag) => tag >= 'H2')).toBe(true);
      }),
      { numRuns: 150, seed: 7 },
    );
  });
});

test('prose is rendered as it was meant', async () => {
  await withRenderer(async (page, prose) => {
    const { html, text, headings } = await prose(
      '# One\n\n## Two\n\nSome *emphasis*, **weight**, `code` and [a link](https://example.org "title").\n\n' +
        '- [x] done\n- [ ] open\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n[below](#two) ![logo](favicon.svg)',
    );
    expect(headings).toEqual(['H2', 'H3']);
    expect(text).toContain('☑ done');
    expect(text).toContain('☐ open');
    for (const part of [
      '<em>emphasis</em>',
      '<strong>weight</strong>',
      '<code>code</code>',
      '<td align="right">2</td>',
    ])
      expect(html).toContain(part);
    expect(html).toContain('href="#two"');
    expect(html).toMatch(/<a [^>]*href="https:\/\/example.org"[^>]*>/);
    expect(html).toMatch(/<button [^>]*data-image="">logo<\/button>/);
    expect(await page.locator('img').count()).toBe(0);
    await page.getByRole('button', { name: 'logo' }).click();
    expect(await page.locator('img[alt=logo]').count()).toBe(1);
    expect(html).toContain('<div class="wide scroll" tabindex="0" role="group" aria-label="Table"><table>');
    // An image of another site is replaced by its alternative text.
    expect((await prose('![who reads this](https://elsewhere.invalid/p.png)')).text).toContain(
      'who reads this',
    );
  });
});
