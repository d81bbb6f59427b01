/**
 * The shipped shaders as they are written. In the built page the registry has only their heads (vite.config.ts, head.ts):
 * this module is what it loads, with `loadSources`, where a text is shown, sent or changed.
 */
import { familyOf } from './formats/formats';
import { compiledText, type Variant } from './variant';

const texts = import.meta.glob<string>('./*/*.wgsl', { query: '?raw&whole', import: 'default', eager: true });

/** The file of a variant of the registry, knobs as they are there. */
export function sourceOf({ kernel, name }: Pick<Variant, 'kernel' | 'name'>): string {
  const path = [kernel, familyOf(kernel)]
    .map((folder) => `./${folder}/${name}.wgsl`)
    .find((each) => Object.hasOwn(texts, each));
  if (!path) throw new Error(`There is no file of a shader ${kernel}/${name}`);
  return texts[path];
}

/** Whether a text is that of a shipped variant, to the letter. */
export const isShipped = (text: string): boolean =>
  Object.entries(texts).some(([path, each]) => !/^\.\/(shared|formats)\//.test(path) && each === text);

/** The whole text that is compiled for a variant with this text: shared files appended, each under a line with its path. */
export const compiledSource = ({ text, appended }: Pick<Variant, 'text' | 'appended'>): string =>
  compiledText(
    text,
    appended.map(({ path }) => ({ path, text: texts[`./${path}`] })),
  );
