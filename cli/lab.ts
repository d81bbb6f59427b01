// The lab in a terminal: `npm run --silent lab -- <command>`. Results go to stdout, everything else to stderr.
import { messageOf } from '../src/lib/lab/message';
import { readArguments } from './arguments';
import { commandNamed, USAGE } from './commands';

/** Exit codes; 0 means that the command fully succeeded. */
const FAILED = 1;
const INTERRUPTED = 130;

const interrupt = new AbortController();
process.on('SIGINT', () => {
  if (interrupt.signal.aborted) process.exit(INTERRUPTED);
  process.stderr.write('stopping after this sample; once more to stop at once\n');
  interrupt.abort(new Error('Interrupted'));
});
// The reader of a pipe, such as `head`, may close it early.
process.stdout.on('error', () => process.exit(FAILED));

/** Runs the command and resolves to the exit code. */
async function main(words: string[]): Promise<number> {
  const [first] = words;
  if (first === undefined || first === 'help' || words.includes('--help') || first === '-h') {
    (first === undefined ? process.stderr : process.stdout).write(USAGE);
    return first === undefined ? FAILED : 0;
  }
  const { run } = commandNamed(first);
  const done = await run(readArguments(words, commandNamed), interrupt.signal);
  if (interrupt.signal.aborted) return INTERRUPTED;
  return done ? 0 : FAILED;
}

/** Waits for pending output, because the explicit exit (needed as Dawn's threads keep Node alive) would drop it. */
async function flushed(): Promise<void> {
  for (const stream of [process.stdout, process.stderr])
    await new Promise((resolve) => stream.write('', resolve));
}

// `vite-node cli/lab.ts -- bench` passes the dashes on.
const words = process.argv.slice(2);
void main(words[0] === '--' ? words.slice(1) : words)
  .catch((error: unknown) => {
    if (interrupt.signal.aborted) return INTERRUPTED;
    process.stderr.write(`lab: ${messageOf(error)}\n`);
    return FAILED;
  })
  .then(async (code) => {
    await flushed();
    process.exit(code);
  });
