// The command that runs a notebook: every cell of the lab, in order, as the page's "Run all" does.
import { readFile } from 'node:fs/promises';
import { contentOf, isLab, LAB_KINDS, parseNotebook, shadersOf } from '../src/lib/lab/notebook/notebook';
import { runCell } from '../src/lib/lab/cells/run';
import type { Arguments } from './arguments';
import { tellRuns } from './bench';
import { tell, withSession } from './host';

export async function runNotebook({ words }: Arguments, signal: AbortSignal): Promise<boolean> {
  if (words.length !== 1)
    throw new Error(`run takes one notebook, a Markdown file; it was given ${words.length} words`);
  const [path] = words;
  const text = await readFile(path, 'utf8').catch((reason: NodeJS.ErrnoException) => {
    throw new Error(
      reason.code === 'ENOENT' ? `No such file: ${path}` : `Cannot read ${path}: ${reason.message}`,
    );
  });
  const cells = parseNotebook(text);
  const variants = shadersOf(cells);
  const runnable = cells.filter(({ kind }) => isLab(kind));
  if (runnable.length === 0)
    throw new Error(
      `${path} has no cell to run; one begins with \`\`\`lab and its kind: ${LAB_KINDS.join(', ')}`,
    );
  return withSession(async (session) => {
    let [printed, failures] = [0, 0];
    for (const [index, cell] of runnable.entries()) {
      if (signal.aborted) break;
      tell(`cell ${index + 1} of ${runnable.length}: ${cell.kind}\n`);
      const work = { kind: cell.kind, text: contentOf(cell), variants };
      const told = await tellRuns(runCell(work, session, signal), printed, index === 0);
      printed += told.records;
      failures += told.failures;
    }
    return failures === 0;
  });
}
