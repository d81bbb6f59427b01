/** Whole-number arithmetic of shader texts: `//! grid:` lines, constants, array lengths, `const_assert`. */
import { tokenize, type Token } from './tokens.ts';

/** Deepest nesting of brackets and signs; deeper expressions are refused. */
const MOST_NESTED = 64;
/** Names that a message lists at most. */
const MOST_LISTED = 40;

const FUNCTIONS: Record<string, (...values: number[]) => number> = {
  min: Math.min,
  max: Math.max,
  floor: Math.floor,
  ceil: Math.ceil,
  abs: Math.abs,
  clamp: (value, low, high) => Math.min(Math.max(value, low), high),
  select: (otherwise, then, condition) => (condition === 0 ? otherwise : then),
  u32: (value) => value,
  i32: (value) => value,
};

const OPERATORS: Record<string, [precedence: number, apply: (a: number, b: number) => number]> = {
  '||': [1, (a, b) => Number(a !== 0 || b !== 0)],
  '&&': [2, (a, b) => Number(a !== 0 && b !== 0)],
  '|': [3, (a, b) => (a | b) >>> 0],
  '^': [4, (a, b) => (a ^ b) >>> 0],
  '&': [5, (a, b) => (a & b) >>> 0],
  '==': [6, (a, b) => Number(a === b)],
  '!=': [6, (a, b) => Number(a !== b)],
  '<': [7, (a, b) => Number(a < b)],
  '>': [7, (a, b) => Number(a > b)],
  '<=': [7, (a, b) => Number(a <= b)],
  '>=': [7, (a, b) => Number(a >= b)],
  '<<': [8, (a, b) => a * 2 ** b],
  '>>': [8, (a, b) => Math.floor(a / 2 ** b)],
  '+': [9, (a, b) => a + b],
  '-': [9, (a, b) => a - b],
  '*': [10, (a, b) => a * b],
  '/': [10, (a, b) => a / b],
  '%': [10, (a, b) => a % b],
};

/** Returns the value of a name; undefined if there is no such name. */
export type Lookup = (name: string) => number | undefined;

/**
 * The value of an expression; comparisons give 1 or 0. Throws an Error that says what cannot be read.
 * `whole` divides as WGSL's u32 does (towards zero); without it, division is exact, and grids round up at the end.
 */
export function arithmetic(expression: string, names: Record<string, number>, whole = false): number {
  const { tokens } = tokenize(expression);
  const lookup = (name: string) => (Object.hasOwn(names, name) ? names[name] : undefined);
  try {
    return valueOf(tokens, lookup, whole);
  } catch (error) {
    if (error instanceof UnknownName)
      throw new Error(
        `"${error.message}" in "${expression}" is no known name; known: ${listed(Object.keys(names))}`,
      );
    throw new Error(`"${expression}" ${(error as Error).message}`);
  }
}

/** The first names of a list, and how many more there are. */
function listed(names: readonly string[]): string {
  const more = names.length - MOST_LISTED;
  return names.slice(0, MOST_LISTED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

class UnknownName extends Error {}

/** The value of an expression given as tokens; throws if it is not whole-number arithmetic or a name has no value. */
export function valueOf(tokens: readonly Token[], lookup: Lookup, whole: boolean): number {
  const reader = new Reader(tokens, lookup, whole);
  const value = reader.operation(0, 0);
  if (!reader.atEnd) throw new Error(`goes on after its end: "${reader.peek()}"`);
  return value;
}

/** The value of a WGSL expression; undefined if it is not whole-number arithmetic of known names. */
export function wholeOrUndefined(tokens: readonly Token[], lookup: Lookup): number | undefined {
  try {
    return valueOf(tokens, lookup, true);
  } catch {
    return undefined;
  }
}

/** Reads an expression by precedence climbing. */
class Reader {
  #position = 0;

  constructor(
    readonly tokens: readonly Token[],
    readonly lookup: Lookup,
    readonly whole: boolean,
  ) {}

  peek(): string | undefined {
    return this.tokens[this.#position]?.text;
  }

  get atEnd(): boolean {
    return this.#position >= this.tokens.length;
  }

  /** The value of an operand and of the operators after it whose precedence is above `lowest`. */
  operation(lowest: number, depth: number): number {
    let left = this.#operand(depth);
    for (;;) {
      const operator = this.#operator();
      if (!operator || OPERATORS[operator][0] <= lowest) return left;
      this.#position += operator.length;
      const [precedence, apply] = OPERATORS[operator];
      const right = this.operation(precedence, depth);
      const value = apply(left, right);
      if (!Number.isFinite(value)) throw new Error('divides by zero or is too large');
      left = this.whole ? Math.trunc(value) : value;
    }
  }

  /** The operator at this position, of two characters if they are adjacent; its length is its number of tokens. */
  #operator(): string | undefined {
    const [first, second] = this.tokens.slice(this.#position, this.#position + 2);
    const both = first && second?.start === first.end ? first.text + second.text : '';
    return [both, first?.text ?? ''].find((text) => Object.hasOwn(OPERATORS, text));
  }

  #operand(depth: number): number {
    if (depth > MOST_NESTED) throw new Error('has too many brackets within one another');
    const token = this.tokens[this.#position++] as Token | undefined;
    if (!token) throw new UnknownName('nothing');
    if (token.kind === 'number') return wholeNumber(token.text);
    if (token.text === '(') return this.#bracketed(depth)[0];
    if (token.text === '-') return -this.#operand(depth + 1);
    if (token.text === '!') return Number(this.#operand(depth + 1) === 0);
    if (token.kind === 'symbol') throw new Error(`cannot be read from "${token.text}" on`);
    if (this.peek() === '(' && Object.hasOwn(FUNCTIONS, token.text)) {
      this.#position++;
      return FUNCTIONS[token.text](...this.#bracketed(depth));
    }
    const value = this.lookup(token.text);
    if (value === undefined) throw new UnknownName(token.text);
    return value;
  }

  /** The values between brackets, separated by commas; the opening bracket has been read. */
  #bracketed(depth: number): number[] {
    const values: number[] = [];
    do {
      values.push(this.operation(0, depth + 1));
    } while (this.peek() === ',' && this.#position++ && this.peek() !== ')');
    if (this.peek() !== ')') throw new Error('lacks a closing bracket');
    this.#position++;
    return values;
  }
}

/** `64`, `64u`, `0x40`; any other number is refused. */
function wholeNumber(text: string): number {
  if (!/^(?:0[xX][\da-fA-F]+|\d+)[iu]?$/.test(text))
    throw new Error(`has "${text}", which is no whole number`);
  return Number(text.replace(/[iu]$/, ''));
}
