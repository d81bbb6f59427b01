// The terminal's words: a command's own options apart, everything else is a setting of the lab.
import { readSettings } from '../src/lib/lab/experiment/settings';

export interface Arguments {
  command: string;
  /** The command's own options, by name, without the dashes. */
  options: Map<string, string>;
  /** Settings in any spelling: 'a=b&c=d', a=b, --a b, --a=b. */
  settings: [key: string, values: string[]][];
  /** Words that are neither, for a command that takes some. */
  words: string[];
}

/** What a command takes besides settings. */
export interface Signature {
  options: string[];
  /** Whether words without dashes are the command's text, not settings. */
  text: boolean;
}

/**
 * Sorts the words after the program's name. `--` ends the options. Throws when an option has no value or is given twice;
 * whether a setting is known is for the lab to say.
 */
export function readArguments(words: string[], signatureOf: (command: string) => Signature): Arguments {
  const [command = 'help', ...rest] = words;
  const signature = signatureOf(command);
  const found: Arguments = { command, options: new Map(), settings: [], words: [] };
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') found.words.push(...rest.splice(0));
    else if (word.startsWith('--') && !isText(word, signature)) readOption(word, rest, signature, found);
    else if (signature.text) found.words.push(word);
    else found.settings.push(...readSettings(word));
  }
  if (!signature.text) found.settings.push(...found.words.splice(0).flatMap(readSettings));
  return found;
}

/** A text may begin with dashes: where no settings are taken, what is no option is text. (vite-node eats a bare `--`.) */
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

/** An option that has to be there. */
export function required({ command, options }: Arguments, name: string, what: string): string {
  const value = options.get(name);
  if (!value) throw new Error(`${command} needs --${name} ${what}`);
  return value;
}

/** A number option within bounds, or its default. */
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
