/**
 * A shader variant is one .wgsl file. Everything the engine needs to know about it is read from its text:
 *
 *   //! One line saying what is special about it.
 *   //! grid: rows / workgroup_size, tokens      workgroups along x, y, z, rounded up
 *   //! use: format                              append formats/<weight format>.wgsl (or a file of shared/ or formats/ by name)
 *   //! formats: q4_k q6_k                       in a kernel family: only for these weight formats
 *   const workgroup_size = 64u; // knob: 32 64 128
 *   //! error: 1e-4 because it rounds x to 8 bits   allowed instead of the kernel's tolerance
 *   const_assert workgroup_size <= 128u;         settings of the knobs that break it do not exist
 *   //! subgroup: lanes                          it needs subgroups of so many threads at least
 *
 * A variant of several passes has `//! pass <entry point>: <grid>` lines instead of `//! grid:`, and may ask for
 * buffers of its own with `//! scratch <name>: <length in four-byte elements>`. `//! let <name>: <whole number>` names a
 * number for the lines after it; a pass with no workgroups is left out.
 *
 * A variant may keep the matrix that is bound as `weight` in a layout of its own: `//! resident <name>: <length>` is a
 * buffer that stays as long as the plans, one for each matrix, and `//! load <entry point>: <grid>` a pass that fills it
 * from `weight` once, before anything is timed. What the passes read as `<name>`, the load passes write under a second
 * name with the same binding number:
 *
 *   @group(0) @binding(4) var<storage, read> halves: array<vec4<u32>>;
 *   @group(0) @binding(4) var<storage, read_write> loaded_halves: array<vec4<u32>>;
 */
import { arithmetic, type Lookup, wholeOrUndefined } from './arithmetic';
import { HeaderError, type HeaderKey, readHeader } from './header';
import type { Sizes } from './kernel';
import { LINE_BREAK, splitAtCommas, tokenize } from './tokens';
import { bareCode, constantValues, type Module, readModule, replaceConstants, type Variable } from './wgsl';
import { entryPointNeeds } from './workgroup';

export { statedFormats } from './header';

export interface Variant {
  kernel: string;
  name: string;
  about: string;
  /** In a kernel family, the weight format it is made for. */
  format?: string;
  /** The file, with its knobs at their present values: what the editor shows. In the built page only its head: sources.ts. */
  text: string;
  /** The shared files that it uses, in the order in which they are appended to the text. */
  appended: SourceFile[];
  /** The text as compiled (`compiledText`): the text, then the shared files, so that errors keep the text's line numbers. */
  wgsl: string;
  passes: Pass[];
  scratch: { name: string; length: string }[];
  /** Layouts of its own in which it keeps the matrix `weight`, and the passes that fill them once. */
  resident: { name: string; length: string }[];
  loads: Pass[];
  /** Numbers named in the header, rounded up. */
  lets: { name: string; value: string }[];
  /** The largest error allowed, where the variant rounds on purpose and states more than its kernel's tolerance. */
  error?: number;
  knobs: Record<string, Knob>;
  bindings: BindingEntry[];
  /** The bindings that the load passes see: the sizes, the matrix, and the resident layouts to write. */
  loadBindings: BindingEntry[];
  /** Smallest subgroup that it works with, in threads: an expression of the text's constants. */
  subgroup?: string;
  /** Optional features it enables, by their WebGPU names. */
  features: GPUFeatureName[];
  /** WGSL language features it requires. */
  languageFeatures: string[];
}

/** A file of shared/ or formats/ that variants append with `//! use:`. */
export interface SourceFile {
  /** `formats/q4_k.wgsl`: below src/lib/shaders. */
  path: string;
  text: string;
}

export interface Pass {
  entryPoint: string;
  grid: string[];
}

export interface BindingEntry {
  name: string;
  binding: number;
  type: GPUBufferBindingType;
}

export interface Knob {
  value: number;
  choices: number[];
}

const FEATURES: Record<string, string> = {
  f16: 'shader-f16',
  subgroups: 'subgroups',
  chromium_experimental_subgroup_matrix: 'chromium-experimental-subgroup-matrix',
};

/** Shared files that notebooks may still use by a name they had before version 0.2.0. */
const FORMER_FILES: Record<string, string> = { parts: 'splits' };

