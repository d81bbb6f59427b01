/** Bytes of files as texts. In a file of its own, because the page takes dropped files before it loads what reads them. */

/** The text of a file: UTF-8, or UTF-16 by its byte order mark, as PowerShell and spreadsheets save it. */
export function textIn(bytes: Uint8Array): string {
  const [first, second] = bytes;
  const mark = (first << 8) | second;
  const encoding = mark === 0xfffe ? 'utf-16le' : mark === 0xfeff ? 'utf-16be' : 'utf-8';
  return new TextDecoder(encoding, { ignoreBOM: true }).decode(bytes);
}
