/**
 * The text of settings: the only module that splits and joins it. It knows keys, values and the line `---`, but not what a
 * key means (experiment.ts does). There are two forms:
 *
 *   query   prefill=256&chunk=64,128      percent-encoded, in addresses and records; a leading `?` is allowed
 *   lines   prefill=256                   one setting per line, values as written, in the cells of a notebook
 *           chunk=64,128
 *
 * A cell may hold several blocks of settings, or settings and a prompt, separated by a line `---`.
 */

import { visible } from '../message';

const LONGEST_TEXT = 20_000;

/** A key and its list of values, not checked against anything. */
export type Setting = [key: string, values: string[]];

/** One setting as written. `key` is empty if the text is not a setting. */
export interface WrittenSetting {
  text: string;
  key: string;
  values: string[];
}

/** Reads either form. Throws an Error for text that is too long and for a part that is not key=value. */
export function readSettings(text: string): Setting[] {
  if (text.length > LONGEST_TEXT)
    throw new Error(`The settings are ${text.length} characters long; at most ${LONGEST_TEXT} are possible`);
  return writtenSettings(text).map(({ text: part, key, values }) => {
    if (key === '') throw new Error(`"${shorten(part)}" is not a setting; write key=value`);
    return [key, values];
  });
}

/** The settings of either form as written, without blank ones. Never throws. */
export function writtenSettings(text: string): WrittenSetting[] {
  const query = isQuery(text);
  return (query ? partsOfQuery(text) : text.split('\n'))
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => readPart(part, query));
}

/**
 * Reads settings on one line: separated by spaces, or a query. A value may hold spaces: only a space before `key=`
 * separates settings. Throws as `readSettings` does.
 */
export function readOneLine(line: string): Setting[] {
  if (line.length > LONGEST_TEXT || line.trim().startsWith('?')) return readSettings(line);
  const parts = line.split('&').flatMap((part) => part.split(/(?<!\s)\s+(?=[\w.@]+=)/));
  return readSettings(line.includes('&') ? parts.join('&') : parts.map((part) => `${part}\n`).join(''));
}

/** Reads a word of the terminal: a query, or settings separated by spaces, as they are shown. Throws as `readSettings` does. */
export const readWord = (word: string): Setting[] =>
  /\s[\w.@]+=/.test(word) ? readOneLine(word) : readSettings(word);

/** The settings of a block on one line, except for the keys in `without`. `readOneLine` reads it. Never throws. */
export function onOneLine(block: string, without: readonly string[] = []): string {
  const kept = writtenSettings(block).filter(({ key }) => !without.includes(key));
  const texts = kept.map(({ text }) => text);
  const query =
    kept.every(({ key }) => key !== '') && (isQuery(block) || texts.some((each) => each.includes('&')));
  return query && kept.length ? `?${formatQuery(settingsOf(kept))}` : texts.join(' ');
}

export function formatQuery(settings: readonly Setting[]): string {
  return settings.map(([key, values]) => `${key}=${values.map(encode).join(',')}`).join('&');
}

/** The settings, each on a line; or one line with a query if a value cannot stand on a line (it holds a comma). */
export function formatLines(settings: readonly Setting[]): string {
  const plain = settings.every(([, values]) =>
    values.every((value) => !/[,\n]/.test(value) && value === value.trim()),
  );
  if (!plain) return `?${formatQuery(settings)}\n`;
  return settings.map(([key, values]) => `${key}=${values.join(',')}\n`).join('');
}

/** Settings of either form, a line each, with percent-encoding removed. Throws as `readSettings` does. */
export const toLines = (settings: string): string => formatLines(readSettings(settings));

/** Like toLines, for settings that may be invalid: what cannot be read keeps its line, for the user to correct. */
export function toLinesUnchecked(settings: string): string {
  const written = writtenSettings(settings);
  if (written.every(({ key }) => key !== '')) return formatLines(settingsOf(written));
  return written.map(({ text }) => `${decode(text)}\n`).join('');
}

/** Parameters that other sites append to a link to follow its visitors. */
const TRACKING = /^(utm_\w+|fbclid|gclid|msclkid|mc_[ce]id|igshid|ref|ref_src|si)=/i;

/** The query of an address (with its `?`, or empty) without what other sites append to follow its visitors. */
export function withoutTracking(search: string): string {
  const parts = partsOfQuery(search);
  const kept = parts.filter((part) => !TRACKING.test(part));
  if (kept.length === parts.length) return search;
  return kept.length ? `?${kept.join('&')}` : '';
}

/** The settings of a query as written, without those of one key. Never throws. */
export function settingsWithout(query: string, key: string): string {
  return writtenSettings(query)
    .filter((setting) => setting.key !== key)
    .map(({ text }) => text)
    .join('&');
}

/**
 * The block with these values for a key and all other lines as written. The setting takes the place of the old one, or
 * else is added at the end; without values it is removed. A query becomes lines.
 */