/** Reads a file's text. `shared` holds shared/*.wgsl and formats/*.wgsl by name; `format` is the weight format in a kernel family. */
export function parseVariant(
  kernel: string,
  name: string,
  text: string,
  shared: Record<string, SourceFile> = {},
  format?: string,
): Variant {
  const label = `${kernel}/${name}`;
  const { about, fields } = readHeader(text);
  const all = (key: HeaderKey) => fields.filter((field) => field.key === key);
  const passesOf = (key: HeaderKey) =>
    all(key).map(({ word, value }) => ({ entryPoint: word || 'main', grid: list(value) }));
  const lengthsOf = (key: HeaderKey) => all(key).map(({ word, value }) => ({ name: word, length: value }));
  const passes = [...passesOf('grid'), ...passesOf('pass')];
  if (passes.length === 0)
    throw new Error(`${label} has no "//! grid:" line, which says how many workgroups run`);

  const appended = all('use').flatMap(({ value, line }) =>
    list(value).map((word) => {
      const named = Object.hasOwn(FORMER_FILES, word) ? FORMER_FILES[word] : word;
      const include = named === 'format' && format ? format : named;
      if (Object.hasOwn(shared, include)) return shared[include];
      const possible = Object.keys(shared).join(', ');
      throw new HeaderError(`${label} uses ${include}.wgsl; there are: ${possible}`, line);
    }),
  );
  const modules = modulesOf({ text, appended });
  const resident = lengthsOf('resident');
  return {
    kernel,
    name,
    about,
    format,
    text,
    appended,
    wgsl: compiledText(text, appended),
    passes,
    scratch: lengthsOf('scratch'),
    resident,
    loads: passesOf('load'),
    lets: all('let').map(({ word, value }) => ({ name: word, value })),
    error: all('error').map(({ value }) => parseFloat(value))[0],
    knobs: readKnobs(text),
    subgroup: all('subgroup').map(({ value }) => value)[0],
    ...bindingsOf(
      modules,
      resident.map(({ name }) => name),
    ),
    features: directives(modules, 'enable').map(
      (extension) => (FEATURES[extension] ?? extension) as GPUFeatureName,
    ),
    languageFeatures: directives(modules, 'requires'),
  };
}

/** A text with the files it uses after it, each under a comment line with its path. */
export function compiledText(text: string, appended: readonly SourceFile[]): string {
  return [text, ...appended.map((file) => `// ${file.path}\n${file.text}`)].join('\n');
}

/** The file and line of a line of the compiled text (from 1); without a path it is the variant's own text. */
export function sourceLine(
  { text, appended }: Pick<Variant, 'text' | 'appended'>,
  line: number,
): { path?: string; line: number } {
  const linesOf = (each: string) => each.split(LINE_BREAK).length;
  let before = linesOf(text);
  if (line <= before) return { line };
  for (const file of appended) {
    before++; // the comment line with the path
    const own = linesOf(file.text);
    if (line <= before + own) return { path: file.path, line: Math.max(1, line - before) };
    before += own;
  }
  return { line: linesOf(text) };
}

/** The variant with some knobs set to other values. Rewrites their declarations, so that the text shown is the text that runs. */
export function withKnobs(variant: Variant, values: Record<string, number>): Variant {
  const label = `${variant.kernel}/${variant.name}`;
  const knobs = { ...variant.knobs };
  for (const [name, value] of Object.entries(values)) {
    if (!Object.hasOwn(knobs, name))
      throw new Error(`${label} has no knob "${name}"; it has: ${Object.keys(knobs).join(', ') || 'none'}`);
    if (!knobs[name].choices.includes(value))
      throw new Error(`${label}: ${name} cannot be ${value}; its choices: ${knobs[name].choices.join(', ')}`);
    knobs[name] = { ...knobs[name], value };
  }
  const text = replaceConstants(variant.text, values);
  return { ...variant, text, wgsl: compiledText(text, variant.appended), knobs };
}

/** The text with one knob set to another value. */
export const turnKnob = (text: string, name: string, value: number) =>
  replaceConstants(text, { [name]: value });

/** Every combination of a variant's knob choices that its own assertions allow. */
export function knobSettings(variant: Variant): Record<string, number>[] {
  const choices = Object.entries(variant.knobs).map(([name, knob]) => [name, knob.choices] as const);
  return product(Object.fromEntries(choices)).filter((values) => !brokenAssertion(variant, values));
}

/** The variant as it is, with each knob at its smallest and largest choice, and with all of them there; as its assertions allow. */
export function knobEnds(variant: Variant): Variant[] {
  const knobs = Object.entries(variant.knobs);
  const all = (pick: (...values: number[]) => number) =>
    Object.fromEntries(knobs.map(([name, { choices }]) => [name, pick(...choices)]));
  const single = knobs.flatMap(([name, { choices }]) => [
    { [name]: Math.min(...choices) },
    { [name]: Math.max(...choices) },
  ]);
  const allowed = [{}, ...single, all(Math.min), all(Math.max)].filter(
    (values) => !brokenAssertion(variant, values),
  );
  const settings = allowed.map((values) => withKnobs(variant, values));
  return [...new Map(settings.map((setting) => [setting.wgsl, setting])).values()];
}

/** The first `const_assert` that the knobs break; undefined when all hold, or only the compiler can tell. */
export function brokenAssertion(
  variant: Pick<Variant, 'text' | 'appended'>,
  knobs: Record<string, number> = {},
): string | undefined {
  const modules = modulesOf(variant);
  const lookup = lookupIn(modules, knobs);
  const assertions = modules.flatMap((module) => module.assertions);
  return assertions.find(({ value }) => wholeOrUndefined(value, lookup) === 0)?.text;
}

