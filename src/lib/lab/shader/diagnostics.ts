/** Finds errors in a shader's text before it is compiled: header lines, knobs, names of arrays. */
import { kernels as registry, readVariants } from '../../shaders';
import {
  type HeaderField,
  HeaderError,
  HEADER_KEYS,
  type HeaderKey,
  readHeader,
  splitHeaderLine,
} from '../../shaders/header';
import { requireRules } from '../../shaders/rules';
import { LINE_BREAK } from '../../shaders/tokens';
import { evaluate, type OwnVariant, type Pass, readKnobs, type Variant } from '../../shaders/variant';
import { readModule } from '../../shaders/wgsl';
import { messageOf } from '../message';

/** Problems of one sort that are reported at most: a text can hold one for each of its characters. */
const MOST_PROBLEMS = 20;

/** One problem in a shader's text, with its position. */
export interface Problem {
  /** Line of the cell's own text, from 1. */
  line: number;
  /** Column, from 1, in UTF-16 code units. */
  column: number;
  /** Length in UTF-16 code units; 0 if only the position is known. */
  length: number;
  severity: 'error' | 'warning' | 'info';
  message: string;
}

/** The variants that a text defines (none if it cannot be read), and the problems in it. */
export function headerProblems({ kernel, name, wgsl }: OwnVariant): {
  problems: Problem[];
  variants: Variant[];
} {
  const places = new Places(wgsl);
  let variants: Variant[];
  try {
    variants = readVariants(kernel, name, wgsl);
    for (const variant of variants) requireRules(variant, registry[variant.kernel]);
  } catch (error) {
    const line = error instanceof HeaderError ? error.line : undefined;
    return { problems: [...knobProblems(places), places.line(line, messageOf(error))], variants: [] };
  }
  const [variant] = variants;
  const problems = [
    ...knobProblems(places),
    ...keyProblems(places),
    ...expressionProblems(variant, places),
    ...bindingProblems(variant, places),
  ];
  return { problems, variants };
}

/** Creates problems at positions of a text. */
export class Places {
  readonly #lines: string[];
  /** Offset of the end of each line, its line break included. */
  readonly #ends: number[];

  constructor(readonly text: string) {
    this.#lines = text.split(LINE_BREAK);
    const breaks = [...text.matchAll(new RegExp(LINE_BREAK, 'g'))];
    this.#ends = breaks.map(({ index, 0: mark }) => index + mark.length);
  }

