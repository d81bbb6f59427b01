/**
 * Results that are neither runs nor profiles, in a results cell: a comparison, a search, a text or a conversation, measured peaks. They
 * are JSON Lines, one event of the cell on each line, whole. Runs and profiles are CSV (runsCsv.ts, kernelsCsv.ts).
 */
import * as v from 'valibot';
import { readSettings, shorten } from '../experiment/settings';
import { linkDigits } from './linkDigits';
import { isTime } from './values';
import { WARNINGS } from './record';

const amount = v.pipe(v.number(), v.minValue(0));
const count = v.pipe(amount, v.integer());
const text = v.string();
const maybe = <Schema extends v.BaseSchema<unknown, unknown, v.BaseIssue<unknown>>>(schema: Schema) =>
  v.optional(schema);
const settings = v.pipe(text, v.check(isSettings, 'these are no settings'));
const time = v.pipe(text, v.check(isTime, 'this is no time like 2026-01-31T12:00:00.000Z'));
const warnings = v.array(v.picklist(WARNINGS));
const leftOut = v.array(v.object({ settings: text, reason: text }));

function isSettings(written: string): boolean {
  try {
    readSettings(written);
    return true;
  } catch {
    return false;
  }
}

const Pair = v.object({
  verdict: v.picklist(['faster', 'slower', 'same', 'cannot tell']),
  ratio: amount,
  low: amount,
  high: amount,
  values: v.array(v.number()),
  more: maybe(count),
  inexact: maybe(v.boolean()),
});

const Checks = v.object({
  shapes: count,
  seed: count,
  answerError: maybe(amount),
  sampleError: maybe(amount),
  samples: maybe(count),
  answerSeed: maybe(count),
  seconds: amount,
});

const Comparison = v.pipe(
  v.object({
    runs: v.array(
      v.object({
        settings,
        tokens: count,
        sampleSeconds: v.array(amount),
        tokensPerSecond: amount,
        kernelHash: text,
        checks: maybe(Checks),
      }),
    ),
    leftOut: maybe(leftOut),
    against: v.array(Pair),
    floor: maybe(amount),
    control: maybe(v.array(v.number())),
    blocks: maybe(count),
    repetitions: maybe(count),
    seed: maybe(count),
    sentinelSeconds: maybe(v.array(amount)),
    warnings: maybe(warnings),
    adapter: text,
    software: v.boolean(),
    startedAt: time,
    agent: text,
    labVersion: maybe(text),
  }),
  v.check(({ runs, against }) => against.length === runs.length - 1, 'each run but the first has a verdict'),
);

const Trial = v.object({ variant: text, knobs: text, seconds: maybe(amount), reason: maybe(text) });

const BestSoFar = v.object({
  settings,
  kernel: text,
  variant: text,
  knobs: text,
  beforeSeconds: amount,
  bestSeconds: amount,
  trials: maybe(v.array(Trial)),
  resumed: maybe(v.boolean()),
});

const Tuned = v.object({
  settings,
  before: settings,
  comparison: maybe(Pair),
  candidates: maybe(v.array(v.object({ settings, comparison: Pair }))),
  leftOut: maybe(leftOut),
  warnings: maybe(warnings),
  refused: maybe(text),
});

const Generation = v.object({
  settings,
  prompt: text,
  turn: maybe(count),
  opening: maybe(text),
  contextTokens: maybe(count),
  earlier: maybe(v.boolean()),
  promptTokens: count,
  text,
  ids: v.array(count),
  temperature: amount,
  topP: amount,
  seed: count,
  prefillSeconds: amount,
  decodeSeconds: amount,
  tokenSeconds: maybe(v.array(amount)),
  prefillTokensPerSecond: amount,
  decodeTokensPerSecond: maybe(amount),
  end: v.picklist(['length', 'end of text', 'stop', 'stopped']),
  adapter: text,
  software: v.boolean(),
  startedAt: time,
  agent: text,
  labVersion: maybe(text),
});

const Peaks = v.object({
  f32: amount,
  f16: maybe(amount),
  dot4: maybe(amount),
  matrix: maybe(amount),
  read: amount,
  dispatch: amount,
  pass: amount,
});

const Place = v.object({
  adapter: text,
  software: v.boolean(),
  agent: text,
  startedAt: time,
  labVersion: text,
});
const place = maybe(Place);

const Event = v.variant('type', [
  v.object({ type: v.literal('compared'), compared: Comparison }),
  v.object({ type: v.literal('tuning'), best: BestSoFar, place }),
  v.object({ type: v.literal('tuned'), tuned: Tuned, place }),
  v.object({ type: v.literal('text'), text }),
  v.object({ type: v.literal('generated'), generation: Generation }),
  v.object({ type: v.literal('peaks'), peaks: Peaks, adapter: text, software: v.boolean(), place }),
  v.object({ type: v.literal('failed'), settings: text, reason: text }),
]);

/** A result as a line holds it. */
export type FrozenEvent = v.InferOutput<typeof Event>;

const TYPES = new Set<string>(Event.options.map(({ entries }) => entries.type.literal));

/** True for an event that a line can hold. */
export const isFrozenEvent = <E extends { type: string }>(
  event: E,
): event is E & { type: FrozenEvent['type'] } => TYPES.has(event.type);

/** Pieces of a text that has ended are part of its whole. */
function withoutPieces<E extends { type: string }>(events: readonly E[]): E[] {
  const last = events.findLastIndex(({ type }) => type === 'generated');
  return events.filter(({ type }, at) => type !== 'text' || at > last);
}

/** The events as lines; those that no line can hold are left out. `readFrozen` reads them. */
export function toFrozen(events: readonly { type: string }[]): string {
  return withoutPieces(events)
    .filter(isFrozenEvent)
    .map((event) => `${JSON.stringify(event)}\n`)
    .join('');
}

/** The events of lines that `toFrozen` wrote. Throws an Error that names the line and the field that cannot be read. */
export function readFrozen(lines: string): FrozenEvent[] {
  return lines.split(/\r\n?|\n/).flatMap((line, index) => {
    if (line.trim() === '') return [];
    const read = v.safeParse(Event, parsed(line, index + 1));
    if (read.success) return [read.output];
    const [{ path, message }] = read.issues;
    const field = path?.map(({ key }) => String(key)).join('.') ?? '';
    throw new Error(`Line ${index + 1} of these results, ${shorten(field)}: ${shorten(message)}`);
  });
}

function parsed(line: string, number: number): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new Error(`Line ${number} of these results is not JSON: ${shorten((error as Error).message)}`, {
      cause: error,
    });
  }
}

/** The lines without samples, for a link: verdicts, blocks, trials and texts stay, and numbers have nine digits. */
export function shortFrozen(lines: string): string {
  const short = readFrozen(lines).map((event) => {
    if (event.type === 'compared') return { ...event, compared: withoutSamples(event.compared) };
    if (event.type !== 'generated') return event;
    return { ...event, generation: { ...event.generation, tokenSeconds: undefined } };
  });
  return short.map((event) => `${JSON.stringify(event, nineDigits)}\n`).join('');
}

const withoutSamples = (compared: v.InferOutput<typeof Comparison>) => ({
  ...compared,
  ...{ control: undefined, sentinelSeconds: undefined },
  runs: compared.runs.map((run) => ({ ...run, sampleSeconds: [] })),
});

const nineDigits = (_: string, value: unknown) =>
  typeof value === 'number' && !Number.isInteger(value) ? linkDigits(value) : value;
