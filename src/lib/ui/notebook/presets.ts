/** The preset notebooks: static/notebooks/<name>.md and its translations, opened by /?notebook=<name>. */
import { asset } from '$app/paths';
import { language } from '../words/words.svelte';

/** Names of the presets, in menu order. */
export const PRESETS = ['start', 'phase-2', 'parallel-wkv', 'inline-or-repack', 'road-to-700'] as const;

/** Fetches the text of a preset in the page's language; undefined if there is none of this name. Rejects on any other fetch error. */
export async function loadPreset(name: string): Promise<string | undefined> {
  if (!/^[a-z0-9][a-z0-9-]{0,59}$/.test(name)) return undefined;
  const folder = language() === 'zh' ? '/notebooks/zh' : '/notebooks';
  const response = await fetch(asset(`${folder}/${name}.md`));
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}`.trim());
  return response.text();
}
