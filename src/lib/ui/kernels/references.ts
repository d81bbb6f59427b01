/** Sources of the reference implementations, loaded on demand. */
import { familyOf } from '../../shaders/formats/formats';

const texts = import.meta.glob<string>('../../shaders/*/reference.ts', { query: '?raw', import: 'default' });

/** Loads the source of a kernel's or its family's reference.ts. Throws an Error if there is none. */
export function referenceText(kernel: string): Promise<string> {
  const path = (folder: string) => `../../shaders/${folder}/reference.ts`;
  const load = texts[path(kernel)] ?? texts[path(familyOf(kernel))];
  if (!load) throw new Error(`${kernel} has no reference.ts; there are: ${Object.keys(texts).join(', ')}`);
  return load();
}