  /** A problem at a whole line (from 1) without its indentation; at the first line if `line` is undefined. */
  line(line: number | undefined, message: string, severity: Problem['severity'] = 'error'): Problem {
    const number = Math.min(line ?? 1, this.#lines.length);
    const text = this.#lines[number - 1];
    const column = text.length - text.trimStart().length + 1;
    return { line: number, column, length: text.trim().length, severity, message };
  }

  /** A problem at the line of an offset into the text; at the first line if `offset` is undefined. */
  lineAt(offset: number | undefined, message: string, severity: Problem['severity'] = 'error'): Problem {
    // A binary search, because there can be as many problems as lines.
    let [low, high] = [0, this.#ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#ends[middle] <= (offset ?? 0)) low = middle + 1;
      else high = middle;
    }
    return this.line(low + 1, message, severity);
  }

  /** A problem at the first header line with one of these keys, or at the first line of the text. */
  field(keys: HeaderKey[], word: string | undefined, message: string): Problem {
    const matches = ({ key, word: own }: HeaderField) =>
      keys.includes(key) && (word === undefined || own === word);
    return this.line(readHeader(this.text).fields.find(matches)?.line, message);
  }
}

/** Comments that look like knobs but are not read as such, and knobs whose value is not one of their choices. */
function knobProblems(places: Places): Problem[] {
  const { comments, constants } = readModule(places.text);
  const knobs = Object.entries(readKnobs(places.text));
  const read = new Set(constants.filter(({ choices }) => choices).map(({ end }) => end));
  const unread = comments.filter(
    ({ text, end }) => /^\/\/\s*knob\b/.test(text) && !(read.has(end) && /^\/\/ knob: *[\d ]+$/.test(text)),
  );
  return [
    ...unread
      .slice(0, MOST_PROBLEMS)
      .map(({ start }) =>
        places.lineAt(start, 'This is not read as a knob; write const name = 8u; // knob: 4 8 16', 'warning'),
      ),
    ...knobs
      .filter(([, { value, choices }]) => !choices.includes(value))
      .map(([name, { value, choices }]) =>
        places.lineAt(
          constants.find((constant) => constant.name === name)?.start,
          `${name} is ${value}, which is none of its choices: ${choices.join(', ')}`,
        ),
      ),
  ];
}

/** Header lines whose key is unknown but close to a known one: more likely a misspelling than prose. */
function keyProblems(places: Places): Problem[] {
  const keys: readonly string[] = HEADER_KEYS;
  const misspelt = readHeader(places.text).lines.flatMap(({ line, text }) => {
    const key = splitHeaderLine(text)?.key ?? '';
    if (!key || keys.includes(key) || !keys.some((known) => near(key.toLowerCase(), known))) return [];
    return [places.line(line, `"${key}:" is no known key; known: ${keys.join(', ')}`, 'warning')];
  });
  return misspelt.slice(0, MOST_PROBLEMS);
}

/** Grids, lengths and numbers that cannot be evaluated at the kernel's first case. */
function expressionProblems(variant: Variant, places: Places): Problem[] {
  const { passes, loads, scratch, resident, reads, lets, subgroup } = variant;
  const [sizes] = registry[variant.kernel].cases;
  const failing = (expression: string, key: HeaderKey, word?: string, names = sizes) => {
    try {
      evaluate(expression, variant, names);
      return [];
    } catch (error) {
      return [places.field([key], word, withoutLabel(error, variant))];
    }
  };
  const wrongLet = lets.flatMap(({ name, value }) => failing(value, 'let', name));
  if (wrongLet.length) return wrongLet;
  return [
    ...passes.flatMap((pass) => passProblems(variant, pass, ['grid', 'pass'], places)),
    ...loads.flatMap((pass) => passProblems(variant, pass, ['load'], places)),
    ...scratch.flatMap(({ name, length }) => failing(length, 'scratch', name)),
    ...resident.flatMap(({ name, length }) => failing(length, 'resident', name)),
    ...(reads === undefined
      ? []
      : failing(reads, 'reads', undefined, { ...sizes, nonzero: 1, nonzero_groups: 1 })),
    ...(subgroup === undefined ? [] : failing(subgroup, 'subgroup')),
    ...(['unroll', 'sizes'] as const).flatMap((key) =>
      fieldsOf(places.text, key).flatMap(({ value }) => failing(value, key)),
    ),
  ];
}

const fieldsOf = (text: string, wanted: HeaderKey) =>
  readHeader(text).fields.filter(({ key }) => key === wanted);

/** A grid that cannot be evaluated, or that belongs to a function missing from the text. */
function passProblems(
  variant: Variant,
  { entryPoint, grid }: Pass,
  keys: HeaderKey[],
  places: Places,
): Problem[] {
  const [sizes] = registry[variant.kernel].cases;
  const at = (message: string) => {
    const named = readHeader(places.text).fields.find(
      ({ key, word }) => keys.includes(key) && (word || 'main') === entryPoint,
    );
    return places.line(named?.line, message);
  };
  const problems = grid.flatMap((axis) => {
    try {
      evaluate(axis, variant, sizes);
      return [];
    } catch (error) {
      return [at(withoutLabel(error, variant))];
    }
  });
  const texts = [variant.text, ...variant.appended.map(({ text }) => text)];
  const exists = texts.some((text) => readModule(text).functions.some(({ name }) => name === entryPoint));
  return exists ? problems : [...problems, at(`There is no function ${entryPoint} to run`)];
}

/** Arrays that the kernel does not have, and outputs that the text does not bind. */
function bindingProblems(variant: Variant, places: Places): Problem[] {
  const { kernel, bindings, scratch, resident } = variant;
  const { cases, lengths, outputs } = registry[kernel];
  const own = [...scratch, ...resident].map(({ name }) => name);
  const known = ['sizes', ...Object.keys(lengths(cases[0])), ...own];
  const strange = bindings.filter(({ name }) => !known.includes(name));
  const bound = bindings.map(({ name }) => name);
  const missing = outputs.filter((name) => !bound.includes(name));
  const variables = readModule(places.text).variables;
  return [
    ...strange
      .slice(0, MOST_PROBLEMS)
      .map(({ name }) =>
        places.lineAt(
          variables.find((variable) => variable.name === name)?.start,
          `${kernel} has no array "${name}"; it has: ${known.join(', ')}`,
        ),
      ),
    ...missing.map((name) =>
      places.line(1, `${kernel} writes its results to "${name}", which is not bound here`),
    ),
  ];
}

const withoutLabel = (error: unknown, { kernel, name }: Variant) =>
  messageOf(error).replace(`${kernel}/${name}: `, '');

/** True if two words differ by one letter changed, removed or inserted, or by two neighbouring letters exchanged. */
function near(word: string, known: string): boolean {
  if (word === known) return true;
  if (Math.abs(word.length - known.length) > 1) return false;
  let start = 0;
  while (start < word.length && word[start] === known[start]) start++;
  const [a, b] = [word.slice(start), known.slice(start)];
  const exchanged = a.length > 1 && a[0] === b[1] && a[1] === b[0] && a.slice(2) === b.slice(2);
  return exchanged || a.slice(1) === b.slice(1) || a.slice(1) === b || a === b.slice(1);
}
