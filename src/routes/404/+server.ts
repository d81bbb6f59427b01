/**
 * The page at addresses that have none: static hosts show 404.html in their place, at any depth. It is whole in itself, because the
 * paths to files of the site differ with the depth; its script looks for the lab above the address and names what is there.
 */
import { kernels } from '../../lib/shaders';
import missing from '../../lib/ui/words/missing';
import { page } from '../../lib/ui/words/page';
import chinese from '../../lib/ui/words/zh/missing';
import { page as chinesePage } from '../../lib/ui/words/zh/page';
import template from './page.html?raw';

export const prerender = true;

const NAME = '<code class="name"></code>';

const link = (path: string, text: string) => `<li><a data-path="${path}">${text}</a></li>`;

/** What the page says in one language; its script shows one of them. */
const said = (
  language: string,
  words: typeof missing,
  pages: typeof page,
) => `<main lang="${language}" data-title="${words.title} · ${pages.lab}" hidden>
      <h1 class="page" hidden>${words.noPage(NAME)}</h1>
      <h1 class="kernel" hidden>${words.noKernel(NAME)}</h1>
      <p class="none" hidden>${words.noLab}</p>
      <nav class="kernels" aria-labelledby="kernels-${language}" hidden>
        <p id="kernels-${language}">${words.kernels}</p>
        <ul>${Object.keys(kernels)
          .map((kernel) => link(`kernels/${kernel}`, kernel))
          .join('')}</ul>
      </nav>
      <nav aria-labelledby="pages-${language}">
        <p id="pages-${language}">${words.pages}</p>
        <ul>${link('', pages.notebook)}${(['models', 'results', 'kernels', 'selftest'] as const)
          .map((path) => link(path, pages[path]))
          .join('')}</ul>
      </nav>
    </main>`;

/** The source of an inline element in a Content-Security-Policy. */
async function sourceOf(element: 'script' | 'style'): Promise<string> {
  const [, text] = new RegExp(`<${element}>([^]*?)</${element}>`).exec(template)!;
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  return `${element}-src 'sha256-${btoa(String.fromCharCode(...hash))}'`;
}

export async function GET() {
  const sources = await Promise.all([sourceOf('script'), sourceOf('style')]);
  const languages = [said('en', missing, page), said('zh-Hans', chinese, chinesePage)];
  const html = template
    .replace('%sources%', sources.join('; '))
    .replace('%languages%', languages.join('\n    '));
  return new Response(html, { headers: { 'content-type': 'text/html' } });
}
