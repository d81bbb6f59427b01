/**
 * A text as an edit of another, line by line: `=3` copies three lines of the base, `-2` skips two, `+text` adds a line.
 * None of these lines can be read as a fence.
 */
import { diffArrays } from 'diff';
import { shorten } from '../experiment/settings';

/** Largest number of changed lines in an edit; the search takes time proportional to its square. */
const MOST_CHANGES = 1000;

/** The edit that turns `base` into `text`; undefined if more than `most` lines, or MOST_CHANGES, would be added or removed. */
export function diffOf(base: string, text: string, most = MOST_CHANGES): string | undefined {
  const maxEditLength = Math.min(most, MOST_CHANGES);
  const changes = diffArrays(base.split('\n'), text.split('\n'), { maxEditLength });
  const lines = changes?.flatMap(({ added, removed, value }) =>
    added ? value.map((line) => `+${line}`) : [`${removed ? '-' : '='}${value.length}`],
  );
  return lines && `${lines.join('\n')}\n`;
}

/** The text as an edit of the base from which the fewest lines differ; undefined if as many would differ as it has. */
export function diffOfNearest(
  bases: readonly string[],
  text: string,
): { base: string; diff: string } | undefined {
  let most = text.split('\n').length - 1;
  let nearest: { base: string; diff: string } | undefined;
  const ranked = bases.map((base) => ({ base, least: leastChanges(base, text) }));
  for (const { base, least } of ranked.toSorted((a, b) => a.least - b.least)) {
    const diff = least > most ? undefined : diffOf(base, text, most);
    if (diff === undefined) continue;
    nearest = { base, diff };
    most = changesIn(diff) - 1;
  }
  return nearest;
}

/** The number of lines that only one of two texts has: no edit has fewer changes. */
function leastChanges(base: string, text: string): number {
  const surplus = new Map<string, number>();
  for (const line of base.split('\n')) surplus.set(line, (surplus.get(line) ?? 0) + 1);
  for (const line of text.split('\n')) surplus.set(line, (surplus.get(line) ?? 0) - 1);
  return [...surplus.values()].reduce((sum, count) => sum + Math.abs(count), 0);
}

/** The number of lines that an edit adds or removes. */
const changesIn = (diff: string): number =>
  diff
    .split('\n')
    .reduce(
      (sum, line) => sum + (line.startsWith('+') ? 1 : line.startsWith('-') ? Number(line.slice(1)) : 0),
      0,
    );

/** Applies an edit to its base. Throws an Error that names the line of the edit that does not fit. */
export function applyDiff(base: string, diff: string): string {
  const from = base.split('\n');
  const to: string[] = [];
  let at = 0;
  for (const [index, line] of diff.replace(/\n$/, '').split('\n').entries()) {
    const wrong = () =>
      new Error(
        `Line ${index + 1} of the shader's edit, "${shorten(line)}", does not fit what it is an edit of`,
      );
    if (line.startsWith('+')) {
      to.push(line.slice(1));
      continue;
    }
    const count = /^[=-][1-9]\d{0,5}$/.test(line) ? Number(line.slice(1)) : NaN;
    if (!(at + count <= from.length)) throw wrong();
    // One by one: a call takes no more than about a hundred thousand arguments.
    if (line.startsWith('=')) for (const copied of from.slice(at, at + count)) to.push(copied);
    at += count;
  }
  if (at !== from.length) throw new Error('The edit of a shader ends before what it is an edit of');
  return to.join('\n');
}
