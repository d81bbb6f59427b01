/**
 * A shader variant is one .wgsl file. Everything the engine needs to know about it is read from its text:
 *
 *   //! One line saying what is special about it.
 *   //! grid: rows / workgroup_size, tokens      workgroups along x, y, z, rounded up
 *   //! use: format                              append formats/<weight format>.wgsl (or a file of shared/ or formats/ by name),
 *                                                and the files that it uses itself
 *   //! formats: q4_k q6_k                       in a kernel family: only for these weight formats
 *   const workgroup_size = 64u; // knob: 32 64 128
 *   //! error: 1e-4 because it rounds x to 8 bits   allowed instead of the kernel's tolerance
 *   const_assert workgroup_size <= 128u;         knob settings that break it are excluded
 *   //! subgroup: lanes                          smallest subgroup size that it works with
 *   //! reads: nonzero * rows / 2                bytes of the matrix that a use reads, where x has zeros (lab/measure/zeros.ts)
 *   //! unroll: written_out                      loops of constant length are written out, up to so many copies (unroll.ts)
 *   //! sizes: known_sizes                       if not 0, `sizes` is a constant when a pipeline is made, one for each shape
 *
 * A variant of several passes has `//! pass <entry point>: <grid>` lines instead of `//! grid:`, and may declare
 * temporary buffers with `//! scratch <name>: <length in four-byte elements>`. `//! let <name>: <whole number>` names a
 * number for the lines after it; a pass with no workgroups is left out.
 *
 * A variant may keep the matrix that is bound as `weight` in a layout of its own: `//! resident <name>: <length>` is a
 * buffer that stays as long as the plans, one for each matrix, and `//! load <entry point>: <grid>` a pass that fills it
 * from `weight` once, before anything is timed. The load passes write the buffer that the passes read as `<name>` under
 * a second name with the same binding number:
 *
 *   @group(0) @binding(4) var<storage, read> halves: array<vec4<u32>>;
 *   @group(0) @binding(4) var<storage, read_write> loaded_halves: array<vec4<u32>>;
 */
import { arithmetic, type Lookup, wholeOrUndefined } from './arithmetic';
import { type BindingEntry, bindingsOf } from './bindings';
import { HeaderError, type HeaderKey, readHeader } from './header';
import type { Sizes } from './kernel';
import { boundedKnobs, type Knob } from './knobs';
import { LINE_BREAK, splitAtCommas, tokenize } from './tokens';
import { bareCode, constantSizes, constantValues, type Module, readModule, replaceConstants } from './wgsl';
import { entryPointNeeds } from './workgroup';
import { writeOut } from './written';

export { statedFormats } from './header';
export { knobsKey, readKnobs } from './knobs';
export type { BindingEntry, Knob };

export interface Variant {
  kernel: string;
  name: string;
  about: string;
  /** The weight format of the variant, in a kernel family. */
  format?: string;
  /** The file with its knobs' present values, as the editor shows it. The built page has only its head (sources.ts). */
  text: string;
  /** The shared files that the variant uses, in the order in which they are appended to the text. */
  appended: SourceFile[];
  /** The text as compiled (`compiledText`): the shared files follow the text, so that errors keep its line numbers. */
  wgsl: string;
  passes: Pass[];
  scratch: { name: string; length: string }[];
  /** Layouts of its own in which the variant keeps the matrix `weight`; the passes in `loads` fill them once. */
  resident: { name: string; length: string }[];
  loads: Pass[];
  /** Bytes of the matrix that a use reads, if that depends on the zeros of x. */
  reads?: string;
  /** Numbers named in the header, rounded up. */
  lets: { name: string; value: string }[];
  /** Largest error allowed, if the variant rounds on purpose and states more than its kernel's tolerance. */
  error?: number;
  knobs: Record<string, Knob>;
  bindings: BindingEntry[];
  /** The bindings that the load passes see: the sizes, the matrix, and the resident layouts to write. */
  loadBindings: BindingEntry[];
  /** Smallest subgroup size with which the variant works, in threads: an expression of the text's constants. */
  subgroup?: string;
  /** Not 0 if the compiler is to know the sizes: an expression of the text's constants. */
  knownSizes?: string;
  /** Optional features that the variant enables, by their WebGPU names. */
  features: GPUFeatureName[];
  /** WGSL language features that the variant requires. */
  languageFeatures: string[];
}

