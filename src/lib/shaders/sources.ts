/**
 * The shipped shaders as written. In the built page the registry has only their heads (vite.config.ts, head.ts): the
 * page loads this module with `loadSources` when a text is shown, sent or changed.
 */
import { familyOf } from './formats/formats';
import { writeOut } from './unroll';
import { compiledText, type SourceFile, type Variant } from './variant';

const texts = import.meta.glob<string>('./*/*.wgsl', { query: '?raw&whole', import: 'default', eager: true });

/** The file of a variant of the registry, with the knobs of the file. Throws if there is none. */
export function sourceOf({ kernel, name }: Pick<Variant, 'kernel' | 'name'>): string {
  const path = [kernel, familyOf(kernel)]
    .map((folder) => `./${folder}/${name}.wgsl`)
    .find((each) => Object.hasOwn(texts, each));
  if (!path) throw new Error(`There is no file of a shader ${kernel}/${name}`);
  return texts[path];
}

/** True if a text is exactly that of a shipped variant. */
export const isShipped = (text: string): boolean =>
  Object.entries(texts).some(([path, each]) => !/^\.\/(shared|formats)\//.test(path) && each === text);

/** The whole text that is compiled for a variant: its text, then the shared files, each under a line with its path. */
export const compiledSource = ({ text, appended }: Pick<Variant, 'text' | 'appended'>): string =>
  compiledText(text, wholeFiles({ appended }), writeOut);

/** The shared files of a variant as written. */
export const wholeFiles = ({ appended }: Pick<Variant, 'appended'>): SourceFile[] =>
  appended.map(({ path }) => ({ path, text: texts[`./${path}`] }));
