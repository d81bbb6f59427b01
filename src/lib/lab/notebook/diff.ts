/**
 * One text as an edit of another, line by line: `=3` takes three lines of the base, `-2` leaves out two, `+text` puts in
 * a line. No line of it can be taken for a fence.
 */

/** Tables of more cells than this are not worth their memory: such texts have little in common, or are no shaders. */
const LARGEST_TABLE = 4_000_000;

/** The edit that makes `text` of `base`; undefined where finding it would take too much. */
export function diffOf(base: string, text: string): string | undefined {
  const [from, to] = [base.split('\n'), text.split('\n')];
  let start = 0;
  while (start < from.length && start < to.length && from[start] === to[start]) start++;
  let end = 0;
  const longest = Math.min(from.length, to.length) - start;
  while (end < longest && from[from.length - 1 - end] === to[to.length - 1 - end]) end++;
  const [left, right] = [from.slice(start, from.length - end), to.slice(start, to.length - end)];
  if ((left.length + 1) * (right.length + 1) > LARGEST_TABLE) return undefined;
  const steps = [...Array<string>(start).fill('='), ...middle(left, right), ...Array<string>(end).fill('=')];
  return written(steps);
}

/** The text that an edit makes of its base. Throws an Error that names the line of the edit which makes no sense. */
export function applyDiff(base: string, diff: string): string {
  const from = base.split('\n');
  const to: string[] = [];
  let at = 0;
  for (const [index, line] of diff.replace(/\n$/, '').split('\n').entries()) {
    const wrong = () =>
      new Error(
        `Line ${index + 1} of the shader's edit, "${line.slice(0, 40)}", does not fit what it is an edit of`,
      );
    if (line.startsWith('+')) {
      to.push(line.slice(1));
      continue;
    }
    const count = /^[=-][1-9]\d{0,5}$/.test(line) ? Number(line.slice(1)) : NaN;
    if (!(at + count <= from.length)) throw wrong();
    if (line.startsWith('=')) to.push(...from.slice(at, at + count));
    at += count;
  }
  if (at !== from.length) throw new Error('The edit of a shader ends before what it is an edit of');
  return to.join('\n');
}

/** Of two lists of lines: `=` and `-` for each of the first, `+line` for each that is put in. By longest common subsequence. */
function middle(left: string[], right: string[]): string[] {
  const width = right.length + 1;
  const common = new Uint32Array((left.length + 1) * width);
  for (let i = left.length - 1; i >= 0; i--)
    for (let j = right.length - 1; j >= 0; j--)
      common[i * width + j] =
        left[i] === right[j]
          ? common[(i + 1) * width + j + 1] + 1
          : Math.max(common[(i + 1) * width + j], common[i * width + j + 1]);
  const steps: string[] = [];
  for (let [i, j] = [0, 0]; i < left.length || j < right.length;) {
    const same = i < left.length && j < right.length && left[i] === right[j];
    const drop =
      j === right.length || (i < left.length && common[(i + 1) * width + j] >= common[i * width + j + 1]);
    steps.push(same ? '=' : drop ? '-' : `+${right[j]}`);
    if (same || drop) i++;
    if (same || !drop) j++;
  }
  return steps;
}

/** Equal steps that follow each other are one line with their number. */
function written(steps: string[]): string {
  const lines: string[] = [];
  for (let i = 0; i < steps.length;) {
    if (steps[i].startsWith('+')) {
      lines.push(steps[i++]);
      continue;
    }
    const from = i;
    while (steps[i] === steps[from]) i++;
    lines.push(`${steps[from]}${i - from}`);
  }
  return `${lines.join('\n')}\n`;
}
