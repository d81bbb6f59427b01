// Parses command line arguments: a command's own options; all others are settings of the lab.
import { readWord } from '../src/lib/lab/experiment/settings';

/** Parsed command line. */
export interface Arguments {
  command: string;
  /** Values of the command's own options by name, without the dashes. */
  options: Map<string, string>;
  /** Settings, accepted as 'a=b&c=d', a=b, --a b or --a=b. */
  settings: [key: string, values: string[]][];
  /** Free text words, for commands that accept them. */
  words: string[];
}

/** The arguments that a command accepts besides settings. */
export interface Signature {
  options: string[];
  /** True when words without dashes are text for the command, not settings. */
  text: boolean;
}

/**
 * Parses the words after the program's name; `--` ends the options. Throws when an option has no value or is given
 * twice. Unknown settings are not detected here but by the lab.
 */
export function readArguments(words: string[], signatureOf: (command: string) => Signature): Arguments {
  const [command = 'help', ...rest] = words;
  const signature = signatureOf(command);
  const found: Arguments = { command, options: new Map(), settings: [], words: [] };
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') found.words.push(...rest.splice(0));
    else if (word.startsWith('--') && !isText(word, signature)) readOption(word, rest, signature, found);
    else if (signature.text) found.words.push(word);
    else found.settings.push(...readWord(word));
  }
  if (!signature.text) found.settings.push(...found.words.splice(0).flatMap(readWord));
  return found;
}

/** True for a word with dashes that belongs to a command's text. (A bare `--` may be missing: vite-node removes it.) */
function isText(word: string, { options, text }: Signature): boolean {
  return text && !options.includes(word.slice(2).split('=')[0]);
}

function readOption(word: string, rest: string[], { options }: Signature, found: Arguments): void {
  const at = word.indexOf('=');
  const name = at < 0 ? word.slice(2) : word.slice(2, at);
  const value = at < 0 ? rest.shift() : word.slice(at + 1);
  if (value === undefined) throw new Error(`--${name} has no value`);
  if (!options.includes(name)) found.settings.push([name, value.split(',')]);
  else if (found.options.has(name)) throw new Error(`--${name} is given twice`);
  else found.options.set(name, value);
}

/** The value of a required option. Throws when it is missing or empty; `what` describes the value in the message. */
export function required({ command, options }: Arguments, name: string, what: string): string {
  const value = options.get(name);
  if (!value) throw new Error(`${command} needs --${name} ${what}`);
  return value;
}

/** The value of a number option, or its default. Throws when it is missing without a default, or out of bounds. */
export function numberOption(
  { options }: Arguments,
  name: string,
  bounds: { smallest: number; largest: number; whole?: boolean; default?: number },
): number {
  const word = options.get(name);
  if (word === undefined && bounds.default !== undefined) return bounds.default;
  const number = word?.trim() ? Number(word) : NaN;
  const possible =
    number >= bounds.smallest && number <= bounds.largest && (!bounds.whole || Number.isInteger(number));
  if (possible) return number;
  const kind = bounds.whole ? 'a whole number' : 'a number';
  throw new Error(
    `--${name} must be ${kind} from ${bounds.smallest} to ${bounds.largest}; "${word ?? ''}" is not`,
  );
}

/** The value of an option that takes one of some words; the first without it. Throws for any other. */
export function oneOf({ options }: Arguments, name: string, words: readonly string[]): string {
  const word = options.get(name) ?? words[0];
  if (words.includes(word)) return word;
  throw new Error(`--${name} takes ${words.join(' or ')}, not "${word}"`);
}
