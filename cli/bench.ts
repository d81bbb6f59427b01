// The commands info, selftest and bench.
import { formatExperiment, readExperiment } from '../src/lib/lab/experiment/experiment';
import {
  decodeTokensPerSecond,
  type RunRecord,
  sequencesTokensPerSecond,
  tokensPerSecond,
} from '../src/lib/lab/records/record';
import { chunkFits } from '../src/lib/lab/records/fits';
import type { Generation } from '../src/lib/lab/text/generate';
import { runCell } from '../src/lib/lab/cells/run';
import { type LabEvent } from '../src/lib/lab/cells/events';
import { type Progress } from '../src/lib/lab/measure/progress';
import { selfTest } from '../src/lib/lab/shader/selftest';
import type { ComparisonPlan } from '../src/lib/lab/records/comparison';
import type { ChunkFit } from '../src/lib/lab/statistics/descriptive';
import type { Arguments } from './arguments';
import { benchBeside } from './beside';
import { print, tell, withSession } from './host';
import { gpu } from './node';
import { ResultPrinter } from './results';

/** Prints the adapter's description as JSON. */
export async function info({ settings }: Arguments): Promise<boolean> {
  if (settings.length) throw new Error(`info takes no settings; it was given ${settings[0][0]}`);
  return withSession(async (session) => {
    const { adapter } = await session.open();
    print(`${JSON.stringify(adapter, undefined, 2)}\n`);
    return true;
  });
}

/**
 * Checks variants against their references and, without names, that dishonest shaders are caught; one line of JSON each.
 * Resolves to true when complete without failures.
 */
export async function selftest({ words }: Arguments, signal: AbortSignal): Promise<boolean> {
  const count = { passed: 0, failed: 0, skipped: 0 };
  let missed = 0;
  let ended = false;
  for await (const event of selfTest(gpu, { ends: true, names: words }, signal)) {
    if (event.type === 'failed') throw new Error(event.reason);
    ended ||= event.type === 'finished' && !signal.aborted;
    if (event.type === 'cheat') {
      missed += Number(event.result.outcome === 'failed');
      print(`${JSON.stringify(event.result)}\n`);
    }
    if (event.type !== 'check') continue;
    count[event.result.outcome]++;
    print(`${JSON.stringify(event.result)}\n`);
  }
  tell(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped\n`);
  if (missed) tell(`${missed} dishonest shaders were not caught\n`);
  return ended && count.failed === 0 && missed === 0;
}

/** Runs an experiment and prints CSV. Resolves to true when no run failed. */
export async function bench(words: Arguments, signal: AbortSignal): Promise<boolean> {
  const { settings, options } = words;
  if (options.has('vs')) return benchBeside(words, signal);
  for (const option of options.keys())
    throw new Error(`--${option} belongs to a comparison: bench takes it with --vs llama.cpp`);
  const text = formatExperiment(readExperiment(settings));
  const failures = await withSession(async (session) =>
    tellRuns(runCell({ kind: 'sweep', text }, session, signal), new ResultPrinter()),
  );
  return failures === 0;
}

/**
 * Prints results on stdout as they arrive, everything else on stderr. Resolves to the number of failed runs. `named`:
 * the GPU's name was already printed.
 */
export async function tellRuns(events: AsyncGenerator<LabEvent>, printer: ResultPrinter, named = false) {
  const records: RunRecord[] = [];
  let failures = 0;
  let progress: Progress | undefined;
  for await (const event of events) {
    printer.take(event);
    if (event.type === 'adapter' && !named)
      tell(`${event.adapter.name}${event.adapter.software ? ' (software)' : ''}\n`);
    else if (event.type === 'progress') progress = showProgress(event.progress);
    else if (event.type === 'planned') tell(`${eraseLine}${planText(event.plan)}\n`);
    else if (event.type === 'record') {
      records.push(event.record);
      tell(`${eraseLine}${placeOf(progress)}: ${speedsOf(event.record)}\n`);
    } else if (event.type === 'generated') tell(`${eraseLine}${generationSpeeds(event.generation)}\n`);
    else if (event.type === 'failed') {
      failures++;
      tell(`${eraseLine}lab: ${event.settings.trim() || 'default settings'} failed: ${event.reason}\n`);
    }
  }
  if (eraseLine) tell(eraseLine);
  for (const { settings, fit } of chunkFits(records))
    tell(`${settings || 'default settings'}: ${fitText(fit)}\n`);
  return failures;
}

/** The smallest difference that a comparison's budget finds, as a sentence. */
function planText({ blocks, findable }: ComparisonPlan): string {
  const finds = findable
    ? `enough to find a difference of ${(100 * (findable - 1)).toFixed(1)} % in 9 of 10 comparisons`
    : 'a verdict needs at least 8';
  return `the budget allows about ${blocks} blocks: ${finds}`;
}

function generationSpeeds({ prefillTokensPerSecond, decodeTokensPerSecond }: Generation): string {
  const decode = decodeTokensPerSecond ? `, decode ${decodeTokensPerSecond.toPrecision(4)} tokens/s` : '';
  return `prefill ${prefillTokensPerSecond.toPrecision(4)} tokens/s${decode}`;
}

/** The fit of a chunk sweep as a formula for any chunk size. */
function fitText({ tokensPerSecond, secondsPerChunk }: ChunkFit): string {
  const cost = `${(1e3 * secondsPerChunk).toPrecision(3)} ms a chunk`;
  return `a chunk of N tokens takes N / ${tokensPerSecond.toPrecision(3)} s + ${cost}`;
}

const eraseLine = process.stderr.isTTY ? '\r\u001b[2K' : '';

/** Shows progress on one line of a terminal. Redirected output gets no progress, only a line for each finished run. */
function showProgress(progress: Progress): Progress {
  const { phase, done, total, what } = progress;
  const share = total ? ` ${done} of ${total}` : '';
  if (process.stderr.isTTY) tell(`${eraseLine}${placeOf(progress)}: ${phase}${share} ${what}`.slice(0, 120));
  return progress;
}

function placeOf(progress: Progress | undefined): string {
  return progress
    ? `run ${progress.run} of ${progress.runs}, ${progress.settings || 'default settings'}`
    : 'run';
}

function speedsOf(record: RunRecord): string {
  const [decode, together] = [decodeTokensPerSecond(record), sequencesTokensPerSecond(record)];
  const ofOne = decode === undefined ? '' : `, decode ${decode.toPrecision(4)} tokens/s`;
  const decoding = together
    ? `, decode of ${record.sequences} sequences ${together.toPrecision(4)} tokens/s together`
    : ofOne;
  const warnings = record.warnings.length ? ` (${record.warnings.join(', ')})` : '';
  return `prefill ${tokensPerSecond(record).toPrecision(4)} tokens/s${decoding}${warnings}`;
}
