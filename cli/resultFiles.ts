// The command results: validates files of results before they are published beside others.
import { readFile } from 'node:fs/promises';
import { checkContribution } from '../src/lib/lab/records/contribution';
import { textIn } from '../src/lib/lab/records/textIn';
import { inferenceReport } from '../src/lib/lab/records/report';
import type { Arguments } from './arguments';
import { print, tell } from './host';

const ACTIONS = ['check', 'report'] as const;

/** Checks files, or prints their runs as a report. Resolves to true if all can be published. Throws an Error of one line. */
export async function resultFiles({ words }: Arguments): Promise<boolean> {
  const [action, ...files] = words;
  if (!ACTIONS.some((known) => known === action) || files.length === 0)
    throw new Error(
      `results takes ${ACTIONS.join(' or ')} and files: results check FILE …; it was given "${words.join(' ')}"`,
    );
  let fit = true;
  const records = [];
  for (const path of files) {
    const bytes = await readFile(path).catch((reason: NodeJS.ErrnoException) => {
      throw new Error(
        reason.code === 'ENOENT' ? `No such file: ${path}` : `Cannot read ${path}: ${reason.message}`,
      );
    });
    const found = checkContribution(textIn(bytes));
    records.push(...found.records);
    for (const problem of found.problems) tell(`${path}: ${problem}\n`);
    for (const note of found.notes) tell(`${path}: note: ${note}\n`);
    if (action === 'check')
      print(
        `${path}: ${found.records.length} runs, ${found.problems.length ? 'not fit to be published' : 'fit to be published'}\n`,
      );
    fit &&= found.problems.length === 0;
  }
  if (action === 'report') print(inferenceReport(records));
  return fit;
}
