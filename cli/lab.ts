// The lab in a terminal: `npm run --silent lab -- <command>`. Results go to stdout, everything else to stderr.
import { FAILED, INTERRUPTED, runLab } from './main';

const interrupt = new AbortController();
process.on('SIGINT', () => {
  if (interrupt.signal.aborted) process.exit(INTERRUPTED);
  process.stderr.write('stopping after this sample; once more to stop at once\n');
  interrupt.abort(new Error('Interrupted'));
});
// The reader of a pipe, such as `head`, may close it early.
process.stdout.on('error', () => process.exit(FAILED));

/** Waits for pending output, because the explicit exit (needed as Dawn's threads keep Node alive) would drop it. */
async function flushed(): Promise<void> {
  for (const stream of [process.stdout, process.stderr])
    await new Promise((resolve) => stream.write('', resolve));
}

// `vite-node cli/lab.ts -- bench` passes the dashes on.
const words = process.argv.slice(2);
void runLab(words[0] === '--' ? words.slice(1) : words, interrupt.signal).then(async (code) => {
  await flushed();
  process.exit(code);
});
