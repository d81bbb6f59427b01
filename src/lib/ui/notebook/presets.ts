/** The preset notebooks: static/notebooks/<name>.md, opened by /?notebook=<name>. */
import { asset } from '$app/paths';

/** Names of the presets, in menu order. */
export const PRESETS = ['start', 'phase-2', 'parallel-wkv', 'inline-or-repack', 'road-to-700'] as const;

/** Fetches the text of a preset; undefined if there is none of this name. Rejects on any other fetch error. */
export async function loadPreset(name: string): Promise<string | undefined> {
  if (!/^[a-z0-9][a-z0-9-]{0,59}$/.test(name)) return undefined;
  const response = await fetch(asset(`/notebooks/${name}.md`));
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}`.trim());
  return response.text();
}
