/** The preset notebooks: src/notebooks/<name>.md and its translations, opened by /?notebook=<name>. Their prose is rendered when the page is built. */
import type { Component } from 'svelte';
import { parseNotebook } from '../../lab/notebook/notebook';
import { language } from '../words/words.svelte';

/** Names of the presets, in menu order. */
export const PRESETS = ['start', 'phase-2', 'parallel-wkv', 'inline-or-repack', 'road-to-700'] as const;

/** A notebook as scripts/notebooks.ts compiles it. */
interface Preset {
  text: string;
  /** Shows the prose cell of this number; `scrolls` names what may scroll sideways. */
  default: Component<{ part: number; scrolls: string }>;
}

const FILES = import.meta.glob<Preset>('/src/notebooks/**/*.md', { query: '?notebook' });

/** The prose of the presets that were loaded, by its Markdown without the blank lines around it. */
const prose = new Map<string, { Prose: Preset['default']; part: number }>();

/** The text of a preset in the page's language; undefined if there is none of this name. Rejects if it cannot be loaded. */
export async function loadPreset(name: string): Promise<string | undefined> {
  const path = `/src/notebooks/${language() === 'zh' ? 'zh/' : ''}${name}.md`;
  if (!Object.hasOwn(FILES, path)) return undefined;
  const { text, default: Prose } = await FILES[path]();
  parseNotebook(text)
    .filter(({ kind }) => kind === 'prose')
    .forEach(({ body }, part) => prose.set(body.trim(), { Prose, part }));
  return text;
}

/** The component that shows a text, if it is the prose of a preset; blank lines around it do not matter. */
export const presetProse = (text: string) => prose.get(text.trim());
