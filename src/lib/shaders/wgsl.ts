/**
 * Reads the declarations of a WGSL text: only what the engine has to know before it compiles the text. Whatever cannot
 * be read or evaluated here is left out, so that the compiler has the last word. We need our own because
 * wgsl_reflect 1.6.0, the parser for JavaScript, refuses 25 of our 86 shaders (`x[i] >> 4u`, nested templates, subgroup
 * matrices) and weighs 61 KB gzipped.
 */
import { valueOf } from './arithmetic.ts';
import { LINE_BREAK, tokenize, type Comment, type Token } from './tokens.ts';

interface Declared {
  /** Offsets into the text: from the first attribute to the end of the declaration. */
  start: number;
  end: number;
}

/** `const` and `override` declarations; overrides run with their defaults. */
export interface Constant extends Declared {
  name: string;
  type: Token[];
  value: Token[];
  /** The choices of its `// knob:` comment. */
  choices?: number[];
}

export interface Variable extends Declared {
  name: string;
  /** `uniform`, `storage`, `workgroup`, … */
  space: string;
  /** `read_write`, …; empty if the declaration has none. */
  access: string;
  type: Token[];
  attributes: Attribute[];
}

export interface Function extends Declared {
  name: string;
  attributes: Attribute[];
  /** Every name in the function's body. */
  uses: ReadonlySet<string>;
}

interface Attribute {
  name: string;
  /** The tokens between its brackets. */
  value: Token[];
}

export interface Module {
  comments: Comment[];
  directives: (Declared & { name: string; words: string[] })[];
  constants: Constant[];
  assertions: (Declared & { value: Token[]; text: string })[];
  variables: Variable[];
  functions: Function[];
  /** `alias` (the type) and `struct` (its members) by name. */
  types: Map<string, { kind: 'alias' | 'struct'; body: Token[] }>;
}

const MOST_REMEMBERED = 256;
const remembered = new Map<string, Module>();

/** The declarations of a text. The last few hundred texts are cached, because knobs and grids are read repeatedly. */
export function readModule(text: string): Module {
  const known = remembered.get(text);
  if (known) return known;
  const module = new Scanner(text).module();
  if (remembered.size >= MOST_REMEMBERED) remembered.delete(remembered.keys().next().value!);
  remembered.set(text, module);
  return module;
}

class Scanner {
  readonly #tokens: Token[];
  readonly #comments: Map<number, Comment>;
  readonly #module: Module;
  #at = 0;

