/** Splits WGSL into tokens and comments (https://www.w3.org/TR/WGSL/#tokens). Linear in the text's length; never throws. */

export interface Token {
  kind: 'name' | 'number' | 'symbol';
  text: string;
  /** Offsets into the text, in UTF-16 code units. */
  start: number;
  end: number;
}

export interface Comment {
  text: string;
  start: number;
  end: number;
}

/** The line breaks of WGSL: https://www.w3.org/TR/WGSL/#line-break */
export const LINE_BREAK = /\r\n|[\n\v\f\r\u0085\u2028\u2029]/;

const PIECE = new RegExp(
  [
    String.raw`[\s\u0085\u200e\u200f]+`,
    String.raw`(\/\/[^\n\v\f\r\u0085\u2028\u2029]*)`,
    String.raw`(\/\*)`,
    String.raw`(0[xX](?:[\da-fA-F]+\.?[\da-fA-F]*|\.[\da-fA-F]+)(?:[pP][-+]?\d+)?[iufh]?|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?[iufh]?)`,
    String.raw`([\p{XID_Start}_]\p{XID_Continue}*)`,
    '(.)',
  ].join('|'),
  'uys',
);

/**
 * Splits a text. Every operator and bracket is a symbol of one character: only the context tells `>>` from the end of
 * two template lists.
 */
export function tokenize(text: string): { tokens: Token[]; comments: Comment[] } {
  const tokens: Token[] = [];
  const comments: Comment[] = [];
  let start = 0;
  while (start < text.length) {
    PIECE.lastIndex = start;
    const [piece, line, block, number, name, symbol] = PIECE.exec(text)!;
    const end = block ? endOfBlockComment(text, start) : start + piece.length;
    if (line || block) comments.push({ text: text.slice(start, end), start, end });
    else if (number) tokens.push({ kind: 'number', text: number, start, end });
    else if (name) tokens.push({ kind: 'name', text: name, start, end });
    else if (symbol) tokens.push({ kind: 'symbol', text: symbol, start, end });
    start = end;
  }
  return { tokens, comments };
}

/** Block comments nest; one that is never closed extends to the end of the text. */
function endOfBlockComment(text: string, start: number): number {
  const mark = /\/\*|\*\//g;
  mark.lastIndex = start;
  for (let depth = 0, found = mark.exec(text); found; found = mark.exec(text)) {
    depth += found[0] === '/*' ? 1 : -1;
    if (depth === 0) return mark.lastIndex;
  }
  return text.length;
}

const CLOSES: Record<string, string> = { ')': '(', ']': '[', '}': '{' };

/**
 * Splits at the commas outside all brackets. In types, `<` opens a bracket too: the parameters of
 * `array<vec4<f32>, min(a, b)>` are two. Empty parts (a comma at the end) are left out.
 */
export function splitAtCommas(tokens: readonly Token[], what: 'types' | 'expressions'): Token[][] {
  const parts: Token[][] = [[]];
  const open: string[] = [];
  /** How many brackets of each kind are open: looking through `open` at each closing bracket would take quadratic time. */
  const counts: Record<string, number> = {};
  const close = () => {
    const bracket = open.pop()!;
    counts[bracket]--;
    return bracket;
  };
  tokens.forEach((token, index) => {
    const { kind, text } = token;
    if (kind === 'symbol' && text === ',' && open.length === 0) {
      parts.push([]);
      return;
    }
    parts.at(-1)!.push(token);
    if (kind !== 'symbol') return;
    const opens = ['(', '[', '{'].includes(text) || (what === 'types' && opensTemplate(tokens, index));
    if (opens) counts[text] = (counts[text] ?? 0) + Number(open.push(text) > 0);
    else if (text === '>' && open.at(-1) === '<') close();
    else if (CLOSES[text] && counts[CLOSES[text]]) while (close() !== CLOSES[text]);
  });
  return parts.filter((part) => part.length > 0);
}

/**
 * True for `<` after a name that is not the first half of `<<` or `<=`. A comparison of two names counts too: its
 * enclosing bracket closes it.
 */
function opensTemplate(tokens: readonly Token[], index: number): boolean {
  if (tokens[index].text !== '<' || tokens[index - 1]?.kind !== 'name') return false;
  const next = tokens[index + 1];
  return !(next?.start === tokens[index].end && (next.text === '<' || next.text === '='));
}
