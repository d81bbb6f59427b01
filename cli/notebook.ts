// The command run: runs every lab cell of a notebook in order, like the page's "Run all". A notebook with only sweeps
// prints one CSV table; in other notebooks a comment line that names the cell precedes its results.
import { readFile } from 'node:fs/promises';
import {
  type Cell,
  contentOf,
  isLab,
  LAB_KINDS,
  parseNotebook,
  shadersOf,
} from '../src/lib/lab/notebook/notebook';
import { runCell } from '../src/lib/lab/cells/run';
import type { Arguments } from './arguments';
import { tellRuns } from './bench';
import { tell, withSession } from './host';
import { ResultPrinter } from './results';

/** The cells of a notebook file. Throws an Error of one line when it cannot be read. */
export async function readNotebook(path: string): Promise<Cell[]> {
  const text = await readFile(path, 'utf8').catch((reason: NodeJS.ErrnoException) => {
    throw new Error(
      reason.code === 'ENOENT' ? `No such file: ${path}` : `Cannot read ${path}: ${reason.message}`,
    );
  });
  return parseNotebook(text);
}

/** Runs a notebook file. Resolves to true when no run failed; throws when it cannot be read or has no lab cell. */
export async function runNotebook({ words }: Arguments, signal: AbortSignal): Promise<boolean> {
  if (words.length !== 1)
    throw new Error(`run takes one notebook, a Markdown file; it was given ${words.length} words`);
  const [path] = words;
  const cells = await readNotebook(path);
  const variants = shadersOf(cells);
  const runnable = cells.filter(({ kind }) => isLab(kind));
  if (runnable.length === 0)
    throw new Error(
      `${path} has no cell to run; one begins with \`\`\`lab and its kind: ${LAB_KINDS.join(', ')}`,
    );
  return withSession(async (session) => {
    const printer = new ResultPrinter();
    const onlySweeps = runnable.every(({ kind }) => kind === 'sweep');
    let failures = 0;
    for (const [index, cell] of runnable.entries()) {
      if (signal.aborted) break;
      const heading = `cell ${index + 1} of ${runnable.length}: ${cell.kind}`;
      tell(`${heading}\n`);
      if (!onlySweeps) printer.begin(heading);
      const work = { kind: cell.kind, text: contentOf(cell), variants };
      failures += await tellRuns(runCell(work, session, signal), printer, index > 0);
    }
    return failures === 0;
  });
}
