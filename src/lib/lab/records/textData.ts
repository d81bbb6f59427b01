/** Data in texts that other programs printed it into: JSON, JSON Lines or CSV with log lines before, between and after. */
import { shorten } from '../experiment/settings';

/** Objects of a text and, in words, the lines that were read past. */
export interface Found<Row> {
  rows: Row[];
  skipped: string[];
}

/** True for lines of JSON that frozen.ts reads, and not for the lab's or llama-bench's JSON, whose objects have no type. */
export const isFrozen = (text: string): boolean => /^\s*\{"type":"/.test(text.slice(0, 4000));

/** Beginnings of values that turn out to be none: each costs a look at the rest of the text. */
const MOST_FALSE_STARTS = 20;

/**
 * The objects of a text: one, a list, one on each line, or several of these with other lines between. Throws an Error if there are
 * none, and if a list holds something else.
 */
export function findJson(text: string): Found<Record<string, unknown>> {
  let whole: unknown;
  try {
    whole = JSON.parse(text);
  } catch (error) {
    return findValues(text, (error as Error).message);
  }
  return { rows: objectsOf([whole]), skipped: [] };
}

function findValues(text: string, why: string): Found<Record<string, unknown>> {
  const [values, skipped]: [unknown[], Line[]] = [[], []];
  let falseStarts = 0;
  for (let at = 0, line = 1; at < text.length; line++) {
    const end = lineEnd(text, at);
    const start = at + (/^[ \t]*/.exec(text.slice(at, Math.min(end, at + 200)))?.[0].length ?? 0);
    const value =
      /[[{]/.test(text[start] ?? '') && falseStarts < MOST_FALSE_STARTS ? valueAt(text, start) : undefined;
    if (value) {
      values.push(value.value);
      line += text.slice(at, value.end).split('\n').length - 1;
      at = lineEnd(text, value.end) + 1;
      continue;
    }
    if (/[[{]/.test(text[start] ?? '')) falseStarts++;
    if (/[^\s,\]]/.test(text.slice(at, end))) skipped.push({ line, text: text.slice(at, end) });
    at = end + 1;
  }
  if (values.length === 0) throw new Error(`This is not JSON: ${shorten(why)}`);
  return { rows: objectsOf(values), skipped: told(skipped) };
}

/** Index of the line feed that ends the line, or of the end of the text. */
function lineEnd(text: string, at: number): number {
  const found = text.indexOf('\n', at);
  return found < 0 ? text.length : found;
}

/** The JSON value that begins here, with the index after it; undefined if there is none. */
function valueAt(text: string, start: number): { value: unknown; end: number } | undefined {
  let depth = 0;
  const token = /[[\]{}]|"[^"\\]*(?:\\.[^"\\]*)*"|"/gs;
  token.lastIndex = start;
  for (let found = token.exec(text); found; found = token.exec(text)) {
    const [word] = found;
    if (word === '"') return undefined; // a text that does not end
    if (word === '[' || word === '{') depth++;
    else if (word === ']' || word === '}') depth--;
    if (depth > 0) continue;
    try {
      return { value: JSON.parse(text.slice(start, token.lastIndex)), end: token.lastIndex };
    } catch {
      return undefined;
    }
  }
  return undefined;
}

function objectsOf(values: readonly unknown[]): Record<string, unknown>[] {
  const list = values.flatMap((value) => value);
  list.forEach((entry, index) => {
    if (typeof entry !== 'object' || entry === null || Array.isArray(entry))
      throw new Error(
        `Entry ${index + 1} is not an object with llama-bench's fields n_prompt, n_gen, avg_ns …`,
      );
  });
  if (list.length === 0) throw new Error('This JSON is an empty list; it should hold runs');
  return list as Record<string, unknown>[];
}

export interface Line {
  line: number;
  text: string;
}

/** Says which lines were read past; nothing for none. */
export function told(lines: readonly Line[]): string[] {
  const [first] = lines;
  if (!first) return [];
  const which = `line ${first.line}: "${shorten(first.text.trim())}"`;
  return [
    lines.length === 1
      ? `One line holds no result and was read past, ${which}`
      : `${lines.length} lines hold no result and were read past; the first is ${which}`,
  ];
}

/**
 * The text from the line on that names columns of results, with the lines before it left empty, so that lines keep their numbers.
 * `isHeader`: tells such a line. The text as it is if its first line is one, or none is.
 */
export function fromHeader(
  text: string,
  isHeader: (line: string) => boolean,
): { text: string; skipped: Line[] } {
  const skipped: Line[] = [];
  for (let at = 0, line = 1; at < text.length; line++) {
    const end = lineEnd(text, at);
    const content = text.slice(at, end);
    if (isHeader(content)) {
      const before = skipped.filter(({ text }) => !/^\uFEFF?sep=/i.test(text));
      if (before.length === 0) return { text, skipped: [] };
      return { text: '\n'.repeat(line - 1) + text.slice(at), skipped: before };
    }
    if (content.trim() !== '') skipped.push({ line, text: content });
    at = end + 1;
  }
  return { text, skipped: [] };
}
