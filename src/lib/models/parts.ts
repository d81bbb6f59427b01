/** Split files, `…-00001-of-0000N.gguf`: a model whose parts are downloaded and stored as files of their own. */
import type { Manifest, Stored } from './storage';

const PART = /-(\d{5})-of-(\d{5})(\.gguf)/i;
const MOST_PARTS = 100;

/** The texts of all parts of the split file that a text names, in order; the text alone for any other. */
export function partTexts(text: string): string[] {
  const count = Number(PART.exec(text)?.[2] ?? 1);
  if (count < 2 || count > MOST_PARTS) return [text];
  return Array.from({ length: count }, (_, i) =>
    text.replace(PART, (_all, _number, of: string, end: string) => `-${numbered(i + 1)}-of-${of}${end}`),
  );
}

const numbered = (part: number) => String(part).padStart(5, '0');

/** The text of the part that has this file name, beside the part that a text names; undefined if it is none of its parts. */
export const siblingText = (text: string, file: string): string | undefined =>
  partTexts(text).find((each) => PART.test(each) && PART.exec(each)?.[0] === PART.exec(file)?.[0]);

/** The model of a text as it is stored: of a split file all parts together, whole only when each of them is. */
export function storedWhole(text: string, stored: readonly Stored[]): Stored | undefined {
  const names = partTexts(text);
  const found = names.flatMap((name) => stored.find(({ manifest }) => manifest?.name === name) ?? []);
  if (names.length === 1 || found.length === 0) return found[0];
  const sum = (of: (manifest: Manifest) => number) =>
    found.reduce((all, { manifest }) => all + of(manifest!), 0);
  const complete = found.length === names.length && found.every(({ manifest }) => manifest!.complete);
  const [{ key, manifest }, ...others] = found;
  const bytes = { bytes: sum((each) => each.bytes), have: sum((each) => each.have) };
  const otherKeys = others.map((part) => part.key);
  return { key, otherKeys, manifest: { ...manifest!, name: text, ...bytes, complete } };
}
