/**
 * Writes out loops with a constant number of rounds, for compilers that do not: Safari's puts a volatile counter into every
 * loop, which no later compiler may unroll (docs/safari.md). A loop is left as it is where its rounds are not constant, its
 * body has a `break` or `continue` of it or changes its variable, or too many copies would result.
 *
 * Line numbers stay right. The first copy has the lines of the loop, and the others follow its closing brace on the same line.
 */
import { type Lookup, wholeOrUndefined } from './arithmetic';
import { tokenize, type Token } from './tokens';

/** Most copies of a statement, whatever a text asks for. */
export const MOST_COPIES = 64;
/** Longest text that may result, in UTF-16 code units; the loops that would exceed it are left. */
const LONGEST = 2 ** 20;

/** The text of some statements: with the lines and comments of the source, and on one line. */
interface Written {
  lines: string;
  flat: string;
  /** Copies of the statement that has the most. */
  copies: number;
}

/** A loop's head: the name of its variable, the suffix of its type, and its values round by round. */
interface Head {
  name: string;
  suffix: string;
  values: number[];
}

/**
 * A text whose constant loops are written out, the inner ones first, so that no statement has more than `most` copies.
 * `lookup`: the constants of the text and of the texts around it. Linear in the length of what results.
 */
export function writeOut(text: string, most: number, lookup: Lookup): string {
  return new Writer(text, Math.min(most, MOST_COPIES), lookup).text();
}

class Writer {
  readonly #tokens: Token[];
  /** Index of the bracket that closes the one at an index. */
  readonly #closes = new Map<number, number>();
  /** Names that a function declares itself, which hide the constants of the text. */
  #hidden = new Set<string>();
  #length: number;

