/** Texts that end an answer: how they are written in a setting, and how they are found in text that arrives in pieces. */
import { shorten } from '../experiment/settings';

const MOST_STOPS = 8;
const LONGEST_STOP = 100;
/** Characters that a line of settings could not hold, or would read as something else. */
const ESCAPED = /[\\,&%]|\p{Cc}|^ | $/gu;
const ESCAPE = /\\(?:([nrt\\])|x([0-9a-f]{2})|(.?))/gi;
const LETTERS: Record<string, string> = { n: '\n', r: '\r', t: '\t', '\\': '\\' };

/**
 * The canonical text of stop sequences, from what stands between commas. `\n`, `\t`, `\r` and `\\` are one character each, and so
 * is `\xHH`. Throws for another escape, for too many and for one that is too long.
 */
export function readStops(key: string, values: string[]): string {
  const stops = values.filter((value) => value !== '').map((value) => unescaped(key, value));
  if (stops.length > MOST_STOPS)
    throw new Error(`${key} takes at most ${MOST_STOPS} texts; there are ${stops.length}`);
  const long = stops.find((stop) => stop.length > LONGEST_STOP);
  if (long)
    throw new Error(
      `${key} takes texts of at most ${LONGEST_STOP} characters; "${shorten(long)}" has ${long.length}`,
    );
  return stops.map(escaped).join(',');
}

/** The stop sequences of a canonical text. */
export const stopsOf = (canonical: string): string[] =>
  canonical === '' ? [] : canonical.split(',').map((value) => unescaped('stop', value));

const escaped = (stop: string) =>
  stop.replace(ESCAPED, (character) => {
    const letter = Object.keys(LETTERS).find((each) => LETTERS[each] === character);
    return letter ? `\\${letter}` : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });

const unescaped = (key: string, value: string) =>
  value.replace(ESCAPE, (_, letter?: string, hex?: string, other?: string) => {
    if (letter) return LETTERS[letter.toLowerCase()];
    if (hex) return String.fromCharCode(parseInt(hex, 16));
    throw new Error(
      `${key} has "\\${shorten(other ?? '')}", which means nothing; possible: \\n \\t \\r \\\\ \\xHH`,
    );
  });

/** Finds the first of several texts in text that arrives in pieces. */
export class StopFinder {
  /** The end of the text so far that may be the beginning of a stop sequence. */
  #held = '';
  /** True once a stop sequence was found: all text after it is dropped. */
  found = false;

  constructor(readonly stops: readonly string[]) {}

  /** Takes the next piece; returns the text that is certain to stand before any stop sequence. */
  push(piece: string): string {
    if (this.found) return '';
    const text = this.#held + piece;
    // The one that is complete first, so that it does not matter in which pieces the text comes.
    const places = this.stops
      .map((stop) => ({ at: text.indexOf(stop), length: stop.length }))
      .filter(({ at }) => at >= 0)
      .sort((a, b) => a.at + a.length - b.at - b.length || a.at - b.at);
    if (places.length) {
      this.found = true;
      this.#held = '';
      return text.slice(0, places[0].at);
    }
    const held = Math.max(0, ...this.stops.map((stop) => overlap(text, stop)));
    this.#held = text.slice(text.length - held);
    return text.slice(0, text.length - held);
  }

  /** The text that was held back, when no more is to come. */
  end(): string {
    const held = this.#held;
    this.#held = '';
    return held;
  }
}

/** How many characters at the end of a text are the beginning of a stop sequence, but not all of it. */
function overlap(text: string, stop: string): number {
  let length = Math.min(text.length, stop.length - 1);
  while (length > 0 && !text.endsWith(stop.slice(0, length))) length--;
  return length;
}
