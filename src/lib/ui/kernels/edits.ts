/** The time of a shader after each edit, chunk by chunk, beside the shipped default. No DOM. */
import type { MicrobenchmarkRow } from '../../lab/shader/shader';
import { besideOthers } from './numbers';

/** All uses of a kernel in a chunk. */
export interface ChunkTime {
  tokens: number;
  /** Sum over the shapes of a chunk: the time of each, as often as it is used. */
  seconds: number;
  /** The shipped variant that was timed at the same shapes. */
  shipped?: { name: string; seconds: number };
}

/** The times of variant `name` by length of chunk; lengths at which a shape could not be timed are left out. */
export function chunkTimes(rows: readonly MicrobenchmarkRow[], name: string): ChunkTime[] {
  const pairs = besideOthers(rows, name);
  return [...new Set(pairs.map(({ own }) => own.tokens))].flatMap((tokens) => {
    const at = pairs.filter(({ own }) => own.tokens === tokens);
    const sum = (rows: readonly (MicrobenchmarkRow | undefined)[]) =>
      rows.reduce((all, row) => all + (row?.seconds ? row.uses * row.seconds : NaN), 0);
    const seconds = sum(at.map(({ own }) => own));
    if (!Number.isFinite(seconds)) return [];
    const others = at.map(({ other }) => other);
    const shipped = { name: others[0]?.variant ?? '', seconds: sum(others) };
    return [{ tokens, seconds, ...(Number.isFinite(shipped.seconds) ? { shipped } : {}) }];
  });
}

/** A text that was timed. */
export interface Edit {
  text: string;
  /** The model and the length of chunk: only times of the same work are a curve. */
  work: string;
  tokens: number;
  seconds: number;
}

/** Texts of the curve. */
const MOST_EDITS = 60;

/** The curve with one more text: its longest chunk. A text that is timed again, or other work, replaces what it repeats. */
export function withEdit(
  edits: readonly Edit[],
  text: string,
  model: string,
  times: readonly ChunkTime[],
): readonly Edit[] {
  const longest = times.toSorted((a, b) => b.tokens - a.tokens)[0];
  if (!longest) return edits;
  const work = `${model} ${longest.tokens}`;
  const before = edits.at(-1)?.text === text ? edits.slice(0, -1) : edits;
  const same = before.filter((edit) => edit.work === work);
  return [...same, { text, work, tokens: longest.tokens, seconds: longest.seconds }].slice(-MOST_EDITS);
}
