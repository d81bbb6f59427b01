/** The references' own texts, loaded when somebody wants to read one. */
import { familyOf } from '../../lab/experiment/catalogue';

const texts = import.meta.glob<string>('../../shaders/*/reference.ts', { query: '?raw', import: 'default' });

/** The text of the reference.ts that is a kernel's contract. */
export function referenceText(kernel: string): Promise<string> {
  const path = (folder: string) => `../../shaders/${folder}/reference.ts`;
  const load = texts[path(kernel)] ?? texts[path(familyOf(kernel))];
  if (!load) throw new Error(`${kernel} has no reference.ts; there are: ${Object.keys(texts).join(', ')}`);
  return load();
}
