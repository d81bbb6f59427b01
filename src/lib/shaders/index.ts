/**
 * The registry. Adding a folder adds a kernel, adding a .wgsl file adds a variant; this file does not change.
 * A folder whose reference.ts exports a function of a weight format is a family: one kernel for each format.
 */
import type { Kernel } from './kernel';
import type { Format } from './formats/format';
import { formatNameOf, formats } from './formats/formats';
import { formatsField, HeaderError, statedFormats } from './header';
import { brokenAssertion, parseVariant, type Variant, withKnobs } from './variant';

/** Undefined for a format that the family does without. */
type Family = (format: Format) => Kernel | undefined;

const texts = Object.entries(
  import.meta.glob<string>('./*/*.wgsl', { query: '?raw', import: 'default', eager: true }),
);
const references = Object.entries(
  import.meta.glob<Kernel | Family>('./*/reference.ts', { import: 'default', eager: true }),
).map(([path, reference]) => [folder(path), reference] as const);

/** Folders whose texts are appended to variants (`//! use:`) and hold no variants. */
const APPENDED = ['shared', 'formats'];
const shared = Object.fromEntries(
  texts
    .filter(([path]) => APPENDED.includes(folder(path)))
    .map(([path, text]) => [stem(path), { path: path.slice('./'.length), text }]),
);

export const kernels: Record<string, Kernel> = Object.fromEntries(
  references.flatMap(([name, reference]) =>
    typeof reference === 'function'
      ? Object.values(formats).flatMap((format) => {
          const kernel = reference(format);
          return kernel ? [[`${name}_${format.name}`, kernel] as const] : [];
        })
      : [[name, reference] as const],
  ),
);

export const variants: Variant[] = texts
  .filter(([path]) => !APPENDED.includes(folder(path)))
  .flatMap(([path, text]) => variantsOf(folder(path), stem(path), text));

/** For each kernel that does the work of several: the choice `apart`, which is not a shader, to leave the work to them. */
export const apart: Variant[] = Object.entries(kernels).flatMap(([kernel, { instead }]) =>
  instead ? [withoutPasses(kernel, instead)] : [],
);

/** A variant by name. Throws an Error that lists the existing names. */
export function findVariant(kernel: string, name: string): Variant {
  const own = [...variantsFor(kernel), ...apart.filter((variant) => variant.kernel === kernel)];
  const found = own.find((variant) => variant.name === name);
  if (!found)
    throw new Error(`${kernel} has no variant "${name}"; it has: ${own.map((v) => v.name).join(', ')}`);
  return found;
}

/** All variants of a kernel. Throws for an unknown kernel, with the known ones. */
export function variantsFor(kernel: string): Variant[] {
  if (!Object.hasOwn(kernels, kernel))
    throw new Error(`There is no kernel "${kernel}"; there are: ${Object.keys(kernels).join(', ')}`);
  return variants.filter((variant) => variant.kernel === kernel);
}

/**
 * The knob settings of a variant to check: those of its text, and each knob at its ends. In a family only the q4_k
 * variant is checked at the ends: the other formats differ only in how sixteen weights are read, which no knob affects.
 */
export function settingsToCheck(variant: Variant): Variant[] {
  const { name, format, kernel } = variant;
  const twin = format && variants.find((v) => v.name === name && v.kernel === kernel.replace(format, 'q4_k'));
  return twin && twin !== variant ? [variant] : knobEnds(variant);
}

/**
 * The variant unchanged, and as few settings as bring each knob to its smallest and its largest choice: as many knobs at once as the
 * assertions allow, because each text takes seconds to compile on a software GPU. An end that its assertions never allow is left out.
 */
export function knobEnds(variant: Variant): Variant[] {
  const knobs = Object.entries(variant.knobs);
  const ends = (pick: (...values: number[]) => number) =>
    knobs.map(([name, { value, choices }]) => ({ name, value, end: pick(...choices) }));
  let left = [...ends(Math.min), ...ends(Math.max)].filter(({ value, end }) => end !== value);
  const settings = [variant];
  while (left.length > 0) {
    const values: Record<string, number> = {};
    for (const { name, end } of left)
      if (!(name in values) && !brokenAssertion(variant, { ...values, [name]: end })) values[name] = end;
    const rest = left.filter(({ name, end }) => values[name] !== end);
    if (rest.length === left.length) break;
    settings.push(withKnobs(variant, values));
    left = rest;
  }
  return settings;
}

/** Reads a text that is not in the registry (an edited shader) as if it were: same shared files, same rules. */
export function readVariant(kernel: string, name: string, text: string): Variant {
  variantsFor(kernel);
  return parseVariant(kernel, name, text, shared, formatNameOf(kernel));
}

/**
 * The variants that a text defines under a name, as a file in the owner's folder would: one for a kernel; one per
 * format that it allows for a family. Throws an Error that names what is unknown.
 */
export function readVariants(owner: string, name: string, text: string): Variant[] {
  const stated = statedFormats(text);
  const line = formatsField(text)?.line;
  const unknown = stated?.find((format) => !Object.hasOwn(formats, format));
  if (unknown) {
    const possible = Object.keys(formats).join(', ');
    throw new HeaderError(`${owner}/${name} is for the format ${unknown}; there are: ${possible}`, line);
  }
  if (references.some(([known]) => known === owner)) return variantsOf(owner, name, text);
  const variant = readVariant(owner, name, text);
  if (stated && variant.format && !stated.includes(variant.format))
    throw new HeaderError(`${owner}/${name} says it is for ${stated.join(', ')}, so not for ${owner}`, line);
  return [variant];
}

function withoutPasses(kernel: string, instead: string[]): Variant {
  const about = `Left to ${instead.join(', ')}`;
  const text = `//! ${about}\n`;
  return {
    ...{ kernel, name: 'apart', about, text, wgsl: text, format: formatNameOf(kernel) },
    ...{ appended: [], passes: [], scratch: [], resident: [], loads: [], lets: [], knobs: {} },
    ...{ bindings: [], loadBindings: [], features: [], languageFeatures: [] },
  };
}

function variantsOf(directory: string, name: string, text: string): Variant[] {
  const reference = references.find(([known]) => known === directory)?.[1];
  if (reference === undefined)
    throw new Error(`src/lib/shaders/${directory} has variants but no reference.ts`);
  if (typeof reference !== 'function') return [parseVariant(directory, name, text, shared)];
  const possible = Object.keys(formats).filter((format) => Object.hasOwn(kernels, `${directory}_${format}`));
  return (statedFormats(text) ?? possible).map((format) =>
    parseVariant(`${directory}_${format}`, name, text, shared, format),
  );
}

function folder(path: string): string {
  return path.split('/')[1];
}

function stem(path: string): string {
  return path.split('/')[2].replace('.wgsl', '');
}