/** A file of shared/ or formats/ that variants append with `//! use:`. */
export interface SourceFile {
  /** Path below src/lib/shaders: `formats/q4_k.wgsl`. */
  path: string;
  text: string;
}

export interface Pass {
  entryPoint: string;
  grid: string[];
}

/** Bounds of texts from outside: all that is done with a text is proportional to its length times these. */
const LONGEST_TEXT = 1_000_000;
const MOST_FIELDS = 64;
const MOST_SETTINGS = 4096;

const FEATURES: Record<string, string> = {
  f16: 'shader-f16',
  subgroups: 'subgroups',
  chromium_experimental_subgroup_matrix: 'chromium-experimental-subgroup-matrix',
};

/** Shared files that notebooks may still use under a name from before version 0.2.0. */
const FORMER_FILES: Record<string, string> = { parts: 'splits' };

/**
 * Reads a file's text. `shared` holds shared/*.wgsl and formats/*.wgsl by name; `format` is the weight format in a
 * kernel family. Throws an Error for a text without a grid, and for a file that does not exist.
 */
export function parseVariant(
  kernel: string,
  name: string,
  text: string,
  shared: Record<string, SourceFile> = {},
  format?: string,
): Variant {
  const label = `${kernel}/${name}`;
  if (text.length > LONGEST_TEXT)
    throw new HeaderError(`${label} has ${text.length} characters; at most ${LONGEST_TEXT} are possible`);
  const { about, fields } = readHeader(text);
  if (fields.length > MOST_FIELDS)
    throw new HeaderError(
      `${label} has ${fields.length} header lines; at most ${MOST_FIELDS} are possible`,
      fields[MOST_FIELDS].line,
    );
  const all = (key: HeaderKey) => fields.filter((field) => field.key === key);
  const passesOf = (key: HeaderKey) =>
    all(key).map(({ word, value }) => ({ entryPoint: word || 'main', grid: list(value) }));
  const lengthsOf = (key: HeaderKey) => all(key).map(({ word, value }) => ({ name: word, length: value }));
  const passes = [...passesOf('grid'), ...passesOf('pass')];
  if (passes.length === 0)
    throw new Error(`${label} has no "//! grid:" line, which says how many workgroups run`);

  const used = all('use').flatMap(({ value, line }) =>
    list(value).flatMap((word) => {
      const named = Object.hasOwn(FORMER_FILES, word) ? FORMER_FILES[word] : word;
      const include = named === 'format' && format ? format : named;
      if (Object.hasOwn(shared, include)) return withOwn(shared[include], shared);
      const possible = Object.keys(shared).join(', ');
      throw new HeaderError(`${label} uses ${include}.wgsl; there are: ${possible}`, line);
    }),
  );
  const appended = [...new Set(used)];
  const modules = modulesOf({ text, appended });
  const resident = lengthsOf('resident');
  return withCompiledText({
    kernel,
    name,
    about,
    format,
    text,
    appended,
    passes,
    scratch: lengthsOf('scratch'),
    resident,
    loads: passesOf('load'),
    reads: all('reads').map(({ value }) => value)[0],
    lets: all('let').map(({ word, value }) => ({ name: word, value })),
    error: all('error').map(({ value }) => parseFloat(value))[0],
    knobs: boundedKnobs(text, label),
    subgroup: all('subgroup').map(({ value }) => value)[0],
    knownSizes: all('sizes').map(({ value }) => value)[0],
    ...bindingsOf(
      modules,
      lookupIn(modules),
      resident.map(({ name }) => name),
    ),
    features: directives(modules, 'enable').map(
      (extension) => (FEATURES[extension] ?? extension) as GPUFeatureName,
    ),
    languageFeatures: directives(modules, 'requires'),
  });
}

