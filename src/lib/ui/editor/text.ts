/** Types and text helpers shared by CodeMirror and the plain text area that replaces it. */

export type EditorLanguage = 'wgsl' | 'markdown' | 'settings';

export type { Problem } from '../../lab/shader/diagnostics';

/** Maps keys such as `Mod-Enter` to their actions. */
export type Keys = Record<string, () => void>;

/** Converts line ends to \n for the editor; withLinesOf restores \r\n if the original text had them. */
export const withPlainLines = (text: string): string => text.replace(/\r\n?/g, '\n');

export const withLinesOf = (text: string, original: string): string =>
  original.includes('\r\n') ? text.replaceAll('\n', '\r\n') : text;

/**
 * The single replacement that turns `from` into `to`. It is minimal, so that the cursor and marks outside it are kept.
 */
export function replacement(from: string, to: string): { from: number; to: number; insert: string } {
  const shorter = Math.min(from.length, to.length);
  let start = 0;
  while (start < shorter && from[start] === to[start]) start++;
  let end = 0;
  while (end < shorter - start && from[from.length - 1 - end] === to[to.length - 1 - end]) end++;
  return { from: start, to: from.length - end, insert: to.slice(start, to.length - end) };
}
