// Test helper: compares a text with written-out loops with the text that it was made of, without the code that writes loops out
// (src/lib/shaders/unroll.ts): JavaScript runs the head of each loop, and every copy has to be the loop's body after the declaration of
// the value of its round.
import { runInNewContext } from 'node:vm';
import { tokenize } from '../src/lib/shaders/tokens';

/** A token, or what is between two braces. */
type Item = string | Item[];

/** Throws an Error at the first place where `written` is neither what `plain` says nor the rounds of one of its loops. */
export function requireSameWork(plain: string, written: string): void {
  const constants = constantsOf(plain);
  requireSame(itemsOf(plain), itemsOf(written), constants);
}

function itemsOf(text: string): Item[] {
  const open: Item[][] = [[]];
  for (const token of tokenize(text).tokens) {
    if (token.text === '{') open.push([]);
    else if (token.text === '}') {
      const closed = open.pop()!;
      open.at(-1)!.push(closed);
    } else open.at(-1)!.push(token.text);
  }
  if (open.length !== 1) throw new Error('The braces of a text do not match');
  return open[0];
}

function requireSame(plain: Item[], written: Item[], constants: object): void {
  let at = 0;
  for (let i = 0; i < plain.length; i++) {
    const item = plain[i];
    if (item === 'for' && written[at] !== 'for') {
      const end = endOfHead(plain, i + 1);
      const body = plain[end] as Item[];
      const { name, suffix, values } = roundsOf(plain.slice(i + 2, end - 1) as string[], constants);
      for (const value of values) {
        const copy = written[at++];
        const declaration = ['let', name, '=', `${value}${suffix}`, ';'];
        if (!Array.isArray(copy) || copy.slice(0, declaration.length).join(' ') !== declaration.join(' '))
          throw new Error(`Instead of round ${name} = ${value}: ${shown(copy)}`);
        requireSame(body, copy.slice(declaration.length), constants);
      }
      i = end;
    } else if (Array.isArray(item)) {
      const other = written[at++];
      if (!Array.isArray(other)) throw new Error(`Instead of ${shown(item)}: ${shown(other)}`);
      requireSame(item, other, constants);
    } else if (item !== written[at++]) throw new Error(`Instead of ${item}: ${shown(written[at - 1])}`);
  }
  if (at !== written.length) throw new Error(`More than there was: ${shown(written[at])}`);
}

const shown = (item: Item | undefined): string => JSON.stringify(item ?? 'the end').slice(0, 200);

/** The index after the bracket that closes the one at an index. */
function endOfHead(items: Item[], from: number): number {
  let depth = 0;
  for (let at = from; ; at++) {
    if (items[at] === '(') depth++;
    if (items[at] === ')' && --depth === 0) return at + 1;
  }
}

/** The variable of a loop, the suffix of its literals and its values, from the tokens of its head. */
function roundsOf(head: string[], constants: object) {
  const [, name] = head;
  const from = head.indexOf('=');
  const typed = head.slice(2, head.indexOf(';'));
  const suffix = typed.some((word) => word === 'u32' || /^\d+u$/.test(word)) ? 'u' : 'i';
  const loop = `let ${name} ${asJavaScript(head.slice(from))}`;
  const values = runInNewContext(
    `(() => { const found = []; for (${loop}) { found.push(String(${name})); if (found.length > 100) break; } return found; })()`,
    constants,
  ) as string[];
  return { name, suffix, values };
}

/** WGSL's whole numbers as JavaScript's BigInts, whose division drops the rest as well. */
const asJavaScript = (tokens: string[]) =>
  tokens
    .map((token) => token.replace(/^(\d+)[ui]?$/, '$1n'))
    .join(' ')
    .replace(/([-+*/<>=!&|]) (?=[-+<>=&|])/g, '$1');

/** The whole numbers among a text's constants. */
function constantsOf(text: string): object {
  const constants: Record<string, unknown> = {
    min: (...all: bigint[]) => all.reduce((a, b) => (b < a ? b : a)),
    max: (...all: bigint[]) => all.reduce((a, b) => (b > a ? b : a)),
    select: (no: bigint, yes: bigint, which: boolean) => (which ? yes : no),
  };
  const top = itemsOf(text);
  for (let at = 0; at < top.length; at++) {
    if (top[at] !== 'const') continue;
    const from = top.indexOf('=', at);
    const words = top.slice(from + 1, top.indexOf(';', from)) as string[];
    try {
      constants[top[at + 1] as string] = runInNewContext(asJavaScript(words), constants);
    } catch {
      // Not a whole number: no loop counts with it.
    }
  }
  return constants;
}
