/** The text of an error, and text from outside as messages may quote it. */

/** The message of anything that was thrown, as one line. */
export function messageOf(error: unknown): string {
  return oneLine(error instanceof Error ? error.message : String(error));
}

/** A text as one line: line breaks, with the white space around them, become one space. */
export const oneLine = (text: string): string =>
  visible(
    text
      .split(/\r\n?|\n/) // alone, a carriage return would write over the line in a terminal
      .map((line) => line.trim())
      .filter((line) => line !== '')
      .join(' '),
  );

/** Control characters except tab and line ends, and the marks that change the direction of the text around them. */
const HIDDEN =
  // oxlint-disable-next-line no-control-regex -- these are what it looks for
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;

/** The text with what cannot be seen, or would reorder what is seen, written as an escape such as `\u202e`. */
export const visible = (text: string): string =>
  text.replace(HIDDEN, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
