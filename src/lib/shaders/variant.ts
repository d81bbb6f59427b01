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
import { arithmetic, constants } from './arithmetic';
import type { Sizes } from './kernel';

export interface Variant {
  kernel: string;
  name: string;
  about: string;
  /** In a kernel family, the weight format it is made for. */
  format?: string;
  /** The file, with its knobs as they are turned: what a reader or an editor sees. In the built page only its head: sources.ts. */
  text: string;
  /** What is compiled: the text, then the shared functions it uses, so that errors keep the file's line numbers. */
  wgsl: string;
  passes: Pass[];
  scratch: { name: string; length: string }[];
  /** Layouts of its own that it keeps of the matrix `weight`, and the passes that fill them, once. */
  resident: { name: string; length: string }[];
  loads: Pass[];
  /** Numbers named in the header, rounded up. */
  lets: { name: string; value: string }[];
  /** Error it states for itself, where that is more than its kernel's tolerance: it rounds on purpose. */
  error?: number;
  knobs: Record<string, Knob>;
  bindings: BindingEntry[];
  /** Of these, what the load passes see: the sizes, the matrix, and its layouts to write. */
  loadBindings: BindingEntry[];
  /** Threads that it needs at least in a subgroup, whatever the GPU: an expression of the text's constants. */
  subgroup?: string;
  /** Optional features it enables, by their WebGPU names. */
  features: GPUFeatureName[];
  /** WGSL language features it requires. */
  languageFeatures: string[];
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

const KNOB = /^const (\w+)(?:\s*:\s*u32)?\s*=\s*(\d+)u?;\s*\/\/ knob: ([\d ]+)/gm;
const BINDING = /@group\(0\)\s*@binding\((\d+)\)\s*var<(\w+)(?:,\s*(\w+))?>\s*(\w+)/g;
const FEATURES: Record<string, string> = {
  f16: 'shader-f16',
  subgroups: 'subgroups',
  chromium_experimental_subgroup_matrix: 'chromium-experimental-subgroup-matrix',
};

/** Reads a file's text. `shared` holds the texts of shared/*.wgsl and formats/*.wgsl; `format` is the weight format in a kernel family. */
export function parseVariant(
  kernel: string,
  name: string,
  text: string,
  shared: Record<string, string> = {},
  format?: string,
): Variant {
  const label = `${kernel}/${name}`;
  const header = [...text.matchAll(/^\/\/! ?(.*)$/gm)].map((line) => line[1]);
  const fields = headerFields(header);
  const all = (key: string) => fields.filter((field) => field.key === key);
  const passesOf = (key: string) =>
    all(key).map(({ word, value }) => ({ entryPoint: word || 'main', grid: list(value) }));
  const lengthsOf = (key: string) => all(key).map(({ word, value }) => ({ name: word, length: value }));
  const passes = [...passesOf('grid'), ...passesOf('pass')];
  if (passes.length === 0) throw new Error(`${label} says nothing of its size: add a "//! grid:" line`);

  const includes = all('use')
    .flatMap(({ value }) => list(value))
    .map((include) => (include === 'format' && format ? format : include))
    .map((include) => {
      if (!Object.hasOwn(shared, include))
        throw new Error(`${label} uses shared/${include}.wgsl; there are: ${Object.keys(shared).join(', ')}`);
      return shared[include];
    });
  const wgsl = [text, ...includes].join('\n');
  const resident = lengthsOf('resident');
  return {
    kernel,
    name,
    about: header[0] ?? '',
    format,
    text,
    wgsl,
    passes,
    scratch: lengthsOf('scratch'),
    resident,
    loads: passesOf('load'),
    lets: all('let').map(({ word, value }) => ({ name: word, value })),
    error: all('error').map(({ value }) => parseFloat(value))[0],
    knobs: readKnobs(text),
    subgroup: all('subgroup').map(({ value }) => value)[0],
    ...readBindings(
      wgsl,
      resident.map(({ name }) => name),
    ),
    features: enabled(wgsl, 'enable').map(
      (extension) => (FEATURES[extension] ?? extension) as GPUFeatureName,
    ),
    languageFeatures: enabled(wgsl, 'requires'),
  };
}

/** The weight formats a family's file says it is for; undefined when it says nothing, which means all. */
export function statedFormats(text: string): string[] | undefined {
  return /^\/\/! formats: (.+)$/m
    .exec(text)?.[1]
    .trim()
    .split(/[\s,]+/);
}

/** The variant with some knobs turned. Rewrites their declarations, so the text you read is the text that runs. */
export function withKnobs(variant: Variant, values: Record<string, number>): Variant {
  const label = `${variant.kernel}/${variant.name}`;
  const knobs = { ...variant.knobs };
  let { text, wgsl } = variant;
  for (const [name, value] of Object.entries(values)) {
    if (!Object.hasOwn(knobs, name))
      throw new Error(`${label} has no knob "${name}"; it has: ${Object.keys(knobs).join(', ') || 'none'}`);
    if (!knobs[name].choices.includes(value))
      throw new Error(`${label}: ${name} cannot be ${value}; its choices: ${knobs[name].choices.join(', ')}`);
    text = turnKnob(text, name, value);
    wgsl = turnKnob(wgsl, name, value);
    knobs[name] = { ...knobs[name], value };
  }
  return { ...variant, text, wgsl, knobs };
}

/** The text with one knob turned: its declaration says another number, all else stays as it is. */
export function turnKnob(text: string, name: string, value: number): string {
  return text.replace(new RegExp(`^(const ${name}\\b[^=]*=\\s*)\\d+`, 'm'), `$1${value}`);
}

/** Every combination of a variant's knob choices that its own assertions allow. */
export function knobSettings(variant: Variant): Record<string, number>[] {
  const choices = Object.entries(variant.knobs).map(([name, knob]) => [name, knob.choices] as const);
  return product(Object.fromEntries(choices)).filter(
    (values) => !brokenAssertion(withKnobs(variant, values)),
  );
}

/** A variant as it is, with each knob at its lowest and highest, and with all of them there; as far as its assertions allow. */
export function knobEnds(variant: Variant): Variant[] {
  const knobs = Object.entries(variant.knobs);
  const all = (pick: (...values: number[]) => number) =>
    Object.fromEntries(knobs.map(([name, { choices }]) => [name, pick(...choices)]));
  const single = knobs.flatMap(([name, { choices }]) => [
    { [name]: Math.min(...choices) },
    { [name]: Math.max(...choices) },
  ]);
  const turned = [{}, ...single, all(Math.min), all(Math.max)].map((values) => withKnobs(variant, values));
  const distinct = new Map(turned.map((setting) => [setting.wgsl, setting]));
  return [...distinct.values()].filter((setting) => !brokenAssertion(setting));
}

/** The first `const_assert` that the variant's knobs break; undefined when all hold. */
export function brokenAssertion({ wgsl }: Variant): string | undefined {
  const names = constants(wgsl);
  const assertions = [...wgsl.matchAll(/^const_assert ([^;]+);/gm)].map((match) => match[1]);
  return assertions.find((assertion) => arithmetic(assertion, names, true) === 0);
}

/** Threads and bytes of memory a workgroup takes, from the text: what an adapter's limits are compared with. */
export function workgroupNeeds({ wgsl }: Variant): { invocations: number; memoryBytes: number } {
  const names = constants(wgsl);
  const invocations = [...wgsl.matchAll(/@workgroup_size\(([^)]+)\)/g)].map((match) =>
    list(match[1]).reduce((threads, axis) => threads * arithmetic(axis, names, true), 1),
  );
  const arrays = [...wgsl.matchAll(/^var<workgroup>\s*\w+\s*:\s*array<\s*([\w<>]+)\s*,\s*([^;]+)>\s*;/gm)];
  const buffers = [...wgsl.matchAll(/^var<workgroup>\s*\w+\s*:\s*buffer<([^;]+)>\s*;/gm)];
  const bytes = [
    ...arrays.map(([, type, length]) => elementBytes(type) * arithmetic(length, names, true)),
    ...buffers.map(([, length]) => arithmetic(length, names, true)),
  ];
  return { invocations: Math.max(...invocations), memoryBytes: bytes.reduce((sum, part) => sum + part, 0) };
}