export function withSetting(block: string, key: string, values: string[]): string {
  if (isQuery(block) || formatLines([[key, values]]).startsWith('?')) {
    const settings = readSettings(block);
    const at = settings.findIndex(([each]) => each === key);
    settings.splice(
      at < 0 ? settings.length : at,
      at < 0 ? 0 : 1,
      ...(values.length ? [[key, values] as Setting] : []),
    );
    return formatLines(settings);
  }
  const lines = block.split('\n');
  const at = lines.findIndex((line) => keyOf(line) === key);
  const line = `${key}=${values.join(',')}`;
  if (at >= 0) lines.splice(at, 1, ...(values.length ? [line] : []));
  else if (values.length) lines.splice(lines.findLastIndex((each) => each.trim() !== '') + 1, 0, line);
  return lines.at(-1) === '' ? lines.join('\n') : `${lines.join('\n')}\n`;
}

/** True if a line separates blocks of settings, or settings from a prompt. */
export const isRule = (line: string): boolean => /^[ \t]*---[ \t]*\r?\n?$/.test(line);

/** Splits a cell's text at its first line `---`; `rest` begins with that line, and is empty if there is none. */
export function splitAtRule(text: string): { settings: string; rest: string } {
  for (let at = 0; at < text.length; at = nextLine(text, at))
    if (isRule(text.slice(at, nextLine(text, at))))
      return { settings: text.slice(0, at), rest: text.slice(at) };
  return { settings: text, rest: '' };
}

/** The end of the line that begins at `at`, its line break included. */
const nextLine = (text: string, at: number): number => text.indexOf('\n', at) + 1 || text.length;

/** The blocks between lines `---`; at least one. */
export function splitBlocks(text: string): string[] {
  const blocks = [''];
  for (const line of linesOf(text))
    if (isRule(line)) blocks.push('');
    else blocks[blocks.length - 1] += line;
  return blocks;
}

export const joinBlocks = (blocks: readonly string[]): string => blocks.map(ended).join('---\n');

/** The prompt after a cell's settings. The line ending before the closing fence is not part of it. */
export function promptOf(text: string): string {
  const { rest } = splitAtRule(text);
  return rest.slice(nextLine(rest, 0)).replaceAll('\r\n', '\n').replace(/\n$/, '');
}

export const withPrompt = (text: string, prompt: string): string =>
  `${ended(splitAtRule(text).settings)}---\n${prompt}\n`;

/** The message with the number of the line that it is about, if any: it begins with the line's key, or quotes it. */
export function locateError(text: string, message: string): string {
  const keys = linesOf(text).map(keyOf);
  const find = (matches: (key: string) => boolean) => keys.findIndex((key) => key !== '' && matches(key));
  const begins = find((key) => message.startsWith(`${key} `) || message.startsWith(`${key}:`));
  const line = begins >= 0 ? begins : find((key) => message.includes(`"${key}"`));
  return line < 0 ? message : `${line + 1}: ${message}`;
}

/** The kernel, family or shape of a key: `matmul_q4_k.tile_k` → `matmul_q4_k`; the key itself if it has no knob. */
export const ownerOf = (key: string): string => key.split('.')[0];

/** The knob that a key is about, `matmul_q4_k.tile_k` → `tile_k`; empty for a key without one. */
export const knobOf = (key: string): string => key.slice(ownerOf(key).length + 1);

/** The beginning of a text from outside, as messages quote it. */
export const shorten = (text: string) => visible(text.length > 60 ? `${text.slice(0, 60)}…` : text);

/**
 * Text without a line ending is a query. One line is a query if it begins with `?`, or if `&key=` follows its first value:
 * after a `?` such an `&` belongs to the address of a model.
 */
function isQuery(text: string): boolean {
  const line = text.trim();
  if (line.includes('\n')) return false;
  return !text.includes('\n') || line.startsWith('?') || /^[\w.@]+=[^?&]*&[\w.@]+=/.test(line);
}

const settingsOf = (written: readonly WrittenSetting[]) =>
  written.map(({ key, values }): Setting => [key, values]);

const partsOfQuery = (text: string) => text.trim().replace(/^\?/, '').split('&');

function readPart(text: string, query: boolean): WrittenSetting {
  const at = text.indexOf('=');
  const key = at < 0 ? '' : text.slice(0, at).trim();
  return { text, key, values: readList(key, text.slice(at + 1), query) };
}

/** Only a model's name may itself hold a comma: its values are split before they are decoded. */
function readList(key: string, list: string, query: boolean): string[] {
  const split = (text: string) => text.split(',').map((value) => value.trim());
  if (!query) return split(list);
  return key === 'model' ? split(list).map(decode) : split(decode(list));
}

const keyOf = (line: string) => line.split('=')[0].trim();

/** The lines of a text, each with its ending. */
const linesOf = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

const ended = (text: string) => (text === '' || text.endsWith('\n') ? text : `${text}\n`);

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a % that is not part of an encoding
  }
}

/** Percent-encodes only characters that would end the value, the setting or the address; the rest stays readable. */
function encode(value: string): string {
  return encodeURIComponent(value).replace(/%(?:2F|3A|40|3D|3F|24|3B)/g, decodeURIComponent);
}

/** The settings of either form with spaces between them, for reading: nothing is encoded. Without those in `known`. Never throws. */
export const spaced = (settings: string, known: readonly string[] = []): string =>
  writtenSettings(settings)
    .filter(({ text }) => !known.includes(text))
    .map(({ key, values, text }) => (key ? `${key}=${values.join(',')}` : text))
    .join(' ');

/** The settings of either form as written. Never throws. */
export const textsOf = (settings: string): string[] => writtenSettings(settings).map(({ text }) => text);
