/**
 * A text as an edit of another, line by line: `=3` copies three lines of the base, `-2` skips two, `+text` adds a line.
 * None of these lines can be read as a fence.
 */
import { diffArrays } from 'diff';
import { shorten } from '../experiment/settings';

/** Largest number of changed lines in an edit; the search takes time proportional to its square. */
const MOST_CHANGES = 1000;

/** The edit that turns `base` into `text`; undefined if more than MOST_CHANGES lines differ. */
export function diffOf(base: string, text: string): string | undefined {
  const changes = diffArrays(base.split('\n'), text.split('\n'), { maxEditLength: MOST_CHANGES });
  const lines = changes?.flatMap(({ added, removed, value }) =>
    added ? value.map((line) => `+${line}`) : [`${removed ? '-' : '='}${value.length}`],
  );
  return lines && `${lines.join('\n')}\n`;
}

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
