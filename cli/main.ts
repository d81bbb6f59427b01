// One command of the lab, from its words to its exit code. `lab.ts` is the process around it.
import { messageOf } from '../src/lib/lab/message';
import { readArguments } from './arguments';
import { commandNamed, USAGE } from './commands';
import { print, tell } from './host';

/** Exit codes; 0 means that the command fully succeeded. */
export const FAILED = 1;
export const INTERRUPTED = 130;

/**
 * Runs a command and resolves to its exit code. Results are written to stdout; everything else, an error as one line included, to
 * stderr. `words`: as typed after `lab`.
 */
export async function runLab(words: string[], signal: AbortSignal): Promise<number> {
  const [first] = words;
  if (first === undefined || first === 'help' || words.includes('--help') || first === '-h') {
    (first === undefined ? tell : print)(USAGE);
    return first === undefined ? FAILED : 0;
  }
  try {
    const { run } = commandNamed(first);
    const done = await run(readArguments(words, commandNamed), signal);
    if (signal.aborted) return INTERRUPTED;
    return done ? 0 : FAILED;
  } catch (error) {
    if (signal.aborted) return INTERRUPTED;
    tell(`lab: ${messageOf(error)}\n`);
    return FAILED;
  }
}
