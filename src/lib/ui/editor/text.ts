/** What an editor shows, whichever it is: CodeMirror, or the plain text area that stands in for it. */

export type EditorLanguage = 'wgsl' | 'markdown' | 'settings';

export type { Problem } from '../../lab/shader/diagnostics';

/** A key such as `Mod-Enter` and what it does. */
export type Keys = Record<string, () => void>;

/** An editor knows only \n; a text with \r\n gets them back when it is edited. */
export const withPlainLines = (text: string): string => text.replace(/\r\n?/g, '\n');

export const withLinesOf = (text: string, original: string): string =>
  original.includes('\r\n') ? text.replaceAll('\n', '\r\n') : text;

/** The one replacement that makes `to` of `from`: what an outside change leaves of cursor and marks stays. */
export function replacement(from: string, to: string): { from: number; to: number; insert: string } {
  const shorter = Math.min(from.length, to.length);
  let start = 0;
  while (start < shorter && from[start] === to[start]) start++;
  let end = 0;
  while (end < shorter - start && from[from.length - 1 - end] === to[to.length - 1 - end]) end++;
  return { from: start, to: from.length - end, insert: to.slice(start, to.length - end) };
}