/**
 * What of a text a compiler turns into code: no comments, no constants that only the header uses. Settings of the knobs
 * with the same code share a pipeline.
 */
export function codeOf({ wgsl }: Variant): string {
  const bare = wgsl.replace(/\/\/.*$/gm, '');
  return bare.replace(/^const (\w+)[^;]*;/gm, (declaration, name: string) =>
    bare.match(new RegExp(`\\b${name}\\b`, 'g'))!.length > 1 ? declaration : '',
  );
}

/** Cartesian product of named lists: { a: [1, 2], b: [3] } → [{ a: 1, b: 3 }, { a: 2, b: 3 }]. */
export function product<T>(lists: Record<string, readonly T[]>): Record<string, T>[] {
  return Object.entries(lists).reduce<Record<string, T>[]>(
    (rows, [name, values]) => rows.flatMap((row) => values.map((value) => ({ ...row, [name]: value }))),
    [{}],
  );
}

/** A header length or grid axis such as `heads * tokens / tile_tokens`, rounded up. Names are sizes, or constants of the text. */
export function evaluate(expression: string, variant: Variant, sizes: Sizes): number {
  try {
    const names = { ...sizes, ...constants(variant.wgsl) };
    for (const { name, value } of variant.lets) names[name] = Math.ceil(arithmetic(value, names));
    return Math.ceil(arithmetic(expression, names));
  } catch (error) {
    throw new Error(`${variant.kernel}/${variant.name}: ${(error as Error).message}`, { cause: error });
  }
}

