/** Reads the header of a shader's text: its `//!` lines. variant.ts explains each of them. */
import type { RefusalCode } from './kernel.ts';
import { LINE_BREAK } from './tokens.ts';
import { readModule } from './wgsl.ts';

/** The keys with which a header line may begin; every other `//!` line is prose. */
export const HEADER_KEYS = [
  ...([
    'grid',
    'pass',
    'use',
    'scratch',
    'resident',
    'load',
    'reads',
    'formats',
    'let',
    'error',
    'subgroup',
    'unroll',
    'sizes',
  ] as const),
];
export type HeaderKey = (typeof HEADER_KEYS)[number];

/** An unusable header; `line` (from 1) is the line with the error, if it is a single one. */
export class HeaderError extends Error {
  constructor(
    message: string,
    readonly line?: number,
    /** The rule that the text breaks, if it is one that keeps numbers honest. */
    readonly code?: RefusalCode,
  ) {
    super(code ? `${message} [${code}]` : message);
  }
}

interface HeaderLine {
  /** Line number in the text, from 1. */
  line: number;
  /** Offset of its `//!` in the text. */
  start: number;
  /** The text after `//! `. */
  text: string;
}

/** `//! scratch partial: 4 * rows` has the key scratch, the word partial and the value `4 * rows`. */
export interface HeaderField {
  key: HeaderKey;
  /** The name that the key is about: an entry point, a buffer or a number; empty if there is none. */
  word: string;
  value: string;
  line: number;
  /** Offset of the line's `//!` in the text. */
  start: number;
}

export interface Header {
  /** Text of the first header line: what is special about the variant. */
  about: string;
  lines: HeaderLine[];
  fields: HeaderField[];
}

/** Reads the header of a text. Lines inside a block comment or after code do not belong to it. */
export function readHeader(text: string): Header {
  const lines: HeaderLine[] = [];
  let [line, counted] = [1, 0];
  for (const { start, text: comment } of readModule(text).comments) {
    const before = text.slice(counted, start).split(LINE_BREAK);
    line += before.length - 1;
    // Counting continues from the comment's start, because a block comment may span several lines.
    counted = start;
    const startsLine = /(^|[\n\v\f\r\u0085\u2028\u2029])[ \t]*$/.test(
      text.slice(Math.max(0, start - 80), start),
    );
    if (comment.startsWith('//!') && startsLine)
      lines.push({ line, start, text: comment.slice(3).replace(/^ /, '') });
  }
  return { about: lines[0]?.text.trimEnd() ?? '', lines, fields: lines.flatMap(fieldOf) };
}

/** Splits a line into key, word and value, whether the key is known or not; undefined for prose. */
export function splitHeaderLine(text: string): { key: string; word: string; value: string } | undefined {
  const [, key, word = '', value] = /^(\w+)(?: (\w+))?: *(\S.*)$/.exec(text) ?? [];
  return key === undefined ? undefined : { key, word, value: value.trimEnd() };
}

function fieldOf({ line, start, text }: HeaderLine): HeaderField[] {
  const field = splitHeaderLine(text);
  const key = HEADER_KEYS.find((known) => known === field?.key);
  return field && key ? [{ ...field, key, line, start }] : [];
}

/** The weight formats that a file of a kernel family is limited to; undefined if it states none and so is for all. */
export function statedFormats(text: string): string[] | undefined {
  const stated = formatsField(text)?.value.split(/[\s,]+/);
  return stated && [...new Set(stated)];
}

/** The header line that states the formats; undefined if there is none. */
export const formatsField = (text: string): HeaderField | undefined =>
  readHeader(text).fields.find(({ key }) => key === 'formats');
