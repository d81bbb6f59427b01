/**
 * Says in another language what the lab says in English. Messages of the lower floors are English texts with values in them, in
 * events, in stored results and in the terminal alike; a page in another language knows them by their English form, as
 * gettext does: `{key} has no value`. A message that has no translation stays as it is.
 */

/** English and the other language, with the same values in braces; `{…message}` is a value that is a message itself. */
export type Sentences = readonly (readonly [english: string, other: string])[];

/** A message that is longer is not looked up. */
const LONGEST = 2_000;
/** Messages within messages. */
const DEEPEST = 4;

interface Form {
  /** The English text around the values: one more than there are values. */
  around: string[];
  names: string[];
  other: string;
}

const PLACE = /\{(\w+)\}/g;

/** The translation of messages; linear in their length for each sentence. */
export function teller(sentences: Sentences): (message: string) => string {
  const forms = sentences.map(([english, other]): Form => ({
    around: english.split(PLACE).filter((_, index) => index % 2 === 0),
    names: [...english.matchAll(PLACE)].map(([, name]) => name),
    other,
  }));
  const say = (message: string, depth: number): string => {
    if (message.length > LONGEST || depth > DEEPEST) return message;
    const ended = withoutEnd(message, (part) => say(part, depth + 1));
    if (ended !== undefined) return ended;
    for (const form of forms) {
      const values = valuesIn(message, form.around);
      if (!values) continue;
      const said = new Map(
        form.names.map((name, i) => [name, /message$/i.test(name) ? say(values[i], depth + 1) : values[i]]),
      );
      return form.other.replace(PLACE, (_, name: string) => said.get(name) ?? '');
    }
    return apart(message, (part) => say(part, depth + 1));
  };
  return (message) => say(message, 0);
}

/** How a message ends that is said in parts: with a full stop, or with the code of a refusal. */
const ENDS = [
  { end: /\.$/, other: '。' },
  { end: / \[\w+\]$/, other: '$&' },
];
/** Separators of messages that are said one after another. */
const BETWEEN = { '. ': '。', '; ': '；' };

/** A message with such an end; undefined if it has none, or none that is told without it. */
function withoutEnd(message: string, say: (part: string) => string): string | undefined {
  for (const { end, other } of ENDS) {
    const [found] = end.exec(message) ?? [];
    if (found === undefined) continue;
    const head = message.slice(0, -found.length);
    const told = say(head);
    if (told !== head) return told + found.replace(end, other);
  }
  return undefined;
}

/** A message of parts, each of which may have a translation: several, or one behind the name of what is wrong. */
function apart(message: string, say: (part: string) => string): string {
  for (const [mark, other] of Object.entries(BETWEEN)) {
    const parts = message.split(mark);
    if (parts.length === 1) continue;
    const told = parts.map(say);
    if (told.some((part, index) => part !== parts[index])) return told.join(other);
  }
  // `name.gguf: what is wrong with it`, and `2: what is wrong on that line`
  const at = message.indexOf(': ');
  const rest = at < 0 ? '' : message.slice(at + 2);
  const told = rest && say(rest);
  return told === rest ? message : `${message.slice(0, at)}：${told}`;
}

/** The values between the parts of a form, each up to the first place where the next part occurs; undefined if it is not this form. */
function valuesIn(message: string, around: readonly string[]): string[] | undefined {
  const [first, ...others] = around;
  if (!message.startsWith(first)) return undefined;
  if (others.length === 0) return message === first ? [] : undefined;
  const values: string[] = [];
  let from = first.length;
  for (const part of others.slice(0, -1)) {
    const at = message.indexOf(part, from);
    if (at < 0) return undefined;
    values.push(message.slice(from, at));
    from = at + part.length;
  }
  const last = others[others.length - 1];
  if (!message.endsWith(last) || message.length - last.length < from) return undefined;
  return [...values, message.slice(from, message.length - last.length)];
}
