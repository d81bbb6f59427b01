/** Values of a record as the text of one CSV cell, written and read. Every reader throws an Error that quotes the text. */
import { REGISTRY, variantOf } from '../experiment/catalogue';
import type { ChosenVariant } from '../experiment/expand';
import { presentKnob } from '../experiment/formerNames';
import { formatQuery, shorten } from '../experiment/settings';
import { type Checks, presentWarning, type Quality, type Summary, type Warning, WARNINGS } from './record';

const words = (list: string) => list.split(' ').filter((word) => word !== '');
const quoted = (text: string) => `"${shorten(text)}"`;

/** `5 0.49 0.52`: the number of samples (`-`: unknown), then the interval of their median in seconds, if known. */
export function formatSummary(summary: Summary | undefined): string {
  if (!summary) return '';
  const { samples, low, high } = summary;
  return [samples ?? '-', ...(low === undefined || high === undefined ? [] : [low, high])].join(' ');
}

export function readSummary(list: string): Summary | undefined {
  if (list === '') return undefined;
  const [count, ...interval] = words(list);
  const samples = count === '-' ? undefined : readNumber(count);
  const [low, high, ...others] = interval.map(readNumber);
  const whole = (samples === undefined || (Number.isInteger(samples) && samples >= 1)) && others.length === 0;
  if (!whole || (low !== undefined && !(low > 0 && high >= low)))
    throw new Error(`${quoted(list)} is not a number of samples and an interval in seconds`);
  return { ...(samples === undefined ? {} : { samples }), ...(low === undefined ? {} : { low, high }) };
}

/** `matmul_q4_k=tiled matmul_q4_k.tile_k=32 wkv=sequential`: settings, separated by spaces. */
export function formatVariants(variants: Record<string, ChosenVariant>): string {
  return Object.entries(variants)
    .flatMap(([kernel, { name, knobs }]) => [
      `${kernel}=${name}`,
      ...Object.entries(knobs).map(([knob, value]) => `${kernel}.${knob}=${value}`),
    ])
    .join(' ');
}

/** Reads a list that formatVariants wrote; knobs of shipped variants get their present names. */
export function readVariants(list: string): Record<string, ChosenVariant> {
  const variants = new Map<string, ChosenVariant>();
  for (const word of words(list)) {
    const [, kernel, knob, value] = /^([\w@]+)(?:\.(\w+))?=(\w+)$/.exec(word) ?? [];
    const variant = variants.get(kernel);
    if (kernel && knob === undefined) variants.set(kernel, { name: value, knobs: {} });
    else if (variant) {
      const shipped = variantOf(kernel, variant.name, REGISTRY);
      const name = presentKnob(knob, shipped ? [shipped] : []);
      variant.knobs = { ...variant.knobs, [name]: readNumber(value) };
    } else throw new Error(`${quoted(word)} is neither kernel=variant nor a knob of the variant before`);
  }
  return Object.fromEntries(variants);
}

/** `layers=8 embedding=256` */
export const formatPairs = (pairs: Record<string, number>) =>
  Object.entries(pairs)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');

export function readPairs(list: string): Record<string, number> {
  return Object.fromEntries(
    words(list).map((word) => {
      const [, name, value] = /^(\w+)=(.+)$/.exec(word) ?? [];
      if (!name) throw new Error(`${quoted(word)} is not name=number`);
      return [name, readNumber(value)];
    }),
  );
}

/** Texts by name as a query, so that they may hold any character: `n_threads=8&cpu_info=Example%20CPU`. */
export const formatTexts = (texts: Record<string, string> | undefined): string =>
  texts ? formatQuery(Object.entries(texts).map(([name, text]) => [name, [text]])) : '';

/**
 * Reads what formatTexts wrote; undefined for an empty cell. `readSettings` cannot: it splits a value at the commas that it decodes, takes
 * the spaces off its ends, and keeps a % that encodes nothing, but these texts are another program's and must come back as they were.
 */
export function readTexts(list: string): Record<string, string> | undefined {
  if (list === '') return undefined;
  const pairs = list.split('&').map((part): [string, string] => {
    const at = part.indexOf('=');
    if (!/^[\w@]+$/.test(part.slice(0, Math.max(0, at)))) throw new Error(`${quoted(part)} is not name=text`);
    return [part.slice(0, at), decoded(part.slice(at + 1))];
  });
  return Object.fromEntries(pairs);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    throw new Error(`${quoted(text)} has a % that encodes nothing`, { cause: error });
  }
}

/** `shapes=45 seed=7 seconds=0.5`; undefined for an empty cell. */
export function readChecks(list: string): Checks | undefined {
  if (!list) return undefined;
  const pairs = readPairs(list);
  const missing = ['shapes', 'seed', 'seconds'].find((name) => !(name in pairs));
  if (missing) throw new Error(`${quoted(list)} lacks ${missing}`);
  return pairs as unknown as Checks;
}

const QUALITY = [
  ...['tokens', 'bytes', 'text', 'nats', 'exactNats'],
  ...['top1', 'agreement', 'divergence', 'maxLogitError'],
] as const;

/** Reads `tokens=256 bytes=1074 …`; undefined for an empty cell. Throws an Error that names what is missing or impossible. */
export function readQuality(list: string): Quality | undefined {
  if (!list) return undefined;
  const pairs = readPairs(list);
  const missing = QUALITY.find((name) => !Object.hasOwn(pairs, name));
  if (missing) throw new Error(`the quality lacks ${missing}`);
  const impossible = QUALITY.find(
    (name) =>
      pairs[name] < 0 ||
      (name === 'tokens' && pairs[name] < 1) ||
      ((name === 'top1' || name === 'agreement') && pairs[name] > 1),
  );
  if (impossible) throw new Error(`${impossible}=${pairs[impossible]} is impossible`);
  return Object.fromEntries(QUALITY.map((name) => [name, pairs[name]])) as unknown as Quality;
}

export function readNumber(word: string): number {
  if (word.trim() === '' || !Number.isFinite(Number(word)))
    throw new Error(`${quoted(word)} is not a number`);
  return Number(word);
}

export const readOptional = (word: string): number | undefined =>
  word === '' ? undefined : readNumber(word);

export const readNumbers = (list: string): number[] => words(list).map(readNumber);

export function readSamples(list: string): number[] {
  const samples = readNumbers(list);
  if (samples.length === 0 || samples.some((seconds) => seconds <= 0))
    throw new Error('a run needs at least one sample, and every sample some time');
  return samples;
}

/** True for a time in UTC that a record can hold: 2026-01-31T12:00:00.000Z. */
export const isTime = (word: string): boolean =>
  /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(word) && !Number.isNaN(Date.parse(word));

export function readTime(word: string): string {
  if (!isTime(word)) throw new Error(`${quoted(word)} is not a time like 2026-01-31T12:00:00.000Z`);
  return word;
}

export function readWarnings(list: string): Warning[] {
  return words(list).map((word) => {
    const warning = presentWarning(word);
    if (!WARNINGS.some((code) => code === warning))
      throw new Error(`${quoted(word)} is not one of ${WARNINGS.join(', ')}`);
    return warning as Warning;
  });
}
