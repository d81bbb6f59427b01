// Vite plugin: a notebook that is imported with `?notebook` becomes a module with its text and a Svelte component that shows its prose. So
// the page paints a preset as it will stay, and a first visit loads neither the renderer of Markdown nor the sanitiser of its HTML.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { RendererObject } from 'marked';
import { compile } from 'svelte/compiler';
import { runnerImport, type Plugin } from 'vite';

/** Treats links and wide elements as editor/markdown.ts does in other notebooks. HTML and images are for those alone. */
const RENDERER: RendererObject<string, string> = {
  link({ href, tokens }) {
    return `<a href="${href}" target="_blank" rel="noopener noreferrer">${this.parser.parseInline(tokens)}</a>`;
  },
  html: ({ text }) => refuse('HTML', text),
  image: ({ text }) => refuse('an image', text),
};
const WIDE = '<div class="wide scroll" tabindex="0" role="group" aria-label={scrolls}>';

function refuse(what: string, text: string): never {
  throw new Error(`A preset cannot have ${what} in its prose, which editor/markdown.ts treats: ${text}`);
}

/** The prose of a notebook as a Svelte component: its property `part` is the number of the prose cell, `scrolls` the name of what may scroll sideways. */
async function proseComponent(notebook: string): Promise<string> {
  const { parseNotebook } =
    await source<typeof import('../src/lib/lab/notebook/notebook.ts')>('lab/notebook/notebook');
  const { parseMarkdown } =
    await source<typeof import('../src/lib/ui/editor/parseMarkdown.ts')>('ui/editor/parseMarkdown');
  const parts = parseNotebook(notebook).filter(({ kind }) => kind === 'prose');
  const branches = parts.map(({ body }, part) => {
    const html = parseMarkdown(body, 1, RENDERER)
      .replace(/[{}]/g, (brace) => `&#${brace.charCodeAt(0)};`)
      .replace(/<(table|pre)>/g, `${WIDE}$&`)
      .replace(/<\/(table|pre)>/g, '$&</div>');
    return `${part ? '{:else if' : '{#if'} part === ${part}}${html}`;
  });
  return `<script>const { part, scrolls } = $props();</script>${branches.join('')}{/if}`;
}

/** A module of the page; the configuration of Vite, which imports this file, cannot resolve its imports. */
const source = async <Module>(path: string) =>
  (await runnerImport<Module>(fileURLToPath(new URL(`../src/lib/${path}.ts`, import.meta.url)))).module;

export const notebooks: Plugin = {
  name: 'notebooks',
  async load(id) {
    if (!id.endsWith('.md?notebook')) return undefined;
    const filename = id.replace('?notebook', '');
    this.addWatchFile(filename);
    const text = readFileSync(filename, 'utf8');
    const generate = this.environment.name === 'client' ? 'client' : 'server';
    const { js } = compile(await proseComponent(text), {
      name: 'Prose',
      filename: `${filename}.svelte`,
      generate,
    });
    return `${js.code}\nexport const text = ${JSON.stringify(text)};\n`;
  },
};
