/** Computes the threads and workgroup memory (bytes) of a pass; what the text does not tell counts as 0. */
import { type Lookup, wholeOrUndefined } from './arithmetic';
import { splitAtCommas, type Token } from './tokens';
import type { Function, Module } from './wgsl';

/** Size and alignment in bytes: https://www.w3.org/TR/WGSL/#alignment-and-size */
interface Layout {
  size: number;
  align: number;
}

/** Deepest nesting of arrays and structs; deeper types have no size here. */
const MOST_NESTED = 16;

/**
 * Threads and bytes of workgroup memory of an entry point; 0 if the text has no such function or does not state them in
 * whole numbers. Memory includes the variables that the function, or one that it calls, names, each rounded up to 16
 * bytes.
 */
export function entryPointNeeds(
  modules: readonly Module[],
  lookup: Lookup,
  entryPoint: string,
): { invocations: number; memoryBytes: number } {
  const functions = new Map(modules.flatMap(({ functions }) => functions.map((each) => [each.name, each])));
  const entry = functions.get(entryPoint);
  if (!entry) return { invocations: 0, memoryBytes: 0 };
  const used = namesUsed(entry, functions);
  const sizes = new TypeSizes(modules, lookup);
  const variables = modules
    .flatMap(({ variables }) => variables)
    .filter(({ space, name }) => space === 'workgroup' && used.has(name));
  const bytes = variables.map(({ type }) => roundUp(sizes.layoutOf(type)?.size ?? 0, 16));
  return {
    invocations: invocationsOf(entry, lookup),
    memoryBytes: bytes.reduce((sum, each) => sum + each, 0),
  };
}

function invocationsOf({ attributes }: Function, lookup: Lookup): number {
  const size = attributes.find(({ name }) => name === 'workgroup_size')?.value ?? [];
  const axes = splitAtCommas(size, 'expressions').map((axis) => wholeOrUndefined(axis, lookup));
  return axes.length && axes.every((axis) => axis !== undefined)
    ? axes.reduce((all, axis) => all * axis, 1)
    : 0;
}

/** All names in a function and in the functions that it calls, directly or indirectly. */
function namesUsed(entry: Function, functions: ReadonlyMap<string, Function>): Set<string> {
  const used = new Set<string>();
  const waiting = [entry];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    for (const name of next.uses) {
      if (used.has(name)) continue;
      used.add(name);
      const called = functions.get(name);
      if (called) waiting.push(called);
    }
  }
  return used;
}

class TypeSizes {
  /** Layouts of aliases and structs; undefined while being computed, so that a type containing itself has no size. */
  readonly #named = new Map<string, Layout | undefined>();
  readonly #types: Module['types'];

  constructor(
    modules: readonly Module[],
    readonly lookup: Lookup,
  ) {
    this.#types = new Map(modules.flatMap(({ types }) => [...types]));
  }

  layoutOf(type: readonly Token[], depth = 0): Layout | undefined {
    const [name, ...rest] = type;
    if (!name || depth > MOST_NESTED) return undefined;
    const parameters = rest[0]?.text === '<' ? splitAtCommas(rest.slice(1, -1), 'types') : [];
    switch (name.text) {
      case 'array':
        return this.#array(parameters, depth);
      case 'atomic':
        return this.layoutOf(parameters[0] ?? [], depth + 1);
      case 'buffer': {
        // An experimental type of Chromium: bytes that a subgroup matrix is loaded from.
        const size = wholeOrUndefined(parameters[0] ?? [], this.lookup);
        return size === undefined ? undefined : { size, align: 16 };
      }
    }
    return builtIn(name.text, parameters[0]?.[0]?.text) ?? this.#declared(name.text, depth);
  }

  #array([element = [], length = []]: Token[][], depth: number): Layout | undefined {
    const layout = this.layoutOf(element, depth + 1);
    const count = wholeOrUndefined(length, this.lookup);
    if (!layout || count === undefined) return undefined;
    return { size: count * roundUp(layout.size, layout.align), align: layout.align };
  }

  #declared(name: string, depth: number): Layout | undefined {
    const type = this.#types.get(name);
    if (this.#named.has(name) || !type) return this.#named.get(name);
    this.#named.set(name, undefined);
    const layout =
      type.kind === 'alias' ? this.layoutOf(type.body, depth + 1) : this.#struct(type.body, depth + 1);
    this.#named.set(name, layout);
    return layout;
  }

  #struct(body: readonly Token[], depth: number): Layout | undefined {
    let [end, align] = [0, 1];
    for (const member of splitAtCommas(body, 'types')) {
      const colon = member.findIndex(({ text }) => text === ':');
      const layout = this.layoutOf(member.slice(colon + 1), depth);
      if (!layout) return undefined;
      const own = Math.max(layout.align, this.#attribute(member.slice(0, colon), 'align') ?? 1);
      end = roundUp(end, own) + (this.#attribute(member.slice(0, colon), 'size') ?? layout.size);
      align = Math.max(align, own);
    }
    return { size: roundUp(end, align), align };
  }

  /** The number in a member's `@size(…)` or `@align(…)`. */
  #attribute(tokens: readonly Token[], name: string): number | undefined {
    const at = tokens.findIndex(({ text }, index) => text === name && tokens[index - 1]?.text === '@');
    if (at < 0) return undefined;
    const close = tokens.findIndex(({ text }, index) => index > at && text === ')');
    return wholeOrUndefined(tokens.slice(at + 2, close), this.lookup);
  }
}

const SCALARS: Record<string, number> = { u32: 4, i32: 4, f32: 4, bool: 4, f16: 2, u: 4, i: 4, f: 4, h: 2 };

/** Scalars, vectors and matrices: `vec4<f32>` and `vec4f`, `mat4x3<f16>` and `mat4x3h`. */
function builtIn(name: string, parameter = ''): Layout | undefined {
  const [, scalar, columns, rows, suffix] =
    /^(?:([uif]32|f16|bool)|(?:vec|mat([234])x)([234])([uifh]?))$/.exec(name) ?? [];
  if (scalar) return { size: SCALARS[scalar], align: SCALARS[scalar] };
  const bytes = Object.hasOwn(SCALARS, suffix || parameter) ? SCALARS[suffix || parameter] : undefined;
  if (!rows || !bytes) return undefined;
  const align = bytes * (rows === '2' ? 2 : 4);
  return columns ? { size: Number(columns) * align, align } : { size: Number(rows) * bytes, align };
}

const roundUp = (value: number, to: number) => Math.ceil(value / to) * to;