/** Adds the compiled text, which is made when it is read: a page runs few of its variants, and writing out loops takes longest. */
function withCompiledText(rest: Omit<Variant, 'wgsl'>): Variant {
  let wgsl: string | undefined;
  return {
    ...rest,
    get wgsl() {
      return (wgsl ??= compiledText(rest.text, rest.appended));
    },
  };
}

/**
 * The text as it is compiled: followed by the files that it uses, each under a comment line with its path. With `//! unroll:`,
 * loops of constant length are written out; line numbers stay the same.
 */
export function compiledText(text: string, appended: readonly SourceFile[], write = writeOut): string {
  const whole = [text, ...appended.map((file) => `// ${file.path}\n${file.text}`)].join('\n');
  const stated = readHeader(text).fields.find(({ key }) => key === 'unroll');
  if (!stated) return whole;
  const lookup = lookupIn(modulesOf({ text, appended }));
  const most = wholeOrUndefined(tokenize(stated.value).tokens, lookup) ?? 1;
  return most > 1 ? write(whole, most, lookup) : whole;
}

/** The file and line of a line of the compiled text (from 1); `path` is undefined for the variant's own text. */
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

/**
 * The messages about what a person wrote: those about further copies of a written-out loop lie past the end of their line, and
 * are left out if there are others.
 */
export function aboutSource<Message extends { lineNum: number; linePos: number }>(
  { text, appended }: Pick<Variant, 'text' | 'appended'>,
  messages: readonly Message[],
): Message[] {
  const lines = compiledText(text, appended, (whole) => whole).split(LINE_BREAK);
  const first = messages.filter(({ lineNum, linePos }) => linePos <= (lines[lineNum - 1]?.length ?? 0) + 1);
  return first.length ? first : messages.slice(0, 1);
}

/** True for the choice to leave the work of a kernel to those that it joins (`apart`). */
export const isApart = ({ passes }: Pick<Variant, 'passes'>) => passes.length === 0;

/**
 * The variant with some knobs set to other values. Rewrites their declarations, so that the text shown is the text that
 * runs. Throws for an unknown knob or choice.
 */
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

/**
 * The combinations of a variant's knob choices that its own assertions allow, the last knob varying fastest; only the first
 * MOST_SETTINGS combinations are looked at.
 */
export function* knobSettings(variant: Variant): Generator<Record<string, number>> {
  const knobs = Object.entries(variant.knobs);
  const total = knobs.reduce((product, [, { choices }]) => product * choices.length, 1);
  for (let index = 0; index < Math.min(total, MOST_SETTINGS); index++) {
    let rest = index;
    const values: Record<string, number> = {};
    for (const [name, { choices }] of knobs.toReversed()) {
      values[name] = choices[rest % choices.length];
      rest = Math.floor(rest / choices.length);
    }
    if (!brokenAssertion(variant, values)) yield values;
  }
}

/** Text of the first `const_assert` that the knobs break; undefined if all hold or only the compiler can tell. */
export function brokenAssertion(
  variant: Pick<Variant, 'text' | 'appended'>,
  knobs: Record<string, number> = {},
): string | undefined {
  const modules = modulesOf(variant);
  const lookup = lookupIn(modules, knobs);
  const assertions = modules.flatMap((module) => module.assertions);
  return assertions.find(({ value }) => wholeOrUndefined(value, lookup) === 0)?.text;
}

/** Threads and bytes of workgroup memory of an entry point; 0 if the text does not tell. */
export function passNeeds(
  variant: Pick<Variant, 'text' | 'appended'>,
  entryPoint: string,
): { invocations: number; memoryBytes: number } {
  const modules = modulesOf(variant);
  return entryPointNeeds(modules, lookupIn(modules), entryPoint);
}

/** Threads and bytes of workgroup memory, each of the pass that needs the most; 0 if the text does not tell. */
export function workgroupNeeds(variant: Variant): { invocations: number; memoryBytes: number } {
  const needs = [...variant.passes, ...variant.loads].map(({ entryPoint }) => passNeeds(variant, entryPoint));
  return {
    invocations: Math.max(...needs.map(({ invocations }) => invocations)),
    memoryBytes: Math.max(...needs.map(({ memoryBytes }) => memoryBytes)),
  };
}

