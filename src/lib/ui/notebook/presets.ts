/** Notebooks that come with the lab: static/notebooks/<name>.md, opened by /?notebook=<name>. */
import { asset } from '$app/paths';

/** In the order of the menu. */
export const PRESETS = ['start', 'phase-2', 'parallel-wkv', 'inline-or-repack', 'road-to-700'] as const;

/** Its text; undefined when there is none of this name. Rejects when it cannot be fetched. */
export async function loadPreset(name: string): Promise<string | undefined> {
  if (!/^[a-z0-9][a-z0-9-]{0,59}$/.test(name)) return undefined;
  const response = await fetch(asset(`/notebooks/${name}.md`));
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}`.trim());
  return response.text();
}