  constructor(readonly text: string) {
    const { tokens, comments } = tokenize(text);
    this.#tokens = tokens;
    this.#comments = new Map(comments.map((comment) => [comment.start, comment]));
    this.#module = {
      comments,
      ...{ directives: [], constants: [], assertions: [], variables: [], functions: [], types: new Map() },
    };
  }

  module(): Module {
    while (this.#at < this.#tokens.length) this.#declaration();
    return this.#module;
  }

  #declaration() {
    const { directives, assertions, types } = this.#module;
    const { start } = this.#tokens[this.#at];
    const attributes = this.#attributes();
    const keyword = this.#take();
    switch (keyword) {
      case 'enable':
      case 'requires': {
        const words = this.#until(';').filter(({ kind }) => kind === 'name');
        directives.push({ ...this.#span(start), name: keyword, words: words.map(({ text }) => text) });
        break;
      }
      case 'const':
      case 'override':
        this.#constant(start);
        break;
      case 'const_assert': {
        const value = this.#until(';');
        const text = this.text.slice(value[0]?.start, value.at(-1)?.end);
        assertions.push({ ...this.#span(start), value, text });
        break;
      }
      case 'alias': {
        const [name, , ...body] = this.#until(';');
        if (name) types.set(name.text, { kind: 'alias', body });
        break;
      }
      case 'struct':
        types.set(this.#take() ?? '', { kind: 'struct', body: this.#bracketed() });
        break;
      case 'var':
        this.#variable(start, attributes);
        break;
      case 'fn': {
        const name = this.#take() ?? '';
        this.#bracketed(); // the parameters
        while (this.#at < this.#tokens.length && !['{', ';'].includes(this.#peek())) this.#at++;
        const body = this.#bracketed().filter(({ kind }) => kind === 'name');
        const uses = new Set(body.map(({ text }) => text));
        this.#module.functions.push({ ...this.#span(start), name, attributes, uses });
      }
    }
  }

  #constant(start: number) {
    const [name, ...rest] = this.#until(';');
    if (name?.kind !== 'name') return;
    const equals = rest.findIndex(({ text }) => text === '=');
    const [type, value] = equals < 0 ? [rest, []] : [rest.slice(0, equals), rest.slice(equals + 1)];
    const span = this.#span(start);
    const gap = /[ \t]*/y;
    gap.lastIndex = span.end;
    const comment = this.#comments.get(span.end + gap.exec(this.text)![0].length);
    const [, choices] = /^\/\/ knob: *(\d[\d ]*)/.exec(comment?.text ?? '') ?? [];
    const isKnob = choices !== undefined && value.length === 1 && /^\d+u?$/.test(value[0].text);
    this.#module.constants.push({
      ...(isKnob ? { ...span, end: comment!.end } : span),
      name: name.text,
      type: type.slice(1),
      value,
      choices: isKnob ? choices.trim().split(/ +/).map(Number) : undefined,
    });
  }

  #variable(start: number, attributes: Attribute[]) {
    const words: string[] = [];
    if (this.#peek() === '<') {
      while (this.#at < this.#tokens.length && this.#peek() !== '>') words.push(this.#take()!);
      this.#at++;
    }
    const [space = '', access = ''] = words.filter((word) => word !== '<' && word !== ',');
    const [name, , ...rest] = this.#until(';');
    if (!name) return;
    const initial = rest.findIndex(({ text }) => text === '=');
    const type = initial < 0 ? rest : rest.slice(0, initial);
    this.#module.variables.push({ ...this.#span(start), name: name.text, space, access, type, attributes });
  }

  #attributes(): Attribute[] {
    const found: Attribute[] = [];
    while (this.#peek() === '@') {
      this.#at++;
      const name = this.#take() ?? '';
      found.push({ name, value: this.#peek() === '(' ? this.#bracketed() : [] });
    }
    return found;
  }

  #peek(): string {
    return this.#tokens[this.#at]?.text ?? '';
  }

  #take(): string | undefined {
    return this.#tokens[this.#at++]?.text;
  }

  /** From the offset of a declaration's first token to the end of the token that was read last. */
  #span(start: number): Declared {
    return { start, end: this.#tokens[Math.min(this.#at, this.#tokens.length) - 1].end };
  }

  /** The tokens before this symbol; the symbol is consumed too. */
  #until(symbol: string): Token[] {
    const start = this.#at;
    while (this.#at < this.#tokens.length && this.#peek() !== symbol) this.#at++;
    return this.#tokens.slice(start, this.#at++);
  }

  /** The tokens between the bracket at this position and the one that closes it; none if there is no bracket. */
  #bracketed(): Token[] {
    const open = this.#peek();
    const close = { '(': ')', '{': '}' }[open];
    if (!close) return [];
    const start = ++this.#at;
    for (let depth = 1; this.#at < this.#tokens.length; this.#at++) {
      depth += Number(this.#peek() === open) - Number(this.#peek() === close);
      if (depth === 0) break;
    }
    return this.#tokens.slice(start, this.#at++);
  }
}

/** Longest chain of constants declared after their use; constants in a longer chain have no value here. */
const LONGEST_CHAIN = 64;

/**
 * The values of the whole-number constants among these, in the order of the text; those of other types are left out.
 * `knobs` are values that replace those of the text.
 */
export function constantValues(
  constants: readonly Constant[],
  knobs: Record<string, number> = {},
): Record<string, number> {
  const byName = new Map(constants.map((constant) => [constant.name, constant]));
  const known = new Map<string, number | undefined>(Object.entries(knobs));
  let chain = 0;
  const lookup = (name: string): number | undefined => {
    const constant = byName.get(name);
    if (known.has(name) || !constant || chain > LONGEST_CHAIN) return known.get(name);
    known.set(name, undefined); // a constant that depends on itself has no value
    chain++;
    try {
      if (isWhole(constant.type)) known.set(name, valueOf(constant.value, lookup, true));
    } catch {
      // A float, a vector or a call of the text's own function: no grid, length or assertion depends on it here.
    } finally {
      chain--;
    }
    return known.get(name);
  };
  const values = [...byName.keys()].map((name) => [name, lookup(name)] as const);
  return Object.fromEntries(values.filter((entry): entry is [string, number] => entry[1] !== undefined));
}

/** True for types of whole-number arithmetic; a constant without a type is judged by its value. */
const isWhole = (type: Token[]) =>
  type.length === 0 || (type.length === 1 && ['u32', 'i32', 'bool'].includes(type[0].text));

/** A text with some of its knobs set to other values: only their numbers are replaced. */
export function replaceConstants(text: string, values: Record<string, number>): string {
  const pieces: string[] = [];
  let from = 0;
  for (const { name, value, choices } of readModule(text).constants) {
    if (!choices || !Object.hasOwn(values, name)) continue;
    const [{ start, text: number }] = value;
    pieces.push(text.slice(from, start), String(values[name]));
    from = start + number.replace(/u$/, '').length;
  }
  return [...pieces, text.slice(from)].join('');
}

/**
 * The text with its uniform `sizes` as a constant of the same type, for a compiler to reckon with; line numbers stay the same.
 * `values`: the members in order. A text without that uniform is returned as it is.
 */
export function constantSizes(text: string, values: number[]): string {
  const declared = readModule(text).variables.find(
    ({ name, space }) => name === 'sizes' && space === 'uniform',
  );
  if (!declared) return text;
  const { start, end, type } = declared;
  const breaks = text.slice(start, end).match(new RegExp(LINE_BREAK, 'g')) ?? [];
  const constant = `const sizes = ${type.map((token) => token.text).join('')}(${values.join(', ')});`;
  return `${text.slice(0, start)}${constant}${breaks.join('')}${text.slice(end).replace(/^;/, '')}`;
}

/**
 * The code of a text without comments and unused constants: texts with the same code share a pipeline. White space
 * becomes one space, and none is added.
 */
export function bareCode(text: string): string {
  const { tokens } = tokenize(text);
  const uses = new Map<string, number>();
  for (const { text: name } of tokens) uses.set(name, (uses.get(name) ?? 0) + 1);
  const unused = readModule(text).constants.filter(({ name }) => uses.get(name) === 1);
  const pieces: string[] = [];
  let end = 0;
  let next = 0;
  for (const token of tokens) {
    while (next < unused.length && unused[next].end <= token.start) next++;
    if (next < unused.length && unused[next].start <= token.start) continue;
    pieces.push(token.start === end ? token.text : ` ${token.text}`);
    end = token.end;
  }
  return pieces.join('');
}