  constructor(
    readonly source: string,
    readonly most: number,
    readonly lookup: Lookup,
  ) {
    this.#tokens = tokenize(source).tokens;
    this.#length = source.length;
    const open: number[] = [];
    this.#tokens.forEach(({ text }, at) => {
      if ('([{'.includes(text)) open.push(at);
      else if (')]}'.includes(text) && open.length) this.#closes.set(open.pop()!, at);
    });
  }

  text(): string {
    const pieces: string[] = [];
    let end = 0;
    for (let at = 0; at < this.#tokens.length; at++) {
      if (this.#word(at) !== 'fn') continue;
      const parameters = this.#closes.get(at + 2);
      if (parameters === undefined) continue;
      let open = parameters;
      while (open < this.#tokens.length && this.#word(open) !== '{') open++;
      const close = this.#closes.get(open);
      if (close === undefined) break;
      this.#hidden = this.#declaredIn(at, close);
      const { start } = this.#tokens[open];
      pieces.push(this.source.slice(end, start + 1), this.#statements(open + 1, close).lines);
      end = this.#tokens[close].start;
      at = close;
    }
    return [...pieces, this.source.slice(end)].join('');
  }

  #word(at: number): string {
    return this.#tokens[at]?.text ?? '';
  }

  /** Names after `let`, `var` and `const`, and before a colon (parameters), between two tokens. */
  #declaredIn(from: number, to: number): Set<string> {
    const names = new Set<string>();
    for (let at = from; at < to; at++) {
      if (this.#tokens[at].kind !== 'name') continue;
      if (['let', 'var', 'const'].includes(this.#word(at))) names.add(this.#word(at + 1));
      if (this.#word(at + 1) === ':') names.add(this.#word(at));
    }
    return names;
  }

  /** The tokens from one index to before another, and the white space and comments up to the latter. */
  #statements(from: number, to: number): Written {
    const lines: string[] = [];
    const flat: string[] = [];
    let copies = 1;
    let end = this.#tokens[from - 1].end;
    let at = from;
    while (at < to) {
      const token = this.#tokens[at];
      const loop = token.text === 'for' ? this.#loop(at) : undefined;
      const gap = token.start > end ? ' ' : '';
      lines.push(this.source.slice(end, token.start), loop?.written.lines ?? token.text);
      flat.push(gap, loop?.written.flat ?? token.text);
      copies = Math.max(copies, loop?.written.copies ?? 1);
      at = loop ? loop.next : at + 1;
      end = this.#tokens[at - 1].end;
    }
    lines.push(this.source.slice(end, this.#tokens[to].start));
    return { lines: lines.join(''), flat: flat.join('').trim(), copies };
  }

  /** A loop, written out if it can be, and the index of the token after it; undefined if it is not well formed. */
  #loop(at: number): { written: Written; next: number } | undefined {
    const headEnd = this.#closes.get(at + 1);
    if (this.#word(at + 1) !== '(' || headEnd === undefined || this.#word(headEnd + 1) !== '{')
      return undefined;
    const open = headEnd + 1;
    const close = this.#closes.get(open);
    if (close === undefined) return undefined;
    const body = this.#statements(open + 1, close);
    const before = this.source.slice(this.#tokens[at].start, this.#tokens[open].start);
    const head = this.#head(at + 2, headEnd, Math.floor(this.most / body.copies));
    const next = close + 1;
    if (!head || !this.#mayCopy(head.name, open + 1, close) || !this.#fits(head, body)) {
      const flatHead = this.#flat(at, open);
      return {
        written: { ...body, lines: `${before}{${body.lines}}`, flat: `${flatHead} { ${body.flat} }` },
        next,
      };
    }
    this.#length += (head.values.length - 1) * body.flat.length;
    const copies = head.values.map((value) => `{ let ${head.name} = ${value}${head.suffix};`);
    const others = copies.slice(1).map((start) => ` ${start} ${body.flat} }`);
    const breaks = before.replace(/[^\n]/g, '');
    return {
      written: {
        lines: `${copies[0]}${breaks}${body.lines}}${others.join('')}`,
        flat: `${copies[0]} ${body.flat} }${others.join('')}`,
        copies: body.copies * head.values.length,
      },
      next,
    };
  }

  #fits({ values }: Head, { flat }: Written): boolean {
    return this.#length + (values.length - 1) * flat.length <= LONGEST;
  }

  /** Tokens as one line. */
  #flat(from: number, to: number): string {
    return this.#tokens
      .slice(from, to)
      .map(({ text, start }, i) => (i > 0 && start > this.#tokens[from + i - 1].end ? ` ${text}` : text))
      .join('');
  }

  /** The head `var i = 0u; i < n; i++`; undefined if it is not of that kind or has no or more than `most` rounds. */
  #head(from: number, to: number, most: number): Head | undefined {
    const [initial = [], condition = [], step = []] = splitAtSemicolons(this.#tokens.slice(from, to));
    const [keyword, variable, ...rest] = initial;
    const equals = rest.findIndex(({ text }) => text === '=');
    if (keyword?.text !== 'var' || variable?.kind !== 'name' || equals < 0) return undefined;
    const name = variable.text;
    const suffix = suffixOf(rest.slice(0, equals), rest.slice(equals + 1));
    let value = this.#value(rest.slice(equals + 1), name, undefined);
    if (suffix === undefined || condition[0]?.text !== name) return undefined;
    const values: number[] = [];
    while (value !== undefined && this.#holds(condition, name, value)) {
      if (values.length >= most) return undefined;
      values.push(value);
      value = this.#stepped(step, name, value);
    }
    return value !== undefined && values.length ? { name, suffix, values } : undefined;
  }

  /** The value of an expression in which the loop's variable has a value; undefined if it is no whole number from 0 on. */
  #value(tokens: readonly Token[], name: string, value: number | undefined): number | undefined {
    const lookup: Lookup = (each) =>
      each === name ? value : this.#hidden.has(each) ? undefined : this.lookup(each);
    const found = wholeOrUndefined(tokens, lookup);
    return found !== undefined && found >= 0 && found < 2 ** 31 ? found : undefined;
  }

  /** False also where the condition cannot be evaluated, or compares with a number below zero. */
  #holds(condition: readonly Token[], name: string, value: number): boolean {
    const bound = condition.slice(condition[2]?.text === '=' ? 3 : 2);
    return this.#value(bound, name, value) !== undefined && this.#value(condition, name, value) === 1;
  }

  /** The variable after a round; undefined if the step is of no known kind. */
  #stepped([variable, ...rest]: readonly Token[], name: string, value: number): number | undefined {
    const operator = rest.map(({ text }) => text).join('');
    if (variable?.text !== name) return undefined;
    if (operator === '++') return value + 1;
    const equals = rest.findIndex(({ text }) => text === '=');
    const by = this.#value(rest.slice(equals + 1), name, value);
    if (equals < 0 || by === undefined) return undefined;
    switch (
      rest
        .slice(0, equals + 1)
        .map(({ text }) => text)
        .join('')
    ) {
      case '=':
        return by;
      case '+=':
        return value + by;
      case '*=':
        return value * by;
      case '/=':
        return by === 0 ? undefined : Math.trunc(value / by);
      case '>>=':
        return Math.floor(value / 2 ** by);
    }
    return undefined;
  }

  /** True if a body changes the variable nowhere, takes no pointer to it, and leaves the loop only by `return`. */
  #mayCopy(name: string, from: number, to: number): boolean {
    let inner = from; // end of the innermost loop or switch inside the body that has been passed
    let innerLoop = from;
    for (let at = from; at < to; at++) {
      const word = this.#word(at);
      if (word === 'break' && at >= inner) return false;
      if (word === 'continue' && at >= innerLoop) return false;
      if (['for', 'while', 'loop', 'switch'].includes(word)) {
        const end = this.#endOfBody(at);
        inner = Math.max(inner, end);
        if (word !== 'switch') innerLoop = Math.max(innerLoop, end);
      }
      if (word !== name || this.#tokens[at].kind !== 'name') continue;
      const [next, after, third] = [1, 2, 3].map((each) => this.#word(at + each));
      const isAssigned = next === '=' && !(after === '=' && this.#touches(at + 1));
      const isChanged = '+-*/%&|^'.includes(next) && after === '=' && third !== '=' && this.#touches(at + 1);
      const isShifted = ['<', '>'].includes(next) && after === next && third === '=';
      const isCounted = ['+', '-'].includes(next) && after === next && this.#touches(at + 1);
      if ((next && (isAssigned || isChanged || isShifted || isCounted)) || this.#word(at - 1) === '&')
        return false;
    }
    return true;
  }

  /** True if nothing is between a token and the next. */
  #touches(at: number): boolean {
    return this.#tokens[at].end === this.#tokens[at + 1]?.start;
  }

  /** Index after the body of a loop or switch that begins at an index. */
  #endOfBody(at: number): number {
    let open = at;
    while (open < this.#tokens.length && this.#word(open) !== '{') open++;
    return this.#closes.get(open) ?? this.#tokens.length;
  }
}

function splitAtSemicolons(tokens: readonly Token[]): Token[][] {
  const parts: Token[][] = [[]];
  for (const token of tokens) {
    if (token.text === ';') parts.push([]);
    else parts.at(-1)!.push(token);
  }
  return parts;
}

/** The suffix of literals of a variable's type: `u`, `i`; undefined if its initial value does not tell. */
function suffixOf(type: readonly Token[], initial: readonly Token[]): string | undefined {
  const stated = type.at(-1)?.text;
  if (stated) return { u32: 'u', i32: 'i' }[stated];
  const [literal] = initial;
  if (initial.length !== 1 || literal.kind !== 'number')
    return initial.some(({ text }) => /^\d+u$/.test(text)) ? 'u' : undefined;
  return /^\d+u$/.test(literal.text) ? 'u' : /^\d+i?$/.test(literal.text) ? 'i' : undefined;
}