/** The compiled code without comments and unused constants: knob settings with the same code share a pipeline. */
export const codeOf = (variant: Variant): string =>
  [bareCode(variant.wgsl), ...(knowsSizes(variant) ? ['//! sizes'] : [])].join('\n');

/** True if the variant's sizes are constants of its code. */
export const knowsSizes = (variant: Variant): boolean =>
  variant.knownSizes !== undefined && evaluate(variant.knownSizes, variant, {}) !== 0;

/** The variant as it is compiled for these sizes: with them as constants if its header asks for that, else unchanged. */
export const withSizes = (variant: Variant, sizes: Sizes): Variant =>
  knowsSizes(variant) ? { ...variant, wgsl: constantSizes(variant.wgsl, Object.values(sizes)) } : variant;

/** The whole-number constants of a variant's text and of the files it uses, by name. */
export const constantsOf = (variant: Pick<Variant, 'text' | 'appended'>): Record<string, number> =>
  constantValues(modulesOf(variant).flatMap(({ constants }) => constants));

/** The constants of each variant, and what was evaluated with them: plans of 32 layers ask for the same some thousand times. */
const evaluated = new WeakMap<Variant, { constants: Record<string, number>; values: Map<string, number> }>();
const MOST_EVALUATED = 1000;

/**
 * The value of a header length or grid axis such as `heads * tokens / tile_tokens`, rounded up. Names are sizes, or
 * constants of the text. Throws an Error that begins with the variant's name.
 */
export function evaluate(expression: string, variant: Variant, sizes: Sizes): number {
  try {
    const known = evaluated.get(variant) ?? { constants: constantsOf(variant), values: new Map() };
    evaluated.set(variant, known);
    if (known.values.size >= MOST_EVALUATED) known.values.clear();
    const key = JSON.stringify([expression, sizes]);
    const value = known.values.get(key) ?? evaluateWith(known.constants, expression, variant, sizes);
    known.values.set(key, value);
    return value;
  } catch (error) {
    throw new Error(`${variant.kernel}/${variant.name}: ${(error as Error).message}`, { cause: error });
  }
}

function evaluateWith(
  constants: Record<string, number>,
  expression: string,
  { lets }: Variant,
  sizes: Sizes,
): number {
  const names = { ...sizes, ...constants };
  for (const { name, value } of lets) names[name] = Math.ceil(arithmetic(value, names));
  return Math.ceil(arithmetic(expression, names));
}

/** A shared file and those that its own `//! use:` names; these name no others. */
const withOwn = (file: SourceFile, shared: Record<string, SourceFile>): SourceFile[] => [
  file,
  ...readHeader(file.text)
    .fields.filter(({ key }) => key === 'use')
    .flatMap(({ value }) => list(value).map((name) => shared[name])),
];

const modulesOf = ({ text, appended }: { text: string; appended: readonly SourceFile[] }): Module[] =>
  [text, ...appended.map((file) => file.text)].map(readModule);

function lookupIn(modules: readonly Module[], knobs?: Record<string, number>): Lookup {
  const values = constantValues(
    modules.flatMap(({ constants }) => constants),
    knobs,
  );
  return (name) => (Object.hasOwn(values, name) ? values[name] : undefined);
}

const directives = (modules: Module[], name: 'enable' | 'requires') =>
  modules.flatMap((module) =>
    module.directives.filter((directive) => directive.name === name).flatMap(({ words }) => words),
  );

/** The expressions between commas, as written. */
const list = (text: string): string[] =>
  splitAtCommas(tokenize(text).tokens, 'expressions').map((part) =>
    text.slice(part[0].start, part.at(-1)!.end),
  );

/** A shader of a notebook, written or allowed by the user. */
export interface OwnVariant {
  /** A kernel; or a family of kernels (matmul), for all weight formats that the text allows. */
  kernel: string;
  name: string;
  wgsl: string;
}
