// The commands that check and run: info, selftest, bench.
import { formatExperiment, readExperiment } from '../src/lib/lab/experiment';
import {
  chunkFits,
  decodeTokensPerSecond,
  toCsv,
  tokensPerSecond,
  type RunRecord,
} from '../src/lib/lab/record';
import { runCell, type Progress } from '../src/lib/lab/run';
import { selfTest } from '../src/lib/lab/selftest';
import type { ChunkFit } from '../src/lib/lab/statistics';
import { findVariant, variants, variantsFor } from '../src/lib/shaders';
import type { Variant } from '../src/lib/shaders/variant';
import type { Arguments } from './arguments';
import { print, tell, withSession } from './host';
import { gpu } from './node';

export async function info({ settings }: Arguments): Promise<boolean> {
  if (settings.length) throw new Error(`info takes no settings; it was given ${settings[0][0]}`);
  return withSession(async (session) => {
    const { adapter } = await session.open();
    print(`${JSON.stringify(adapter, undefined, 2)}\n`);
    return true;
  });
}

export async function selftest({ words }: Arguments, signal: AbortSignal): Promise<boolean> {
  const tested = words.length ? words.flatMap(variantsNamed) : variants;
  const count = { passed: 0, failed: 0, skipped: 0 };
  let ended = false;
  for await (const event of selfTest(gpu, true, signal, tested)) {
    if (event.type === 'failed') throw new Error(event.reason);
    ended ||= event.type === 'finished' && !signal.aborted;
    if (event.type !== 'check') continue;
    count[event.result.outcome]++;
    print(`${JSON.stringify(event.result)}\n`);
  }
  tell(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped\n`);
  return ended && count.failed === 0;
}

/** `kernel/variant`, or all variants of a `kernel`. */
function variantsNamed(name: string): Variant[] {
  const [kernel, variant] = name.split('/');
  return variant === undefined ? variantsFor(kernel) : [findVariant(kernel, variant)];
}

export async function bench({ settings }: Arguments, signal: AbortSignal): Promise<boolean> {
  const text = formatExperiment(readExperiment(settings));
  const records: RunRecord[] = [];
  let failures = 0;
  let progress: Progress | undefined;
  await withSession(async (session) => {
    for await (const event of runCell({ kind: 'sweep', text }, session, signal)) {
      if (event.type === 'adapter')
        tell(`${event.adapter.name}${event.adapter.software ? ' (software)' : ''}\n`);
      if (event.type === 'progress') progress = showProgress(event.progress);
      if (event.type === 'record') {
        print(toCsv([event.record], records.push(event.record) === 1));
        tell(`${eraseLine}${placeOf(progress)}: ${speedsOf(event.record)}\n`);
      }
      if (event.type === 'failed') {
        failures++;
        tell(`${eraseLine}lab: ${event.run || 'default settings'} failed: ${event.reason}\n`);
      }
    }
  });
  for (const { settings, fit } of chunkFits(records))
    tell(`${settings || 'default settings'}: ${fitText(fit)}\n`);
  return failures === 0;
}

/** What the chunk sweep says of any other chunk. */
function fitText({ tokensPerSecond, secondsPerChunk }: ChunkFit): string {
  const cost = `${(1e3 * secondsPerChunk).toPrecision(3)} ms a chunk`;
  return `a chunk of N tokens takes N / ${tokensPerSecond.toPrecision(3)} s + ${cost}`;
}

const eraseLine = process.stderr.isTTY ? '\r\u001b[2K' : '';

/** On a terminal one line that changes; in a log nothing, where each finished run has its line. */
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
  const decode = decodeTokensPerSecond(record);
  const decoding = decode === undefined ? '' : `, decode ${decode.toPrecision(4)} tokens/s`;
  const warnings = record.warnings.length ? ` (${record.warnings.join(', ')})` : '';
  return `prefill ${tokensPerSecond(record).toPrecision(4)} tokens/s${decoding}${warnings}`;
}