function headerFields(header: string[]): { key: string; word: string; value: string }[] {
  return header.flatMap((line) => {
    const field = /^(grid|pass|use|scratch|resident|load|formats|let|error|subgroup)(?: (\w+))?: (.+)$/.exec(
      line,
    );
    return field ? [{ key: field[1], word: field[2] ?? '', value: field[3] }] : [];
  });
}

/** The knobs that a text declares, whatever else is wrong with it. */
export function readKnobs(text: string): Record<string, Knob> {
  return Object.fromEntries(
    [...text.matchAll(KNOB)].map(([, name, value, choices]) => [
      name,
      { value: Number(value), choices: choices.trim().split(/\s+/).map(Number) },
    ]),
  );
}

/** Bindings of the passes and of the load passes: of two variables with the same number, the second is the latter's. */
function readBindings(wgsl: string, resident: string[]): Pick<Variant, 'bindings' | 'loadBindings'> {
  const declared = [...wgsl.matchAll(BINDING)].map(([, binding, space, access, name]): BindingEntry => ({
    name,
    binding: Number(binding),
    type: space === 'uniform' ? 'uniform' : access === 'read_write' ? 'storage' : 'read-only-storage',
  }));
  const first = new Map([...declared].reverse().map((entry) => [entry.binding, entry]));
  const last = new Map(declared.map((entry) => [entry.binding, entry]));
  const bindings = declared.filter((entry) => first.get(entry.binding) === entry);
  const loadBindings = bindings
    .filter(({ name }) => ['sizes', 'weight', ...resident].includes(name))
    .map((entry) => ({ ...entry, type: last.get(entry.binding)!.type }));
  return { bindings, loadBindings: resident.length ? loadBindings : [] };
}

const enabled = (wgsl: string, directive: 'enable' | 'requires') =>
  [...wgsl.matchAll(new RegExp(`^${directive} ([^;]+);`, 'gm'))].flatMap((match) => list(match[1]));

function elementBytes(type: string): number {
  const [, lanes = '1', scalar] = /^(?:vec([234])<?)?(\w+?)>?$/.exec(type) ?? [];
  return Number(lanes === '3' ? '4' : lanes) * (/^(f16|h)$/.test(scalar) ? 2 : 4);
}

/** The words between commas; those inside brackets stay together. */
function list(text: string): string[] {
  const words = [''];
  let depth = 0;
  for (const letter of text) {
    depth += Number(letter === '(') - Number(letter === ')');
    if (letter === ',' && depth === 0) words.push('');
    else words[words.length - 1] += letter;
  }
  return words.map((word) => word.trim()).filter((word) => word !== '');
}

/** A wgsl cell that the user wrote or allowed. */
export interface OwnVariant {
  /** A kernel, or a family of kernels (matmul) for all weight formats that the text allows. */
  kernel: string;
  name: string;
  wgsl: string;
}

export const knobsKey = ({ knobs }: Variant) =>
  Object.entries(knobs)
    .map(([name, { value }]) => `${name}=${value}`)
    .join(' ');
