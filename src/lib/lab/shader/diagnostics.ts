/** What is wrong with a shader's text before any compiler has seen it: header lines, knobs, the names of its arrays. */
import { kernels as registry, readVariants } from '../../shaders';
import { evaluate, type Variant } from '../../shaders/variant';
import { messageOf } from '../message';
import type { OwnVariant } from '../../shaders/variant';

/** The keys of header lines. Anything else after `//!` is prose. */
const KEYS = [
  ...['grid', 'pass', 'use', 'scratch', 'resident', 'load', 'formats', 'let', 'error', 'subgroup'],
];

/** The variants that a text is (none where it cannot be read), and what is wrong with it. */
export function headerProblems({ kernel, name, wgsl }: OwnVariant): {
  problems: Problem[];
  variants: Variant[];
} {
  const text = new Lines(wgsl);
  let variants: Variant[];
  try {
    variants = readVariants(kernel, name, wgsl);
  } catch (error) {
    const message = messageOf(error);
    const [, included] = /uses shared\/(\S+)\.wgsl/.exec(message) ?? [];
    const about = included
      ? `use:.*${escaped(included)}`
      : /format|it is for/.test(message)
        ? 'formats:'
        : undefined;
    return {
      problems: [...knobProblems(text), text.problem(message, about && `^//! ${about}`)],
      variants: [],
    };
  }
  const [variant] = variants;
  const problems = [
    ...knobProblems(text),
    ...keyProblems(text),
    ...expressionProblems(variant, text),
    ...bindingProblems(variant, text),
  ];
  return { problems, variants };
}

/** A text that problems are found places in. */
class Lines {
  readonly lines: string[];

  constructor(readonly text: string) {
    this.lines = text.split(/\r\n|\r|\n/);
  }

  /** On the first line that matches; on the first line of all where none does. */
  problem(message: string, pattern?: string | RegExp, severity: Problem['severity'] = 'error'): Problem {
    const found = pattern ? this.lines.findIndex((line) => new RegExp(pattern).test(line)) : 0;
    return this.at(Math.max(0, found), message, severity);
  }

  /** On a line, by its index: all of it, without what it is indented by. */
  at(index: number, message: string, severity: Problem['severity'] = 'error'): Problem {
    const line = this.lines[index];
    const column = line.length - line.trimStart().length;
    return { line: index + 1, column: column + 1, length: line.trim().length, severity, message };
  }
}

/** Lines that look like knobs and are none, and knobs whose value is none of their choices. */
function knobProblems(text: Lines): Problem[] {
  return text.lines.flatMap((line, index) => {
    if (!/\/\/\s*knob\b/.test(line)) return [];
    const [, name, value, choices] =
      /^const (\w+)(?:\s*:\s*u32)?\s*=\s*(\d+)u?;\s*\/\/ knob: ([\d ]+)$/.exec(line.trimEnd()) ?? [];
    if (!name)
      return [
        text.at(index, 'This is not read as a knob; write const name = 8u; // knob: 4 8 16', 'warning'),
      ];
    const possible = choices.trim().split(/\s+/);
    if (possible.map(Number).includes(Number(value))) return [];
    return [text.at(index, `${name} is ${value}, which is none of its choices: ${possible.join(', ')}`)];
  });
}

/** A header line that says something to nobody is a misspelling more often than prose. */
function keyProblems(text: Lines): Problem[] {
  return text.lines.flatMap((line, index) => {
    const [, key] = /^\/\/! (\w+)(?: \w+)?: \S/.exec(line) ?? [];
    if (!key || KEYS.includes(key) || !KEYS.some((known) => near(key.toLowerCase(), known))) return [];
    return [text.at(index, `"${key}:" says nothing here; known: ${KEYS.join(', ')}`, 'warning')];
  });
}

/** Grids, lengths and numbers that cannot be worked out, at the kernel's first case. */
function expressionProblems(variant: Variant, text: Lines): Problem[] {
  const { passes, loads, scratch, resident, lets, subgroup } = variant;
  const [sizes] = registry[variant.kernel].cases;
  const failing = (expression: string, pattern: string) => {
    try {
      evaluate(expression, variant, sizes);
      return [];
    } catch (error) {
      return [text.problem(withoutLabel(error, variant), pattern)];
    }
  };
  const wrongLet = lets.flatMap(({ name, value }) => failing(value, `^//! let ${name}:`));
  if (wrongLet.length) return wrongLet;
  return [
    ...[...passes, ...loads].flatMap(({ entryPoint, grid }) => [
      ...grid.flatMap((axis) => failing(axis, gridLine(entryPoint))),
      ...(new RegExp(`\\bfn\\s+${entryPoint}\\b`).test(variant.wgsl)
        ? []
        : [text.problem(`There is no function ${entryPoint} to run`, gridLine(entryPoint))]),
    ]),
    ...scratch.flatMap(({ name, length }) => failing(length, `^//! scratch ${name}:`)),
    ...resident.flatMap(({ name, length }) => failing(length, `^//! resident ${name}:`)),
    ...(subgroup === undefined ? [] : failing(subgroup, '^//! subgroup')),
  ];
}

const gridLine = (entryPoint: string) =>
  entryPoint === 'main' ? '^//! (grid|pass main|load main):' : `^//! (pass|load|grid) ${entryPoint}:`;

/** Arrays that the kernel does not have, and outputs that nobody writes. */
function bindingProblems(variant: Variant, text: Lines): Problem[] {
  const { kernel, bindings, scratch, resident } = variant;
  const { cases, lengths, outputs } = registry[kernel];
  const own = [...scratch, ...resident].map(({ name }) => name);
  const known = ['sizes', ...Object.keys(lengths(cases[0])), ...own];
  const strange = bindings.filter(({ name }) => !known.includes(name));
  const bound = bindings.map(({ name }) => name);
  const missing = outputs.filter((name) => !bound.includes(name));
  return [
    ...strange.map(({ name }) =>
      text.problem(
        `${kernel} has no array "${name}"; it has: ${known.join(', ')}`,
        `var<[^>]*>\\s*${name}\\b`,
      ),
    ),
    ...missing.map((name) =>
      text.problem(`${kernel} writes its results to "${name}", which is not bound here`),
    ),
  ];
}

/** For a pattern that matches just this text. */
const escaped = (text: string) => text.replace(/[^\w]/g, '\\$&');

const withoutLabel = (error: unknown, { kernel, name }: Variant) =>
  messageOf(error).replace(`${kernel}/${name}: `, '');

/** Whether two words differ by one letter changed, left out, put in or exchanged. */
function near(word: string, known: string): boolean {
  if (word === known) return true;
  if (Math.abs(word.length - known.length) > 1) return false;
  let start = 0;
  while (start < word.length && word[start] === known[start]) start++;
  const [a, b] = [word.slice(start), known.slice(start)];
  const exchanged = a.length > 1 && a[0] === b[1] && a[1] === b[0] && a.slice(2) === b.slice(2);
  return exchanged || a.slice(1) === b.slice(1) || a.slice(1) === b || a === b.slice(1);
}

/** What is wrong with a shader's text, and where. */
export interface Problem {
  /** From 1, of the cell's own text. */
  line: number;
  /** From 1, in UTF-16 code units. */
  column: number;
  /** In UTF-16 code units; 0 where only the place is known. */
  length: number;
  severity: 'error' | 'warning' | 'info';
  message: string;
}