/** Threads and bytes of workgroup memory of the pass that needs the most; 0 where the text does not tell. */
export function workgroupNeeds(variant: Variant): { invocations: number; memoryBytes: number } {
  const modules = modulesOf(variant);
  const lookup = lookupIn(modules);
  const needs = [...variant.passes, ...variant.loads].map(({ entryPoint }) =>
    entryPointNeeds(modules, lookup, entryPoint),
  );
  return {
    invocations: Math.max(...needs.map(({ invocations }) => invocations)),
    memoryBytes: Math.max(...needs.map(({ memoryBytes }) => memoryBytes)),
  };
}

/** The code that a variant compiles to, without comments and unused constants: settings of knobs with the same code share a pipeline. */
export const codeOf = ({ wgsl }: Variant): string => bareCode(wgsl);

/** Cartesian product of named lists: { a: [1, 2], b: [3] } → [{ a: 1, b: 3 }, { a: 2, b: 3 }]. */
function product<T>(lists: Record<string, readonly T[]>): Record<string, T>[] {
  return Object.entries(lists).reduce<Record<string, T>[]>(
    (rows, [name, values]) => rows.flatMap((row) => values.map((value) => ({ ...row, [name]: value }))),
    [{}],
  );
}

/** The whole-number constants of a variant's text and of the files it uses, by name. */
export const constantsOf = (variant: Pick<Variant, 'text' | 'appended'>): Record<string, number> =>
  constantValues(modulesOf(variant).flatMap(({ constants }) => constants));

/** A header length or grid axis such as `heads * tokens / tile_tokens`, rounded up. Names are sizes, or constants of the text. */
export function evaluate(expression: string, variant: Variant, sizes: Sizes): number {
  try {
    const names = { ...sizes, ...constantsOf(variant) };
    for (const { name, value } of variant.lets) names[name] = Math.ceil(arithmetic(value, names));
    return Math.ceil(arithmetic(expression, names));
  } catch (error) {
    throw new Error(`${variant.kernel}/${variant.name}: ${(error as Error).message}`, { cause: error });
  }
}

/** The knobs that a text declares, whatever else is wrong with it. */
export function readKnobs(text: string): Record<string, Knob> {
  const knobs = readModule(text).constants.flatMap(({ name, value, choices }) =>
    choices ? [[name, { value: parseInt(value[0].text), choices }] as const] : [],
  );
  return Object.fromEntries(knobs);
}

const modulesOf = ({ text, appended }: Pick<Variant, 'text' | 'appended'>): Module[] =>
  [text, ...appended.map((file) => file.text)].map(readModule);

function lookupIn(modules: readonly Module[], knobs?: Record<string, number>): Lookup {
  const values = constantValues(
    modules.flatMap(({ constants }) => constants),
    knobs,
  );
  return (name) => (Object.hasOwn(values, name) ? values[name] : undefined);
}

/** The bindings of the passes and those of the load passes, which see the second of two variables with the same number. */
function bindingsOf(modules: Module[], resident: string[]): Pick<Variant, 'bindings' | 'loadBindings'> {
  const lookup = lookupIn(modules);
  const declared = modules.flatMap(({ variables }) =>
    variables.flatMap((variable) => bindingOf(variable, lookup)),
  );
  const first = new Map([...declared].reverse().map((entry) => [entry.binding, entry]));
  const last = new Map(declared.map((entry) => [entry.binding, entry]));
  const bindings = declared.filter((entry) => first.get(entry.binding) === entry);
  const loadBindings = bindings
    .filter(({ name }) => ['sizes', 'weight', ...resident].includes(name))
    .map((entry) => ({ ...entry, type: last.get(entry.binding)!.type }));
  return { bindings, loadBindings: resident.length ? loadBindings : [] };
}

/** A buffer of group 0; nothing for other variables, which the compiler refuses where they cannot be. */
function bindingOf({ name, space, access, attributes }: Variable, lookup: Lookup): BindingEntry[] {
  const number = (attribute: string) => {
    const found = attributes.find((each) => each.name === attribute);
    return found && wholeOrUndefined(found.value, lookup);
  };
  const binding = number('binding');
  if (number('group') !== 0 || binding === undefined || !['uniform', 'storage'].includes(space)) return [];
  const type = space === 'uniform' ? space : access === 'read_write' ? 'storage' : 'read-only-storage';
  return [{ name, binding, type }];
}

const directives = (modules: Module[], name: 'enable' | 'requires') =>
  modules.flatMap((module) =>
    module.directives.filter((directive) => directive.name === name).flatMap(({ words }) => words),
  );

/** The expressions between commas, as they are written. */
const list = (text: string): string[] =>
  splitAtCommas(tokenize(text).tokens, 'expressions').map((part) =>
    text.slice(part[0].start, part.at(-1)!.end),
  );

/** A shader of a notebook that the user wrote or allowed. */
export interface OwnVariant {
  /** A kernel, or a family of kernels (matmul) for all weight formats that the text allows. */
  kernel: string;
  name: string;
  wgsl: string;
}

/** A variant's knobs as they are written in tables: `row_threads=16 tile_k=32`. */
export const knobsKey = ({ knobs }: Variant) =>
  Object.entries(knobs)
    .map(([name, { value }]) => `${name}=${value}`)
    .join(' ');
