/** Reads the header of a shader's text: its `//!` lines. variant.ts says what each of them means. */
import { LINE_BREAK } from './tokens.ts';
import { readModule } from './wgsl.ts';

/** The words that a header line may begin with; every other `//!` line is prose. */
export const HEADER_KEYS = [
  ...(['grid', 'pass', 'use', 'scratch', 'resident', 'load', 'formats', 'let', 'error', 'subgroup'] as const),
];
export type HeaderKey = (typeof HEADER_KEYS)[number];

/** A header that cannot be used; `line` is the line to blame, from 1, where it is a single one. */
export class HeaderError extends Error {
  constructor(
    message: string,
    readonly line?: number,
  ) {
    super(message);
  }
}

interface HeaderLine {
  /** Line of the text, from 1. */
  line: number;
  /** Offset of its `//!` in the text. */
  start: number;
  /** The text after `//! `. */
  text: string;
}

/** `//! scratch partial: 4 * rows` has the key scratch, the word partial and the value `4 * rows`. */
export interface HeaderField {
  key: HeaderKey;
  /** The name that the key is about: an entry point, a buffer, a number; empty where there is none. */
  word: string;
  value: string;
  line: number;
  /** Offset of the line's `//!` in the text. */
  start: number;
}

export interface Header {
  /** The first line of it: what is special about the variant. */
  about: string;
  lines: HeaderLine[];
  fields: HeaderField[];
}

/** The header of a text. A line in a block comment, or behind code, is none. */
export function readHeader(text: string): Header {
  const lines: HeaderLine[] = [];
  let [line, counted] = [1, 0];
  for (const { start, text: comment } of readModule(text).comments) {
    const before = text.slice(counted, start).split(LINE_BREAK);
    line += before.length - 1;
    // A comment of several lines may come before it, so what counts is what is left of the comment's own line.
    counted = start;
    const startsLine = /(^|[\n\v\f\r\u0085\u2028\u2029])[ \t]*$/.test(
      text.slice(Math.max(0, start - 80), start),
    );
    if (comment.startsWith('//!') && startsLine)
      lines.push({ line, start, text: comment.slice(3).replace(/^ /, '') });
  }
  return { about: lines[0]?.text.trimEnd() ?? '', lines, fields: lines.flatMap(fieldOf) };
}

/** A line's key, word and value, whether the key is known or not; undefined for prose. */
export function splitHeaderLine(text: string): { key: string; word: string; value: string } | undefined {
  const [, key, word = '', value] = /^(\w+)(?: (\w+))?: *(\S.*)$/.exec(text) ?? [];
  return key === undefined ? undefined : { key, word, value: value.trimEnd() };
}

function fieldOf({ line, start, text }: HeaderLine): HeaderField[] {
  const field = splitHeaderLine(text);
  const key = HEADER_KEYS.find((known) => known === field?.key);
  return field && key ? [{ ...field, key, line, start }] : [];
}

/** The weight formats that the file of a kernel family says it is for; undefined where it names none and so is for all. */
export function statedFormats(text: string): string[] | undefined {
  return formatsField(text)?.value.split(/[\s,]+/);
}

/** The line that states the formats. */
export const formatsField = (text: string): HeaderField | undefined =>
  readHeader(text).fields.find(({ key }) => key === 'formats');
